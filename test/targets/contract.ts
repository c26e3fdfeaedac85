/**
 * What every Target must do, whatever stands behind it: one suite, run over each implementation. What an implementation
 * cannot do it must say ("not supported" is an answer that has to be given); a suite that skips would look like one that
 * passed.
 */
import { expect, test } from 'vitest';
import { hashOf, splitSigned } from '../../src/core/texts/index.ts';
import type { Answer, Offer, OfferAnswer, Outcome, Parcel, Signed, Target } from '../../src/world.ts';
import type { Bench, KeyName } from '../servers/receiver/bench.ts';
import { revocationText } from '../servers/receiver/texts.ts';
import { CRYPTO, GO, keyOf, nonce } from './place.ts';

/** What one implementation is tried in. The target is enrolled: it knows release 1 of the bench and no manifest. */
export interface Bed {
  readonly bench: Bench;
  readonly target: Target;
  /** A manifest of this target, in which these people have an account and their keys. */
  manifest(people: readonly KeyName[]): string;
  /** All that is in force there, byte for byte, however that is found out. */
  inForce(): Promise<string>;
  /** Where nothing answers. */
  readonly unreachable: Target;
  /** What is reached and says nothing. */
  readonly silent: Target;
  /** The same, but its answers are the ones it gave to the request before; undefined where no answer travels at all. */
  readonly replaying: ((earlier: Signed) => Target) | undefined;
  /** The same place under the name of another target. */
  readonly mistaken: Target;
  readonly proof: Answer['proof'];
  /** Whether keys can be offered. */
  readonly offers: 'answers' | 'not supported';
}

export function contract(of: string, bed: () => Bed): void {
  const giving = async (
    people: readonly KeyName[],
    by: readonly KeyName[] = ['alice', 'bob'],
  ): Promise<{ readonly signed: Signed; readonly parcel: Parcel }> => {
    const manifest = bed().manifest(people);
    const signed = splitSigned(await bed().bench.release([manifest], {}, by), 'release');
    return { signed, parcel: { ...looking(), releases: [signed], manifest } };
  };
  const offer = async (name: KeyName): Promise<Outcome<OfferAnswer> | undefined> =>
    (await bed().target.offer([offerOf(name)], GO))[0];
  const offerOf = (name: KeyName): Offer => ({ account: name, key: keyOf(bed().bench.keys[name].publicLine) });

  test(`${of}: looking answers the question asked, says how much it looked at, and changes nothing`, async () => {
    const before = await bed().inForce();
    const parcel = looking();
    const answer = done(await bed().target.exchange(parcel, GO));
    expect(answer.receipt).toMatchObject({ organization: 'acme', target: bed().target.id, nonce: parcel.nonce });
    expect(answer.proof).toBe(bed().proof);
    expect(answer.receipt.looked.map(({ what }) => what)).toContain('account');
    expect(answer.signed.text).toContain(`nonce ${parcel.nonce}\n`);
    expect(await bed().inForce()).toBe(before);
  });

  test(`${of}: a release is put in force and the answer says which; the same parcel again changes nothing`, async () => {
    const { signed, parcel } = await giving(['carol']);
    const { receipt } = done(await bed().target.exchange(parcel, GO));
    expect(receipt.release).toEqual({ number: bed().bench.number, hash: hashOf(signed.text, CRYPTO) });
    expect(receipt.manifest).toBe(hashOf(parcel.manifest ?? '', CRYPTO));
    expect(receipt.refused).toEqual([]);
    expect(receipt.accounts).toMatchObject([{ account: 'carol', state: 'open' }]);
    const before = await bed().inForce();
    const again = done(await bed().target.exchange({ ...parcel, nonce: nonce() }, GO)).receipt;
    expect(again).toMatchObject({
      release: receipt.release,
      manifest: receipt.manifest,
      inForce: receipt.inForce,
      refused: [],
    });
    expect(await bed().inForce()).toBe(before);
  });

  test(`${of}: keys are offered without any private key, or it says that it cannot`, async () => {
    const answers = await bed().target.offer(
      ['dave', 'carol', 'mallory'].map((name) => ({ ...offerOf(name as KeyName), account: 'carol' })),
      GO,
    );
    const told = ['refused', 'accepted', 'refused'].map((value) => ({ kind: 'done', value }));
    const cannot = told.map(() => ({ kind: 'unknown', why: expect.stringMatching(/\S/) }));
    expect(answers).toEqual(bed().offers === 'answers' ? told : cannot);
  });

  test(`${of}: keys are offered once more where that is asked for, once, with the first answers`, async () => {
    const told: (readonly Outcome<OfferAnswer>[])[] = [];
    const twice = (yes: boolean) => bed().target.offer([offerOf('carol')], GO, async (first) => (told.push(first), yes));
    const answers = [await twice(false), await twice(true)];
    const one = bed().offers === 'answers' ? [{ kind: 'done', value: 'accepted' }] : [{ kind: 'unknown', why: expect.stringMatching(/\S/) }];
    expect([...answers, ...told]).toEqual([one, one, one, one]);
  });

  test(`${of}: a release of one signer where two must sign is named as refused, what is in force stays, the next good one is taken`, async () => {
    const before = await bed().inForce();
    const bad = await giving(['carol', 'mallory'], ['alice', 'alice-spare']);
    const { receipt } = done(await bed().target.exchange(bad.parcel, GO));
    expect(receipt.refused).toContainEqual({
      kind: 'release',
      hash: hashOf(bad.signed.text, CRYPTO),
      why: 'below-threshold',
    });
    expect(receipt.release.hash).not.toBe(hashOf(bad.signed.text, CRYPTO));
    expect(await bed().inForce()).toBe(before);
    const good = await giving(['carol', 'erin']);
    expect(done(await bed().target.exchange(good.parcel, GO)).receipt.release.hash).toBe(
      hashOf(good.signed.text, CRYPTO),
    );
  });

  test(`${of}: what it may hand over it hands over when it is its turn, and nothing when it is not`, async () => {
    const { signed, parcel } = await giving(['carol', 'erin']);
    const before = await bed().inForce();
    let asked = 0;
    const no = await bed().target.exchange(parcel, GO, async () => ((asked += 1), false));
    expect(no).toMatchObject({ kind: 'unknown', why: expect.stringContaining('turn') });
    expect([asked, await bed().inForce()]).toEqual([1, before]);
    const yes = await bed().target.exchange({ ...parcel, nonce: nonce() }, GO, async () => ((asked += 1), true));
    expect([asked, done(yes).receipt.release.hash]).toEqual([2, hashOf(signed.text, CRYPTO)]);
  });

  test(`${of}: an older release is not taken again`, async () => {
    const older = await giving(['mallory']);
    const newer = await giving(['carol', 'erin']);
    done(await bed().target.exchange(newer.parcel, GO));
    const { receipt } = done(await bed().target.exchange(older.parcel, GO));
    expect(receipt.refused).toContainEqual({
      kind: 'release',
      hash: hashOf(older.signed.text, CRYPTO),
      why: 'rollback',
    });
    expect(receipt.release.hash).toBe(hashOf(newer.signed.text, CRYPTO));
  });

  test(`${of}: a revocation by one signer takes the person out, is held, and is handed back`, async () => {
    const { bench } = bed();
    const erin = keyOf(bench.keys.erin.publicLine);
    const text = revocationText({ signer: bench.ids.alice, id: bench.ids.erin, keys: [erin.line] });
    const signed = splitSigned(text + (await bench.sign(text, 'revocation', ['alice'])), 'revocation');
    const { receipt } = done(await bed().target.exchange({ ...looking(), revocations: [signed] }, GO));
    expect(receipt.revocations).toEqual([hashOf(text, CRYPTO)]);
    expect(receipt.accounts).toContainEqual({ id: bench.ids.erin, account: 'erin', state: 'locked' });
    const answer = done(await bed().target.exchange(looking(), GO));
    expect(answer.revocations).toEqual([signed]);
    const answers = [await offer('erin'), await offer('carol')].map((answered) =>
      answered?.kind === 'done' ? answered.value : answered?.kind,
    );
    expect(answers).toEqual(bed().offers === 'answers' ? ['refused', 'accepted'] : ['unknown', 'unknown']);
  });

  test(`${of}: an answer to another request, and another target's answer, are refused`, async () => {
    const earlier = done(await bed().target.exchange(looking(), GO)).signed;
    const replaying = bed().replaying?.(earlier);
    const again = await (replaying ?? bed().target).exchange(looking(), GO);
    if (replaying !== undefined) expect(again).toMatchObject({ kind: 'refused', why: expect.stringContaining('another request') });
    else expect(done(again).signed.text).not.toContain(/^nonce .*$/m.exec(earlier.text)?.[0]);
    expect(await bed().mistaken.exchange(looking(), GO)).toMatchObject({
      kind: 'refused',
      why: expect.stringMatching(/\S/),
    });
  });

  test(`${of}: where nothing answers it is unknown, never refused and never "not listed"`, async () => {
    const unreachable = bed().unreachable;
    expect(await unreachable.exchange(looking(), GO)).toMatchObject({
      kind: 'unknown',
      why: expect.stringMatching(/\S/),
    });
    expect(await unreachable.offer([offerOf('carol'), offerOf('dave')], GO)).toMatchObject([
      { kind: 'unknown' },
      { kind: 'unknown' },
    ]);
    expect(await unreachable.offer([], GO)).toEqual([]);
  });

  test(`${of}: stopped before it began or while it waits, it is unknown and ends at once`, async () => {
    const stop = new AbortController();
    stop.abort();
    expect(await bed().target.exchange(looking(), stop.signal)).toMatchObject({
      kind: 'unknown',
      why: expect.stringContaining('stopped'),
    });
    const later = new AbortController();
    const began = performance.now();
    setTimeout(() => later.abort(), 200);
    expect(await bed().silent.exchange(looking(), later.signal)).toMatchObject({
      kind: 'unknown',
      why: expect.stringContaining('stopped'),
    });
    expect(performance.now() - began).toBeLessThan(1500);
  });
}

function looking(): Parcel {
  return { nonce: nonce(), about: [], revocations: [], releases: [] };
}

/** The answer; anything else fails with the words that came instead. */
function done(outcome: Outcome<Answer>): Answer {
  if (outcome.kind === 'done') return outcome.value;
  throw new Error(`${outcome.kind}: ${outcome.why}`);
}
