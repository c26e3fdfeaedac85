/** Every refusal of a form by its name and line; sizes before anything else. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import {
  CAPS,
  inputs,
  manifest,
  reasonOf,
  receipt,
  release,
  request,
  revocation,
} from '../../../src/core/texts/index.ts';
import { worked } from '../given.ts';
import { penOf } from './signing.ts';

const [ALICE, BOB, CARLA] = ['a', 'b', 'c'].map((letter) => `emp_${letter.repeat(26)}`) as [string, string, string];
const HASH = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const KEY = penOf(1).key.line;
const KEY2 = penOf(2).key.line;
const [FIRST_KEY, SECOND_KEY] = [KEY, KEY2].sort() as [string, string];
const P384 =
  'ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBCSZGE7YIAeIhHhoA74NxGwZoCqfHyf/STjttx+FDfxNyGC0BbcFmIla4Aq3WIjM8S3TTOLY3/5u8wN1aMg9XHx3NBJgMNyCbWX8KtqWeNJaLEZ0XmD3GXbml5QkPOIEhA==';

const RELEASE = [
  'keyward-release v1',
  'organization acme',
  'number 2',
  `previous ${HASH}`,
  'issued 2026-11-24T20:00:00Z',
  'expires 2027-02-22T20:00:00Z',
  `inputs ${HASH}`,
  `receiver ${HASH}`,
  'signer-set 1',
  'threshold 2',
  `signer ${ALICE} ${KEY}`,
  `signer ${BOB} ${KEY2}`,
  `counted ${HASH}`,
  `manifest ${HASH}`,
  `manifest ${OTHER}`,
];

const MANIFEST = [
  'keyward-manifest v1',
  'organization acme',
  `target srv_${'1'.repeat(26)}`,
  'kind server',
  `host-key ${KEY}`,
  `courier ${KEY}`,
  `account ${ALICE} alice - new - -`,
  `account ${BOB} bob 7001 adopt - 2027-01-01T00:00:00Z`,
  `key ${ALICE} alice 2027-01-01T00:00:00Z restrict,pty ${KEY}`,
  `key ${ALICE} alice - restrict ${KEY}`,
  `key ${BOB} bob 2027-01-01T00:00:00Z restrict ${KEY2}`,
  `sudo ${ALICE} alice - root /usr/bin/systemctl restart nginx`,
  'accepted key root SHA256:abc',
  `revoked-id ${CARLA}`,
  `revoked-key ${KEY2}`,
];

const REVOCATION = [
  'keyward-revocation v1',
  'organization acme',
  `signer ${ALICE}`,
  'time 2026-11-24T20:00:00Z',
  `id ${BOB}`,
  `key ${FIRST_KEY}`,
  `key ${SECOND_KEY}`,
];

type Edit = (lines: string[]) => void;
const put =
  (i: number, line: string): Edit =>
  (lines) =>
    void lines.splice(i, 1, line);
const add =
  (i: number, line: string): Edit =>
  (lines) =>
    void lines.splice(i, 0, line);
const drop =
  (i: number): Edit =>
  (lines) =>
    void lines.splice(i, 1);
const swap =
  (i: number): Edit =>
  (lines) =>
    void lines.splice(i, 2, lines[i + 1] ?? '', lines[i] ?? '');

/** Reason and line for a text with one edit. */
function refused(text: { parse(text: string): object }, lines: readonly string[], edit: Edit): string {
  const own = [...lines];
  edit(own);
  return why(() => text.parse(`${own.join('\n')}\n`));
}
function why(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const reason = reasonOf(error);
    if (!error.message.includes(`(${reason})`)) return `a message that does not say ${reason}`;
    return `${reason} ${error.place?.line ?? '-'}`;
  }
  return 'taken';
}

describe('a release', () => {
  it.each<[string, Edit, string]>([
    ['nothing', () => undefined, 'taken'],
    ['a comment', add(1, '# hello'), 'unknown-line 2'],
    ['a word too many', add(15, 'lease 3'), 'unknown-line 16'],
    ['another version', put(0, 'keyward-release v2'), 'unknown-text 1'],
    ['another kind', put(0, 'keyward-manifest v1'), 'unknown-text 1'],
    ['no organization', drop(1), 'spelling 2'],
    ['two organizations', add(2, 'organization acme'), 'spelling 3'],
    ['another organization as well', add(2, 'organization other'), 'spelling 3'],
    ['an upper-case organization', put(1, 'organization Acme'), 'spelling 2'],
    ['number 0', put(2, 'number 0'), 'spelling 3'],
    ['number 02', put(2, 'number 02'), 'spelling 3'],
    ['number 1e3', put(2, 'number 1e3'), 'spelling 3'],
    ['number 1000000000', put(2, 'number 1000000000'), 'spelling 3'],
    ['no number', put(2, 'number '), 'spelling 3'],
    ['no previous release', put(3, 'previous -'), 'spelling 4'],
    ['release 1 with a previous one', put(2, 'number 1'), 'spelling 4'],
    ['an upper-case hash', put(6, `inputs ${HASH.toUpperCase()}`), 'spelling 7'],
    ['a time with fractions', put(4, 'issued 2026-11-24T20:00:00.0Z'), 'spelling 5'],
    ['a date that does not exist', put(5, 'expires 2027-02-29T20:00:00Z'), 'spelling 6'],
    ['expired when issued', put(5, 'expires 2026-11-24T20:00:00Z'), 'spelling 6'],
    ['threshold 0', put(9, 'threshold 0'), 'spelling 10'],
    ['threshold -1', put(9, 'threshold -1'), 'spelling 10'],
    ['threshold 3 of 2', put(9, 'threshold 3'), 'threshold-out-of-range 10'],
    ['threshold 2 with one person who has two keys', put(11, `signer ${ALICE} ${KEY2}`), 'threshold-out-of-range 10'],
    ['one key under two ids', put(11, `signer ${BOB} ${KEY}`), 'key-under-two-ids 11'],
    ['a key that may not sign', put(11, `signer ${BOB} ${P384}`), 'key-not-allowed 11'],
    ['a signer who is a machine', put(11, `signer mch_${'b'.repeat(26)} ${KEY2}`), 'spelling 12'],
    ['a key with a comment', put(11, `signer ${BOB} ${KEY2} bob@laptop`), 'spelling 12'],
    ['a key with two spaces', put(11, `signer ${BOB} ${KEY2.replace(' ', '  ')}`), 'spelling 12'],
    [
      'a key that signs for anybody',
      put(11, `signer ${BOB} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`),
      'spelling 12',
    ],
    ['signers out of order', swap(10), 'spelling 11'],
    ['no signers', (lines) => lines.splice(10, 2), 'spelling 11'],
    ['counted and undone', add(13, `undone ${HASH}`), 'spelling 14'],
    ['a manifest twice', add(14, `manifest ${HASH}`), 'spelling 15'],
    ['manifests out of order', swap(13), 'spelling 14'],
    ['counted after manifest', (lines) => lines.push(`counted ${OTHER}`), 'spelling 16'],
    ['a tab', put(1, 'organization\tacme'), 'not-ascii 2'],
    ['a CR', put(1, 'organization acme\r'), 'not-ascii 2'],
    ['a NUL', put(1, 'organization acme\0'), 'not-ascii 2'],
    ['an ä', put(1, 'organization äcme'), 'not-ascii 2'],
    ['a space at the end', put(1, 'organization acme '), 'spelling 2'],
    ['a space in front', put(1, ' organization acme'), 'unknown-line 2'],
    ['an empty line', add(1, ''), 'spelling 2'],
    ['an empty line at the end', add(15, ''), 'spelling 16'],
    ['a line of the longest', put(1, `organization ${'a'.repeat(CAPS.line - 13)}`), 'spelling 2'],
    ['a line one byte longer', put(1, `organization ${'a'.repeat(CAPS.line - 12)}`), 'too-large 2'],
    ['a line too long', put(1, `organization ${'a'.repeat(CAPS.line)}`), 'too-large 2'],
  ])('with %s', (_, edit, expected) => {
    expect(refused(release, RELEASE, edit)).toBe(expected);
  });
});

describe('a manifest', () => {
  it.each<[string, Edit, string]>([
    ['nothing', () => undefined, 'taken'],
    ['a provider as target', put(2, `target aws_${'1'.repeat(26)}`), 'spelling 3'],
    ['another kind', put(3, 'kind aws-iam'), 'spelling 4'],
    ['no host key', drop(4), 'spelling 5'],
    ['no courier', drop(5), 'spelling 6'],
    ['an account twice', put(7, `account ${BOB} alice 7001 adopt - -`), 'spelling 7'],
    ['an id twice', put(7, `account ${ALICE} bob 7001 adopt - -`), 'spelling 7'],
    ['uid 0', put(6, `account ${ALICE} alice 0 new - -`), 'spelling 7'],
    ['an account that is a path', put(6, `account ${ALICE} ../alice - new - -`), 'spelling 7'],
    ['an account with a comma', put(6, `account ${ALICE} a,b - new - -`), 'spelling 7'],
    ['a field too few', put(6, `account ${ALICE} alice - new -`), 'spelling 7'],
    ['a field too many', put(6, `account ${ALICE} alice - new - - -`), 'spelling 7'],
    ['a key of nobody', put(10, `key ${CARLA} carla - restrict ${KEY2}`), 'spelling 11'],
    ['a first key of nobody', put(8, `key ${CARLA} aaron - restrict ${KEY2}`), 'spelling 9'],
    ['a first key line with a second key', put(8, `key ${ALICE} alice - restrict ${KEY} ${KEY2}`), 'line-form 9'],
    ['a key for another account', put(10, `key ${BOB} alice 2027-01-01T00:00:00Z restrict ${KEY2}`), 'spelling 11'],
    ['keys with the later end first', swap(8), 'spelling 9'],
    ['sudo for nobody', put(11, `sudo ${CARLA} carla - root ALL`), 'spelling 12'],
    ['sudo as a group', put(11, `sudo ${ALICE} alice - %wheel ALL`), 'spelling 12'],
    ['a sudo command with a pattern', put(11, `sudo ${ALICE} alice - root /bin/ls *`), 'line-form 12'],
    ['a sudo command that allows any arguments', put(11, `sudo ${ALICE} alice - root /bin/ls`), 'line-form 12'],
    ['a sudo command without arguments', put(11, `sudo ${ALICE} alice - root /bin/ls ""`), 'taken'],
    ['a sudo command and another line', put(11, `sudo ${ALICE} alice - root /bin/ls, /bin/sh`), 'line-form 12'],
    ['a way in of no kind', put(12, 'accepted door root x'), 'spelling 13'],
    ['a revoked server', put(13, `revoked-id srv_${'1'.repeat(26)}`), 'spelling 14'],
  ])('with %s', (_, edit, expected) => {
    expect(refused(manifest, MANIFEST, edit)).toBe(expected);
  });

  it.each<[string, string]>([
    ['no restrict', `pty ${KEY2}`],
    ['no options', KEY2],
    ['options out of order', `restrict,X11-forwarding,pty ${KEY2}`],
    ['an option twice', `restrict,pty,pty ${KEY2}`],
    ['an unknown option', `restrict,tunnel="0" ${KEY2}`],
    ['an end of its own', `restrict,expiry-time="20270101Z" ${KEY2}`],
    ['a CA', `restrict,cert-authority ${KEY2}`],
    ['a comment', `restrict ${KEY2} bob`],
    ['no key', 'restrict'],
    ['a pattern to come from', `restrict,from="*.example.com" ${KEY2}`],
    ['nowhere to come from', `restrict,from="" ${KEY2}`],
    ['an empty command', `restrict,command="" ${KEY2}`],
    [
      'a target to forward to that is none',
      `restrict,port-forwarding,permitopen="any",permitlisten="localhost:1" ${KEY2}`,
    ],
    [
      'a key that signs for anybody',
      'restrict ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    ],
  ])('with a key line that has %s', (_, line) => {
    expect(refused(manifest, MANIFEST, put(10, `key ${BOB} bob 2027-01-01T00:00:00Z ${line}`))).toBe('line-form 11');
  });
});

describe('other texts', () => {
  it.each<[string, Edit, string]>([
    ['nothing', () => undefined, 'taken'],
    ['a key only', drop(4), 'taken'],
    ['neither id nor key', (lines) => lines.splice(4), 'spelling -'],
    ['two ids', add(5, `id ${CARLA}`), 'spelling 6'],
    ['a server', put(4, `id srv_${'1'.repeat(26)}`), 'spelling 5'],
    ['keys out of order', swap(5), 'spelling 6'],
  ])('a revocation with %s', (_, edit, expected) => {
    expect(refused(revocation, REVOCATION, edit)).toBe(expected);
  });

  it('refuse a path that stands twice, or is none', () => {
    const list = (...lines: readonly string[]) =>
      why(() => inputs.parse(['keyward-inputs v1', ...lines, ''].join('\n')));
    expect(list()).toBe('taken');
    expect(list(`input ${OTHER} a`, `input ${HASH} b`)).toBe('taken');
    expect(list(`input ${HASH} a`, `input ${OTHER} a`)).toBe('spelling 2');
    expect(list(`input ${HASH} b`, `input ${OTHER} a`)).toBe('spelling 2');
    expect(list(`input ${HASH} a b`)).toBe('spelling 2');
  });

  it('are refused when they are empty, cut off or not theirs', () => {
    for (const text of [manifest, release, inputs, revocation, receipt, request]) {
      expect(why(() => text.parse(''))).toBe('spelling 1');
      expect(why(() => text.parse('\n'))).toBe('spelling 1');
      expect(why(() => text.parse(`keyward-${text.kind} v1`))).toBe('spelling 1');
      expect(why(() => text.parse('keyward-other v1\n'))).toBe('unknown-text 1');
      // A list of nothing is a list; every other text has a line that must stand.
      expect(why(() => text.parse(`keyward-${text.kind} v1\n`))).toBe(text === inputs ? 'taken' : 'spelling 2');
    }
  });
});

describe('sizes', () => {
  it.each([
    ['a release', release, CAPS.release],
    ['a manifest', manifest, CAPS.manifest],
    ['a receipt', receipt, CAPS.receipt],
    ['a revocation', revocation, CAPS.revocation],
    ['a request', request, CAPS.request],
  ] as const)('of %s are looked at before it is read', (_, text, cap) => {
    const huge = new Uint8Array(64 * 1_048_576);
    const took = worked(() => {
      expect(why(() => text.parse('a'.repeat(cap + 1)))).toBe('too-large -');
      expect(why(() => text.parse(huge))).toBe('too-large -');
      expect(why(() => text.parse('a'.repeat(cap)))).toBe('too-large 1');
      expect(why(() => text.parse(`keyward-${text.kind} v1\n${' '.repeat(cap - 100)}\n`))).toBe('too-large 2');
    });
    expect(took).toBeLessThan(50);
  });

  it('of what is just small enough are no hindrance: thousands of lines in a second', () => {
    const accounts = Array.from(
      { length: 2500 },
      (_, i) => `account emp_${String(i).padStart(26, '0')} u${String(i).padStart(5, '0')} - new - -`,
    );
    const keys = Array.from(
      { length: 2500 },
      (_, i) => `key emp_${String(i).padStart(26, '0')} u${String(i).padStart(5, '0')} - restrict,pty ${KEY}`,
    );
    const whole = `${[...MANIFEST.slice(0, 6), ...accounts, ...keys].join('\n')}\n`;
    const took = worked(() => expect(manifest.parse(whole).keys.length).toBe(2500));
    console.log(
      `manifest of ${whole.length} bytes and ${accounts.length + keys.length} lines read in ${took.toFixed(0)} ms`,
    );
    expect(took).toBeLessThan(3000);
  });

  it('of an answer hold as many logins as an AWS account has users, each with all it may be opened with', () => {
    const lines = [
      ...['keyward-receipt v1', 'organization acme', `target aws_${'a'.repeat(26)}`, `nonce ${HASH}`, 'time 2026-11-24T12:00:00Z'],
      ...['enrolled 1 2026-11-24T12:00:00Z', `release 1 ${HASH}`, `signer-set 1 ${HASH}`, 'manifest -', `receiver ${HASH}`, `in-force ${HASH}`],
      ...['clock right', 'openssh aws-iam-2010-05-08', 'looked account 5000'],
    ];
    const parsed = receipt.parse(`${lines.join('\n')}\n`);
    const at = parsed.time;
    const names = Array.from({ length: 5000 }, (_, i) => `user-${String(i).padStart(12, '0')}`);
    const credentials = names.flatMap((account) => [
      { account, kind: 'password' as const, subject: undefined, state: 'active' as const, made: at, used: at },
      { account, kind: 'mfa-device' as const, subject: `arn:aws:iam::123456789012:mfa/${account}`, state: 'active' as const, made: at, used: undefined },
    ]);
    const waysIn = names.flatMap((account) =>
      ['password', 'unused-password'].map((subject) => ({ kind: 'old' as const, account, subject, state: 'unknown' as const, comment: 'made 2026-10-01, last used 2026-11-24' })),
    );
    const written = receipt.write({ ...parsed, credentials, waysIn });
    expect([receipt.parse(written).credentials.length, written.length < CAPS.receipt]).toEqual([10_000, true]);
  });
});
