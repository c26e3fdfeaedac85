/** One signer signs so many revocations that no room is left: for that signer, and for nobody else. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { needs } from '../../fleet/index.ts';
import { lines } from './bench.ts';
import type { Bench, KeyName } from './bench.ts';
import { staged } from './stage.ts';
import type { Stage } from './stage.ts';
import { requestText, revocationText, sha256 } from './texts.ts';

/** Signatures that nobody made, each nearly as long as one may be. */
const JUNK = Array.from({ length: 40 }, () => {
  const body = randomBytes(11_200).toString('base64').match(/.{1,70}/g)?.join('\n') ?? '';
  return `-----BEGIN SSH SIGNATURE-----\n${body}\n-----END SSH SIGNATURE-----\n`;
}).join('');

describe.skipIf(needs() !== undefined)('a flood of revocations by one signer', () => {
  let stage: Stage;
  let bench: Bench;
  staged((made) => {
    stage = made;
    bench = made.bench;
  });

  const signed = async (by: KeyName & ('alice' | 'bob'), id: string, more = ''): Promise<readonly [string, string]> => {
    const text = revocationText({ signer: bench.ids[by], id });
    return [sha256(text), text + (await bench.sign(text, 'revocation', [by])) + more];
  };

  it('leaves the others their room, and its own once a release lists it', async () => {
    const { server } = stage;
    const [flood, one] = await signed('alice', bench.ids.carol, JUNK);
    const [over, two] = await signed('alice', bench.ids.erin);
    const [others, three] = await signed('bob', bench.ids.dave);
    expect((await bench.carry(server, requestText() + one)).status).toBe(0);
    const refused = await bench.carry(server, requestText() + two);
    expect([refused.status, lines(refused, 'refused')]).toEqual([5, [`revocation ${over} too-many`]]);
    const taken = await bench.carry(server, requestText() + three);
    expect([taken.status, lines(taken, 'revocation')]).toEqual([0, [flood, others].sort()]);
    // What is kept is known by its bytes: it is no new flood, and nobody is asked for a signature again.
    const again = await bench.carry(server, requestText() + one.slice(0, one.indexOf('-----BEGIN')));
    expect([again.status, lines(again, 'refused'), lines(again, 'revocation')]).toEqual([0, [], [flood, others].sort()]);
    const manifest = bench.manifest(server, [], { revokedIds: [bench.ids.carol, bench.ids.dave] });
    const listed = await bench.carry(server, requestText() + (await bench.release([manifest], { counted: [flood, others] })) + manifest);
    expect([listed.status, lines(listed, 'revocation')]).toEqual([0, []]);
    const after = await bench.carry(server, requestText() + two);
    expect([after.status, lines(after, 'revocation')]).toEqual([0, [over]]);
  });
});
