/**
 * Everything a receiver refuses, by name (section 8 of docs/formats.md), under each shell it may meet: its own reason on
 * the last line, nothing changed, and the legal twin taken right afterwards.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, needs, startFleet, type Fleet, type TestServer } from '../../fleet/index.ts';
import { Bench, everything, lines, type KeyName } from './bench.ts';
import { at, bare, HOUR, idOf, releaseText, requestText, revocationText, sha256, sign } from './texts.ts';
import type { ManifestParts, Person, ReleaseParts, SignerSet } from './texts.ts';

interface Bundle {
  readonly release?: Partial<ReleaseParts>;
  /** The manifest as written. */
  readonly manifest?: Partial<ManifestParts>;
  readonly people?: readonly Person[];
  readonly by?: readonly KeyName[];
  /** Changes the text before it is signed. */
  readonly write?: (release: string) => string;
  readonly writeManifest?: (manifest: string) => string;
  /** Changes the signatures. */
  readonly signatures?: (signatures: string, text: string) => string | Promise<string>;
  /** Changes the whole. */
  readonly frame?: (bundle: string) => string | Uint8Array;
}

interface Case {
  readonly why: string;
  readonly what: string;
  readonly bad: Bundle | ((bench: Bench, server: TestServer) => Promise<string | Uint8Array>);
}

const SHELLS = ['dash', 'bash', 'busybox'] as const;
/** On the busybox server these are busybox's own as well, awk above all. */
const APPLETS = 'awk basename cat chmod cmp cp cut date diff find grep head id ln ls mkdir mktemp mv readlink rm sed sha256sum sleep sort sync tail timeout touch tr wc xargs';
const LOW_ORDER = `ssh-ed25519 ${Buffer.concat([Buffer.from('0000000b7373682d6564323535313900000020', 'hex'), Buffer.from([1]), Buffer.alloc(31)]).toString('base64')}`;

async function write(bench: Bench, server: TestServer, bundle: Bundle): Promise<string | Uint8Array> {
  const people = bundle.people ?? [{ id: bench.ids.dave, account: 'dave', keys: [bench.login('dave')] }];
  const manifest = (bundle.writeManifest ?? ((text) => text))(bench.manifest(server, people, bundle.manifest));
  const parts = { set: bench.set, number: bundle.release?.number ?? (bench.number += 1), manifests: [manifest], ...bundle.release };
  const release = (bundle.write ?? ((text) => text))(releaseText(parts));
  const signatures = await bench.sign(release, 'release', bundle.by ?? ['alice', 'bob']);
  const signed = release + (await (bundle.signatures ?? ((all) => all))(signatures, release));
  return (bundle.frame ?? ((all) => all))(requestText() + signed + manifest);
}

const set = (bench: Bench, change: Partial<SignerSet>): SignerSet => ({ ...bench.set, ...change });
const swap = (text: string, first: RegExp, second: RegExp): string => {
  const [a, b] = [first.exec(text)?.[0], second.exec(text)?.[0]];
  if (a === undefined || b === undefined || a === b) throw new Error('nothing to swap');
  return text.replace(a, '\0').replace(b, a).replace('\0', b);
};
/** A release that must be spelled one way: `change` must change it. */
const spelled = (what: string, change: (text: string) => string, why = 'spelling'): Case => ({ why, what: `release: ${what}`, bad: { write: mustChange(change) } });
const manifestSpelled = (what: string, change: (text: string) => string, why = 'spelling'): Case => ({
  why,
  what: `manifest: ${what}`,
  bad: { writeManifest: mustChange(change) },
});
const framed = (why: string, what: string, frame: (bundle: string) => string | Uint8Array): Case => ({ why, what: `frame: ${what}`, bad: { frame } });
function mustChange(change: (text: string) => string): (text: string) => string {
  return (text) => {
    const changed = change(text);
    if (changed === text) throw new Error('the fault was not planted');
    return changed;
  };
}
const byte = (code: number) => (bundle: string): Uint8Array => {
  const bytes = Buffer.from(bundle);
  bytes[bundle.indexOf('organization') + 3] = code;
  return bytes;
};
const oneSigner = (bench: Bench, key: string): SignerSet => {
  const fake = { path: bench.keys.carol.path, publicLine: key, fingerprint: '' };
  return set(bench, { number: 2, signers: [...bench.set.signers, [bench.ids.erin, fake]] });
};
const newSet = (change: (bench: Bench) => Partial<ReleaseParts>, by?: readonly KeyName[]) => async (bench: Bench, server: TestServer) =>
  write(bench, server, { release: change(bench), ...(by === undefined ? {} : { by }) });
const revocation = (parts: (bench: Bench) => Parameters<typeof revocationText>[0], by: KeyName, namespace = 'revocation') => async (bench: Bench) => {
  const text = revocationText(parts(bench));
  return requestText() + text + (await bench.sign(text, namespace, [by]));
};

const CASES: readonly Case[] = [
  framed('too-large', 'more than 8 MiB', (bundle) => bundle + 'x'.repeat(8_388_608)),
  framed('too-large', 'a line of 16,385 bytes', (bundle) => `${bundle}accepted ${'x'.repeat(16_376)}\n`),
  framed('too-large', 'a manifest over 1 MiB', (bundle) => bundle + `${'x'.repeat(99)}\n`.repeat(11_000)),
  framed('too-large', 'a signature over 16,384 bytes', (bundle) => bundle.replace('-----END', `${`${'A'.repeat(70)}\n`.repeat(240)}-----END`)),
  framed('too-many', 'two manifests', (bundle) => bundle + bundle.slice(bundle.indexOf('keyward-manifest'))),
  framed('too-many', '65 releases', (bundle) => bundle.replace('keyward-release v1\n', 'keyward-release v1\n'.repeat(65))),
  framed('too-many', '1,025 revocations', (bundle) => bundle.replace('keyward-release', `${'keyward-revocation v1\n'.repeat(1025)}keyward-release`)),
  framed('too-many', '65 signatures', (bundle) => bundle.replace(/-----BEGIN[^]*?-----END SSH SIGNATURE-----\n/, (one) => one.repeat(65))),
  framed('not-ascii', 'a byte above 0x7e', byte(0xe9)),
  framed('not-ascii', 'a tab', byte(9)),
  framed('not-ascii', 'a carriage return', byte(13)),
  framed('not-ascii', 'NUL', byte(0)),
  framed('not-ascii', 'DEL', byte(127)),
  framed('no-request', 'nothing at all', () => ''),
  framed('no-request', 'the request is missing', (bundle) => bundle.slice(bundle.indexOf('keyward-release'))),
  framed('spelling', 'a second request', (bundle) => bundle + requestText()),
  framed('spelling', 'the last line does not end', (bundle) => bundle.slice(0, -1)),
  framed('spelling', 'an empty line', (bundle) => bundle.replace('\nnumber', '\n\nnumber')),
  framed('spelling', 'a signature that does not end', (bundle) => bundle.slice(0, bundle.indexOf('-----END'))),
  framed('spelling', 'something after a signature', (bundle) => bundle.replace('keyward-manifest', 'hello\nkeyward-manifest')),
  framed('spelling', 'something within a signature', (bundle) => bundle.replace('-----END', 'a comment\n-----END')),
  framed('spelling', 'a signed request', (bundle) => bundle.replace(/(keyward-release[^]*?)(-----BEGIN[^]*?-----END SSH SIGNATURE-----\n)/, '$2$1')),
  framed('spelling', 'the manifest before the release', (bundle) => bundle.replace(/(keyward-release[^]*)(keyward-manifest[^]*)/, '$2$1')),
  framed('spelling', 'a nonce in capitals', (bundle) => bundle.replace(/nonce .*/, (line) => line.toUpperCase().replace('NONCE', 'nonce'))),
  framed('unknown-line', 'an unknown line in the request', (bundle) => bundle.replace('nonce', 'verbose yes\nnonce')),
  framed('unknown-text', 'a text of another kind', (bundle) => bundle.replace('keyward-manifest v1', 'keyward-secret v1')),
  framed('unknown-text', 'a text of version 2', (bundle) => bundle.replace('keyward-manifest v1', 'keyward-manifest v2')),

  spelled('two spaces', (text) => text.replace('number ', 'number  ')),
  spelled('a space at the end', (text) => text.replace(/(number .*)/, '$1 ')),
  spelled('a number with a zero in front', (text) => text.replace(/number (.*)/, 'number 0$1')),
  spelled('a threshold of 0', (text) => text.replace(/threshold .*/, 'threshold 0')),
  spelled('a negative threshold', (text) => text.replace(/threshold .*/, 'threshold -1')),
  spelled('a hash in capitals', (text) => text.replace(/inputs .*/, (line) => line.toUpperCase().replace('INPUTS', 'inputs'))),
  spelled('30 February', (text) => text.replace(/expires .*/, 'expires 2028-02-30T00:00:00Z')),
  spelled('29 February of no leap year', (text) => text.replace(/expires .*/, 'expires 2100-02-29T00:00:00Z')),
  spelled('24 o’clock', (text) => text.replace(/expires .*/, 'expires 2028-02-20T24:00:00Z')),
  spelled('a time of another zone', (text) => text.replace(/(expires .*)Z/, '$1+00:00')),
  spelled('it expires before it is issued', (text) => text.replace(/expires .*/, 'expires 2020-01-01T00:00:00Z')),
  spelled('a previous one missing', (text) => text.replace(/previous .*/, 'previous -')),
  spelled('a line twice', (text) => text.replace(/(number .*\n)/, '$1$1')),
  spelled('a signer twice', (text) => text.replace(/(signer emp_b.*\n)/, '$1$1')),
  spelled('lines in another order', (text) => swap(text, /issued .*/, /expires .*/)),
  spelled('signers not sorted', (text) => swap(text, /signer emp_b.*/, /signer emp_c.*/)),
  spelled('a line missing', (text) => text.replace(/inputs .*\n/, '')),
  spelled('the last lines missing', (text) => text.replace(/signer-set [^]*/, '')),
  spelled('a field too many', (text) => text.replace(/(number .*)/, '$1 5')),
  spelled('a key with a comment', (text) => text.replace(/(signer emp_b.*)/, '$1 bob')),
  spelled('a key in another spelling', (text) => text.replace(/(signer emp_b.*)/, '$1=')),
  spelled('a key cut short', (text) => text.replace(/(signer emp_b.*)..../, '$1')),
  spelled('a key with bytes after it', (text) => text.replace(/(signer emp_b.*)/, '$1AAAA')),
  spelled('a key under another type', (text) => text.replace(/signer (emp_b\S*) ssh-ed25519/, 'signer $1 ssh-rsa')),
  spelled('a path for an organization', (text) => text.replace(/organization .*/, 'organization ../acme')),
  spelled('a revocation counted and undone', (text) => text.replace(/(manifest .*)/, `counted ${sha256('x')}\nundone ${sha256('x')}\n$1`)),
  spelled('an unknown line', (text) => text.replace('issued', 'colour red\nissued'), 'unknown-line'),
  manifestSpelled('a key line of nobody', (text) => text.replace(/account .*\n/, '')),
  manifestSpelled('an account that two have', (text) => text.replace(/(account \S+)(.*\n)/, `$1$2account ${idOf('emp', 'zoe')}$2`)),
  manifestSpelled('an id that has two accounts', (text) => text.replace(/(account \S+) dave(.*\n)/, '$1 dave$2$1 eve$2')),
  manifestSpelled('an account with a slash', (text) => text.replaceAll(' dave ', ' ../dave ')),
  manifestSpelled('an account that begins with a digit', (text) => text.replaceAll(' dave ', ' 0dave ')),
  manifestSpelled('an account of 33 letters', (text) => text.replaceAll(' dave ', ` ${'d'.repeat(33)} `)),
  manifestSpelled('uid 0', (text) => text.replace(/ dave - new/, ' dave 0 new')),
  manifestSpelled('another HOW', (text) => text.replace(/ dave - new/, ' dave - force')),
  manifestSpelled('no courier', (text) => text.replace(/courier .*\n/, '')),
  manifestSpelled('no host key', (text) => text.replaceAll(/host-key .*\n/g, '')),
  manifestSpelled('an unknown line', (text) => text.replace('kind', 'colour red\nkind'), 'unknown-line'),

  { why: 'wrong-organization', what: 'a release for another organization', bad: { release: { organization: 'other' } } },
  { why: 'wrong-organization', what: 'a manifest for another organization', bad: { manifest: { organization: 'other' } } },
  { why: 'wrong-organization', what: 'a revocation for another organization', bad: revocation((b) => ({ organization: 'other', signer: b.ids.bob, id: b.ids.erin }), 'bob') },
  { why: 'wrong-target', what: 'the manifest of another server', bad: { manifest: { target: idOf('srv', 'other') } } },
  { why: 'wrong-host-key', what: 'a manifest with the host key of another server', bad: async (b, s) => write(b, s, { manifest: { hostKeys: [bare(b.keys.mallory)] } }) },

  { why: 'signature-missing', what: 'no signature', bad: { by: [] } },
  { why: 'signature-missing', what: 'a revocation without one', bad: async (b) => requestText() + revocationText({ signer: b.ids.bob, id: b.ids.erin }) },
  { why: 'signature-bad', what: 'a stranger signs', bad: { by: ['mallory'] } },
  { why: 'signature-bad', what: 'the courier signs', bad: { by: ['courier', 'mallory'] } },
  { why: 'signature-bad', what: 'signed for another kind of text', bad: async (b, s) => write(b, s, { signatures: (_, text) => b.sign(text, 'revocation', ['alice', 'bob']) }) },
  { why: 'signature-bad', what: 'sha256 in the signature', bad: async (b, s) => write(b, s, { signatures: (_, text) => sign(b.folder, text, 'keyward-release-v1', [b.keys.alice, b.keys.bob], 'sha256') }) },
  { why: 'signature-bad', what: 'signatures of another text', bad: async (b, s) => write(b, s, { signatures: () => b.sign('other', 'release', ['alice', 'bob']) }) },
  { why: 'signature-bad', what: 'one byte changed after signing', bad: { frame: (bundle) => (bundle as string).replace('number', 'number').replace(/(issued \d{4}-\d\d-\d\dT\d\d:\d\d:)\d\d/, '$100') } },
  { why: 'signature-bad', what: 'armor with a line of another length', bad: { signatures: (all) => all.replaceAll(/SIGNATURE-----\n(.{50})/g, 'SIGNATURE-----\n$1\n') } },
  { why: 'signature-bad', what: 'a low-order key signs for everybody', bad: async (b, s) => write(b, s, { signatures: () => forged().repeat(2) }) },
  { why: 'signature-bad', what: 'a revocation that another signer signed', bad: revocation((b) => ({ signer: b.ids.bob, id: b.ids.erin }), 'alice') },
  { why: 'signature-bad', what: 'a revocation signed as a release', bad: revocation((b) => ({ signer: b.ids.bob, id: b.ids.erin }), 'bob', 'release') },
  { why: 'below-threshold', what: 'one of two', bad: { by: ['alice'] } },
  { why: 'below-threshold', what: 'one person with two keys', bad: { by: ['alice', 'alice-spare'] } },
  { why: 'below-threshold', what: 'one signature twice', bad: { by: ['bob', 'bob', 'bob'] } },
  { why: 'below-threshold', what: 'a new set that asks for more', bad: newSet((b) => ({ set: set(b, { number: 2, threshold: 3 }) })) },
  { why: 'below-old-threshold', what: 'a new set that signs for itself', bad: newSet((b) => ({ set: { number: 2, threshold: 1, signers: [[b.ids.erin, b.keys.mallory]] } }), ['mallory']) },
  { why: 'below-old-threshold', what: 'a lower threshold by one signer', bad: newSet((b) => ({ set: set(b, { number: 2, threshold: 1 }) }), ['bob']) },
  { why: 'threshold-out-of-range', what: '4 of 3 people who have 4 keys', bad: newSet((b) => ({ set: set(b, { number: 2, threshold: 4 }) }), ['alice', 'alice-spare', 'bob', 'carol']) },
  { why: 'key-under-two-ids', what: 'one key, two people', bad: newSet((b) => ({ set: set(b, { number: 2, signers: [...b.set.signers, [b.ids.erin, b.keys.alice]] }) })) },
  { why: 'key-not-allowed', what: 'a low-order key as a signer', bad: newSet((b) => ({ set: oneSigner(b, LOW_ORDER) })) },
  { why: 'key-not-allowed', what: 'a P-384 key as a signer', bad: async (b, s) => write(b, s, { release: { set: oneSigner(b, await weakKey(b, ['-t', 'ecdsa', '-b', '384'])) } }) },
  { why: 'key-not-allowed', what: 'an RSA key of 2048 bits as a signer', bad: async (b, s) => write(b, s, { release: { set: oneSigner(b, await weakKey(b, ['-t', 'rsa', '-b', '2048'])) } }) },
  { why: 'key-not-allowed', what: 'a low-order key in a revocation', bad: revocation((b) => ({ signer: b.ids.bob, keys: [LOW_ORDER] }), 'bob') },
  { why: 'signer-set-skipped', what: 'set 3 after set 1', bad: newSet((b) => ({ set: set(b, { number: 3 }) })) },
  { why: 'signer-set-changed-without-number', what: 'another threshold, the same number', bad: newSet((b) => ({ set: set(b, { threshold: 1 }) })) },
  { why: 'rollback', what: 'release 1 again', bad: { release: { number: 1 } } },
  { why: 'equivocation', what: 'another release of the number in force', bad: async (b, s) => write(b, s, { release: { number: await numberInForce(s), expires: at(Date.now() + HOUR) } }) },
  { why: 'expired', what: 'a release that has expired', bad: { release: { issued: at(Date.now() - 2 * HOUR), expires: at(Date.now() - HOUR) } } },
  { why: 'manifest-missing', what: 'no manifest', bad: { frame: (bundle) => bundle.slice(0, bundle.indexOf('keyward-manifest')) } },
  { why: 'manifest-not-in-release', what: 'a manifest that the release does not list', bad: { release: { manifests: [] } } },
  { why: 'manifest-not-in-release', what: 'a manifest alone', bad: { frame: (bundle) => bundle.replace(/keyward-release[^]*(?=keyward-manifest)/, '') } },
  { why: 'signer-unknown', what: 'a revocation by nobody of the set', bad: revocation((b) => ({ signer: b.ids.erin, id: b.ids.dave }), 'mallory') },
];

/** `01` and 31 zero bytes is a key for which this one signature fits every text. */
function forged(): string {
  const string = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const key = Buffer.from(LOW_ORDER.split(' ')[1] ?? '', 'base64');
  const raw = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]);
  const signature = Buffer.concat([string(Buffer.from('ssh-ed25519')), string(raw)]);
  const parts = [key, Buffer.from('keyward-release-v1'), Buffer.alloc(0), Buffer.from('sha512'), signature].map(string);
  const armored = Buffer.concat([Buffer.from('SSHSIG\0\0\0\x01'), ...parts]).toString('base64');
  return `-----BEGIN SSH SIGNATURE-----\n${(armored.match(/.{1,70}/g) ?? []).join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

async function numberInForce(server: TestServer): Promise<number> {
  return Number(await server.must("sed -n 's/^number //p' /etc/ssh/keyward/current/release"));
}

let made = 0;
async function weakKey(bench: Bench, args: readonly string[]): Promise<string> {
  const path = `${bench.folder}/weak-${(made += 1)}`;
  await command(['ssh-keygen', '-q', '-N', '', ...args, '-f', path]);
  const answer = await command(['ssh-keygen', '-y', '-f', path]);
  return answer.stdout.trim();
}

/** The cases, some at a time, each group with its name in front. */
function groups(cases: readonly Case[], size: number): [string, ...Case[]][] {
  const made: [string, ...Case[]][] = [];
  for (let i = 0; i < cases.length; i += size) {
    const group = cases.slice(i, i + size);
    made.push([group.map((one) => `${one.why}: ${one.what}`).join('; '), ...group]);
  }
  return made;
}

describe.skipIf(needs() !== undefined).each(SHELLS)('what is refused, under %s', (shell) => {
  let fleet: Fleet;
  let server: TestServer;
  let bench: Bench;
  let tried = 0;
  const unchanged = ['/etc/ssh/keyward/receipt', '/etc/ssh/keyward/conflicts*'];
  const last = (stderr: string): string | undefined => stderr.trim().split('\n').at(-1);
  beforeAll(async () => {
    fleet = await startFleet([`web-${shell}`], { shell });
    server = fleet.server(`web-${shell}`);
    bench = await Bench.make();
    if (shell === 'busybox') await server.must(`for applet in ${APPLETS}; do ln -sf /bin/busybox /usr/bin/$applet; done`);
    await bench.enroll(server);
    const first = await bench.receive(server, await write(bench, server, {}));
    expect([first.status, first.stderr]).toEqual([0, '']);
  });
  afterAll(async () => {
    console.log(`${shell}: ${tried} of ${CASES.length} refused, each under its own name; the legal twin taken`);
    bench?.clean();
    await fleet?.stop();
  });

  const refused = async ({ why, bad }: Case): Promise<void> => {
    const bundle = typeof bad === 'function' ? await bad(bench, server) : await write(bench, server, bad);
    const answer = await bench.receive(server, bundle);
    expect([answer.status, last(answer.stderr)]).toEqual([5, `refused: ${why}`]);
    tried += 1;
  };
  const taken = async (): Promise<void> => {
    const twin = await bench.receive(server, await write(bench, server, {}));
    expect([twin.status, twin.stderr, lines(twin, 'refused')]).toEqual([0, '', []]);
  };

  // Some at a time, as every run costs time: nothing may have changed after all of them.
  it.each(groups(CASES, shell === 'dash' ? 4 : 15))('%s', async (_, ...group) => {
    const before = await everything(server, unchanged);
    for (const one of group) await refused(one);
    expect(await everything(server, unchanged)).toBe(before);
    await taken();
  });

  it('passes over a revocation that is listed already, and says so', async () => {
    const text = revocationText({ signer: bench.ids.bob, id: bench.ids.erin });
    const signed = text + (await bench.sign(text, 'revocation', ['bob']));
    expect((await bench.receive(server, requestText() + signed)).status).toBe(0);
    const counted = await bench.receive(server, await write(bench, server, { release: { counted: [sha256(text)] } }));
    expect([counted.status, lines(counted, 'revocation')]).toEqual([0, []]);
    const again = await bench.receive(server, requestText() + signed);
    expect([again.status, again.stderr, lines(again, 'refused')]).toEqual([0, '', [`revocation ${sha256(text)} listed`]]);
    expect(lines(again, 'revocation')).toEqual([]);
  });

  it('does what it can of a manifest, and names what it cannot', async () => {
    await server.must('useradd -u 4242 -m present; useradd -r -u 300 daemonlike');
    const login = (line: string) => [{ line: `${line} ${bare(bench.keys.erin)}` }];
    const person = (name: string, rest: Partial<Person>): Person => ({ id: idOf('emp', name), account: name, keys: login('restrict'), ...rest });
    const answer = await bench.receive(
      server,
      await write(bench, server, {
        people: [
          person('present', {}),
          person('wanted', { uid: 4242 }),
          person('missing', { how: 'adopt' }),
          person('daemonlike', { how: 'adopt' }),
          person('loose', { keys: login('pty') }),
          person('odd', { sudo: [{ runAs: 'root', command: '/usr/bin/id, ALL' }] }),
          person('weak', { keys: [{ line: `restrict ${LOW_ORDER}` }] }),
          person('good', { uid: 5005 }),
        ],
      }),
    );
    expect(answer.status).toBe(4);
    expect(lines(answer, 'failed')).toEqual([
      'account daemonlike account-not-managed',
      'account missing account-not-managed',
      'account present account-taken',
      'account wanted uid-taken',
      'key loose line-form',
      'key weak line-form',
      'sudo odd line-form',
    ]);
    expect(await server.must('ls /etc/ssh/keyward/current/keys; cat /etc/ssh/keyward/current/sudoers; id -u good')).toBe('good\nodd\n5005\n');
    await server.must('userdel -r present 2>/dev/null; userdel daemonlike');
  });

  it('keeps the old generation when the new one does not pass its tests', async () => {
    await bench.receive(server, await write(bench, server, {}));
    const sudoers = { runAs: 'root', command: '/usr/bin/ now' }; // a folder takes no arguments: visudo refuses it
    const bundle = await write(bench, server, { people: [{ id: bench.ids.dave, account: 'dave', sudo: [sudoers] }] });
    const before = await everything(server, unchanged);
    const answer = await bench.receive(server, bundle);
    expect([answer.status, last(answer.stderr)]).toEqual([5, 'refused: test-failed']);
    expect(await everything(server, unchanged)).toBe(before);
    expect((await bench.receive(server, await write(bench, server, {}))).status).toBe(0);
  });

  it('walks signer sets, and goes back to none', async () => {
    const second = set(bench, { number: 2, signers: bench.set.signers.filter(([id]) => id !== bench.ids.carol) });
    const step = releaseText({ set: second, number: (bench.number += 1), issued: at(Date.now() - 3 * HOUR), expires: at(Date.now() - HOUR) });
    const signedStep = step + (await bench.sign(step, 'release', ['alice', 'bob']));
    const third = { number: 3, threshold: 1, signers: second.signers };
    const walked = await write(bench, server, { release: { set: third }, frame: (all) => (all as string).replace('keyward-release', `${signedStep}keyward-release`) });
    const answer = await bench.receive(server, walked);
    expect([answer.status, answer.stderr]).toEqual([0, '']);
    expect(lines(answer, 'signer-set')[0]?.split(' ')[0]).toBe('3');
    const back = await bench.receive(server, await write(bench, server, { release: { set: second } }));
    expect([back.status, last(back.stderr)]).toEqual([5, 'refused: signer-set-rollback']);
  });
});
