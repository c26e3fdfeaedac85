/**
 * The first table of attacks on everything signed, tried where it would land: on a server. Each attack fails; its legal twin
 * works; and with the check taken out of the receiver the attack succeeds, which shows that it was the check that held.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs, ssh, startFleet, type Fleet, type TestServer } from '../fleet/index.ts';
import { Bench, LOOK, lines, RECEIVE } from '../servers/receiver/bench.ts';
import { at, bare, HOUR, idOf, releaseText, requestText, revocationText, sha256, sign } from '../servers/receiver/texts.ts';
import type { Person, SignerSet } from '../servers/receiver/texts.ts';

/** What is taken out, in either program. */
interface Mutation {
  readonly receive?: readonly [string, string];
  readonly look?: readonly [string, string];
}

interface Attack {
  readonly rule: string;
  readonly what: string;
  readonly refused: string;
  readonly without: Mutation;
  /** A bundle that, were it taken, would let Mallory in. */
  readonly bundle: (bench: Bench, server: TestServer, manifest: string) => Promise<string>;
}

/** A check of the receiver that is never true. */
const never = (condition: string): Mutation => ({ receive: [condition, 'false'] });
const setOf = (bench: Bench, change: Partial<SignerSet>): SignerSet => ({ ...bench.set, ...change });
const mallorys = (bench: Bench, number: number): SignerSet => ({ number, threshold: 1, signers: [[idOf('emp', 'mallory'), bench.keys.mallory]] });

const ATTACKS: readonly Attack[] = [
  {
    rule: 'R1',
    what: 'a signer set is skipped, so that nobody of the one between is asked',
    refused: 'signer-set-skipped',
    without: never('[ $step -gt 1 ]'),
    bundle: async (b, _, m) => requestText() + (await b.release([m], { set: setOf(b, { number: 3 }) })) + m,
  },
  {
    rule: 'R1',
    what: 'another signer set under the same number',
    refused: 'signer-set-changed-without-number',
    without: never('[ $step = 0 ] && ! cmp -s "$file.set" $set'),
    bundle: async (b, _, m) => requestText() + (await b.release([m], { set: setOf(b, { threshold: 1 }) })) + m,
  },
  {
    rule: 'R2',
    what: 'a new signer set that the old one did not sign',
    refused: 'below-old-threshold',
    without: never('[ $step = 1 ] && [ "$old" -lt "$threshold" ]'),
    bundle: async (b, _, m) => requestText() + (await b.release([m], { set: mallorys(b, 2) }, ['mallory'])) + m,
  },
  {
    rule: 'R2',
    what: 'a new signer set that did not sign for itself',
    refused: 'below-threshold',
    without: never('[ "$own" -lt "$its_threshold" ]'),
    bundle: async (b, _, m) => requestText() + (await b.release([m], { set: setOf(b, { number: 2, threshold: 3 }) })) + m,
  },
  {
    rule: 'R3',
    what: 'one person signs with two keys',
    refused: 'below-threshold',
    without: { receive: ['case ${known-} in *" $id "*) continue ;; esac', ':'] },
    bundle: async (b, _, m) => requestText() + (await b.release([m], {}, ['alice', 'alice-spare'])) + m,
  },
  {
    rule: 'R3',
    what: 'one key stands under two people',
    refused: 'key-under-two-ids',
    without: { look: ['wrong("key-under-two-ids")', 'owner[$4] = ""'] },
    bundle: async (b, _, m) => requestText() + (await b.release([m], { set: setOf(b, { number: 2, signers: [...b.set.signers, [b.ids.erin, b.keys.alice]] }) })) + m,
  },
  {
    rule: 'R4',
    what: 'a threshold above the number of people',
    refused: 'threshold-out-of-range',
    without: { look: ['people < seen["threshold"]', '0'], receive: ['[ "$own" -lt "$its_threshold" ]', 'false'] },
    bundle: async (b, _, m) => requestText() + (await b.release([m], { set: setOf(b, { number: 2, threshold: 4 }) })) + m,
  },
  {
    rule: 'R6',
    what: 'an older release',
    refused: 'rollback',
    without: never('[ "$its_number" -lt "$number" ]'),
    bundle: async (b, _, m) => requestText() + (await b.release([m], { number: 2, previous: sha256('x') })) + m,
  },
  {
    rule: 'R6',
    what: 'a second release of the number in force',
    refused: 'equivocation',
    without: never('[ "$its_number" = "$number" ] && [ "$its_hash" != "$hash" ]'),
    bundle: async (b, s, m) => requestText() + (await b.release([m], { number: await inForce(s) })) + m,
  },
  {
    rule: 'R7',
    what: 'a release kept back until it has expired',
    refused: 'expired',
    without: never('[ "$1" = "$last" ] && [ "$its_hash" != "$hash" ] && [ "$now" \\> "$its_expires" ]'),
    bundle: async (b, _, m) => requestText() + (await b.release([m], { issued: at(Date.now() - 3 * HOUR), expires: at(Date.now() - HOUR) })) + m,
  },
  {
    rule: 'R10',
    what: 'the manifest of another server',
    refused: 'wrong-target',
    without: never('! grep -qx "target $target" "$file"'),
    bundle: async (b, s, m) => {
      const other = m.replace(b.target(s), idOf('srv', 'other'));
      return requestText() + (await b.release([other])) + other;
    },
  },
  {
    rule: 'R10',
    what: 'a manifest for other host keys',
    refused: 'wrong-host-key',
    without: never('[ -z "$(host_key "$file")" ]'),
    bundle: async (b, _, m) => {
      const other = m.replaceAll(/host-key .*\n/g, '').replace('courier', `host-key ${bare(b.keys.mallory)}\ncourier`);
      return requestText() + (await b.release([other])) + other;
    },
  },
  {
    rule: 'R11',
    what: 'a manifest that the release does not list',
    refused: 'manifest-not-in-release',
    without: never('! grep -qx "manifest $its_hash" "$work/texts/$newest"'),
    bundle: async (b, s, m) => requestText() + (await b.release([b.manifest(s)])) + m,
  },
  {
    rule: 'R13',
    what: 'a line twice',
    refused: 'spelling',
    without: { look: ['if ($1 in seen && order() "" <= before "") return wrong("spelling")', ''] },
    bundle: async (b, _, m) => {
      const other = m.replace(/(courier .*\n)/, '$1$1');
      return requestText() + (await b.release([other])) + other;
    },
  },
  {
    rule: 'R13',
    what: 'a line that only another version knows',
    refused: 'unknown-line',
    without: { look: ['if (!((kind, $1) in rank)) return wrong("unknown-line")', 'if (!((kind, $1) in rank)) return'] },
    bundle: async (b, _, m) => {
      const other = m.replace('kind server\n', 'kind server\nlenient yes\n');
      return requestText() + (await b.release([other])) + other;
    },
  },
  {
    rule: 'R14',
    what: 'an account that is a path',
    refused: 'spelling',
    without: { look: ['form("a", 1, 32, "^[a-z][a-z0-9_-]*$")', 'form("a", 1, 32, ".")'] },
    bundle: async (b, s) => {
      const other = b.manifest(s, [mallory(b), { id: b.ids.erin, account: '../courier', keys: [b.login('erin')] }]);
      return requestText() + (await b.release([other])) + other;
    },
  },
  {
    rule: 'R15',
    what: 'signatures made for another kind of text',
    refused: 'signature-bad',
    without: { look: ['shift() != text("keyward-" kind "-v1") || ', 'shift() == "" || '], receive: ['-n "keyward-$2-v1"', '-n keyward-revocation-v1'] },
    bundle: async (b, _, m) => {
      const text = releaseText({ set: b.set, number: (b.number += 1), manifests: [m] });
      return requestText() + text + (await b.sign(text, 'revocation', ['alice', 'bob'])) + m;
    },
  },
  {
    rule: 'R16',
    what: 'signatures over sha256',
    refused: 'signature-bad',
    without: { look: ['shift() != text("sha512")', 'shift() == ""'] },
    bundle: async (b, _, m) => {
      const text = releaseText({ set: b.set, number: (b.number += 1), manifests: [m] });
      return requestText() + text + (await sign(b.folder, text, 'keyward-release-v1', [b.keys.alice, b.keys.bob], 'sha256')) + m;
    },
  },
  {
    rule: 'R17',
    what: 'a low-order key, which signs for anybody, opens an account',
    refused: 'line-form',
    without: { look: ['return length(n) != 64 ? "spelling" : weak(n) ? "key-not-allowed" : ""', 'return ""'] },
    bundle: async (b, s) => {
      const line = `restrict ssh-ed25519 ${Buffer.concat([Buffer.from('0000000b7373682d6564323535313900000020', 'hex'), Buffer.from([1]), Buffer.alloc(31)]).toString('base64')}`;
      const other = b.manifest(s, [mallory(b), { id: b.ids.erin, account: 'erin', keys: [{ line }] }]);
      return requestText() + (await b.release([other])) + other;
    },
  },
];

const mallory = (bench: Bench): Person => ({ id: idOf('emp', 'mallory'), account: 'mallory', keys: [bench.login('mallory')] });
const inForce = async (server: TestServer): Promise<number> => Number(await server.must("sed -n 's/^number //p' /etc/ssh/keyward/current/release"));

/** The programs with a check taken out. Throws when there is nothing to take out: a mutation that changes nothing proves nothing. */
function mutate({ receive, look }: Mutation): { receive: string; look: string } {
  const change = (program: string, edit: readonly [string, string] | undefined): string => {
    if (edit === undefined) return program;
    if (program.split(edit[0]).length !== 2) throw new Error(`not once in the program: ${edit[0]}`);
    return program.replace(edit[0], () => edit[1]);
  };
  const moved = RECEIVE.replace('programs=/usr/local/sbin', 'programs=/root/mutated');
  return { receive: change(moved, receive), look: change(LOOK, look) };
}

describe.skipIf(needs() !== undefined)('rules for everything signed', () => {
  let fleet: Fleet;
  let server: TestServer;
  let bench: Bench;
  let shown = 0;
  beforeAll(async () => {
    fleet = await startFleet(['web-1']);
    server = fleet.server('web-1');
    bench = await Bench.make();
    await bench.enroll(server);
    bench.number = 10;
  });
  afterAll(async () => {
    console.log(`${shown} of ${ATTACKS.length} attacks fail, and succeed once the check is taken out`);
    bench?.clean();
    await fleet?.stop();
  });

  const keys = () => server.must('ls /etc/ssh/keyward/current/keys');
  /** Back to a server that knows set 1 and lets nobody in. */
  const clean = async (): Promise<void> => {
    await server.must('rm -rf /etc/ssh/keyward && cp -a /root/clean /etc/ssh/keyward; userdel -r mallory 2> /dev/null; userdel -r erin 2> /dev/null; true');
  };

  it.each(ATTACKS)('$rule: $what', async ({ refused, without, bundle }) => {
    if (!(await server.exists('/root/clean'))) {
      const empty = bench.manifest(server);
      await bench.receive(server, requestText() + (await bench.release([empty])) + empty);
      await server.must('cp -a /etc/ssh/keyward /root/clean');
    }
    const manifest = bench.manifest(server, [mallory(bench)]);
    const text = await bundle(bench, server, manifest);
    const attack = await bench.receive(server, text);
    if (refused === 'line-form') expect(lines(attack, 'failed')).toEqual(['key erin line-form']);
    else expect([attack.status, attack.stderr.trim(), await keys()]).toEqual([5, `refused: ${refused}`, '']);
    const twin = await bench.receive(server, requestText() + (await bench.release([manifest])) + manifest);
    expect([twin.status, twin.stderr, await keys()]).toEqual([0, '', 'mallory\n']);
    expect((await ssh(server, 'mallory', { keyFile: bench.keys.mallory.path, command: 'true' })).status).toBe(0);

    const programs = mutate(without);
    await clean();
    await server.write('/root/mutated/keyward-receive', programs.receive, 0o755);
    await server.write('/root/mutated/keyward-look', programs.look, 0o755);
    await server.run(['/root/mutated/keyward-receive'], { input: text });
    // Mallory's own key stands in the twin as well where only a line is refused: there the low-order key must have come in.
    const letIn = refused === 'line-form' ? 'erin' : 'mallory';
    expect(await server.must(`cat /etc/ssh/keyward/current/keys/${letIn}`)).toMatch(/ssh-ed25519/);
    await clean();
    shown += 1;
  });

  it('R5, R18, R19: a refused text leaves nothing behind, holds no number, and the next good one is taken', async () => {
    await clean();
    const manifest = bench.manifest(server, [mallory(bench)]);
    const high = bench.number + 50;
    await bench.receive(server, requestText() + (await bench.release([manifest], { number: high }, ['alice'])) + manifest);
    expect(await server.must(`grep -rl 'number ${high}' /etc/ssh/keyward; true`)).toBe('');
    const good = await bench.receive(server, requestText() + (await bench.release([manifest])) + manifest);
    expect([good.status, good.stderr]).toEqual([0, '']);
  });

  it('R6: evidence of two releases of one number is kept, signed by the threshold, and handed back', async () => {
    const number = await inForce(server);
    const manifest = bench.manifest(server, [mallory(bench)]);
    const weak = await bench.release([manifest], { number, expires: at(Date.now() + HOUR) }, ['alice']);
    await bench.receive(server, requestText() + weak + manifest);
    const second = await bench.release([manifest], { number, expires: at(Date.now() + 2 * HOUR) });
    const answer = await bench.receive(server, requestText() + second + manifest);
    const text = second.slice(0, second.indexOf('-----BEGIN'));
    expect(lines(answer, 'conflict')).toEqual([`${number} ${sha256(text)}`]);
    expect(answer.stdout).toContain(text);
    expect((await bench.receive(server, requestText() + (await bench.release([manifest])) + manifest)).status).toBe(0);
  });

  it('R21: a revocation survives releases that do not list it, counts once, and touches no courier', async () => {
    const text = revocationText({ signer: bench.ids.carol, id: idOf('emp', 'mallory'), keys: [bare(bench.keys.courier), bare(bench.keys.mallory)] });
    const signed = text + (await bench.sign(text, 'revocation', ['carol']));
    const manifest = bench.manifest(server, [mallory(bench)]);
    const taken = await bench.carry(server, requestText() + signed);
    expect([taken.status, lines(taken, 'account')]).toEqual([0, [`${idOf('emp', 'mallory')} mallory locked`]]);
    const later = await bench.carry(server, requestText() + (await bench.release([manifest])) + manifest);
    expect([later.status, lines(later, 'revocation'), await keys()]).toEqual([0, [sha256(text)], '']);
    expect(later.stdout).toContain(text);
    // A release without Carol as a signer changes nothing about what she said before.
    const set = setOf(bench, { number: 2, signers: bench.set.signers.filter(([id]) => id !== bench.ids.carol) });
    const without = await bench.carry(server, requestText() + (await bench.release([manifest], { set })) + manifest);
    expect([without.status, lines(without, 'revocation'), await keys()]).toEqual([0, [sha256(text)], '']);
    const new_ = revocationText({ signer: bench.ids.carol, id: bench.ids.dave });
    const fired = await bench.carry(server, requestText() + new_ + (await bench.sign(new_, 'revocation', ['carol'])));
    expect([fired.status, fired.stderr.trim()]).toEqual([5, 'refused: signer-unknown']);
    const undone = await bench.carry(server, requestText() + (await bench.release([manifest], { set, undone: [sha256(text)] })) + manifest);
    expect([undone.status, lines(undone, 'revocation'), await keys()]).toEqual([0, [], 'mallory\n']);
    const replayed = await bench.carry(server, requestText() + signed);
    expect([replayed.status, lines(replayed, 'revocation'), await keys()]).toEqual([0, [], 'mallory\n']);
  });
});
