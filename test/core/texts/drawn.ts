/** Values of every text, drawn at random; keys come from a fixed handful, since making them is slow. */
import fc from 'fast-check';
import { instantOf, sudoersCommand } from '../../../src/core/access/index.ts';
import type { EmployeeId, Instant, ProviderId, ServerId, SubjectId } from '../../../src/core/access/index.ts';
import { CREDENTIAL_KINDS, RECEIVER_REASONS } from '../../../src/core/texts/index.ts';
import type {
  AccountLine,
  Found,
  Inputs,
  KeyLine,
  Manifest,
  Receipt,
  ReceiverReason,
  Release,
  Request,
  Revocation,
  SudoLine,
} from '../../../src/core/texts/index.ts';
import { penOf } from './signing.ts';
import { given } from '../given.ts';

const PENS = Array.from({ length: 8 }, (_, seed) => penOf(seed));
const KEYS = PENS.map((pen) => pen.key);

const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
const letters = fc.stringMatching(/^[0-9abcdefghjkmnpqrstvwxyz]{26}$/);
const employee = letters.map((text) => `emp_${text}` as EmployeeId);
const subject = fc.oneof(
  employee,
  letters.map((text) => `mch_${text}`),
) as fc.Arbitrary<SubjectId>;
const server = letters.map((text) => `srv_${text}` as ServerId);
const provider = letters.map((text) => `aws_${text}` as ProviderId);
const instant = fc.integer({ min: 946_684_800, max: 32_503_679_999 }).map(instantOf);
const end: fc.Arbitrary<Instant | undefined> = fc.option(instant, { nil: undefined });
const number = fc.integer({ min: 1, max: 999_999_999 });
const count = fc.integer({ min: 0, max: 999_999_999 });
const name = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,31}$/);
const account = fc.stringMatching(/^[a-z][a-z0-9_-]{0,31}$/);
const foundAccount = fc.stringMatching(/^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}\$?$/);
const word = fc.stringMatching(/^[!-~]{1,20}$/);
const words = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' '));
const someKeys = fc.subarray(KEYS, { minLength: 1 });
const keys = fc.subarray(KEYS);
const hashes = fc.uniqueArray(hex, { maxLength: 3 });
const kind = fc.constantFrom('key', 'ca', 'keys-command', 'sudo', 'group', 'uid-0', 'sshd', 'password' as const);
const credential = fc.record({
  account: foundAccount,
  kind: fc.constantFrom(...CREDENTIAL_KINDS),
  subject: fc.option(letters, { nil: undefined }),
  state: fc.constantFrom('active', 'inactive' as const),
  made: fc.option(instant, { nil: undefined }),
  used: fc.option(instant, { nil: undefined }),
});
const running = fc.record({
  id: subject,
  account,
  kind: fc.constantFrom('session', 'tunnel', 'tmux', 'process', 'cron', 'at', 'linger', 'sudo' as const),
  count,
});
const wayIn = fc.record({
  kind,
  account: fc.option(foundAccount, { nil: undefined }),
  subject: word,
  state: fc.constantFrom('accepted', 'unknown' as const),
  comment: fc.option(
    words.filter((text) => text !== '-'),
    { nil: undefined },
  ),
});
const looked = fc.uniqueArray(
  fc.record({ what: fc.constantFrom('account', 'key-line', 'sudoers-file', 'process', 'job' as const), count }),
  { minLength: 1, selector: (line) => line.what },
);
const numbered = fc.record({ number, hash: hex });
const unique = <T>(one: fc.Arbitrary<T>) =>
  fc.uniqueArray(one, { maxLength: 3, selector: (value) => JSON.stringify(value) });

const OPTIONS = ['restrict', 'restrict,pty', 'restrict,pty,from="10.0.0.0/8"', 'restrict,command="/bin/true"'];
const keyLine = fc
  .tuple(fc.constantFrom(...OPTIONS), fc.constantFrom(...KEYS))
  .map(([options, key]) => `${options} ${key.line}`);

const command = fc
  .constantFrom('ALL', '/bin/true', '/usr/bin/systemctl restart nginx', '/bin/ls a,b *')
  .map(sudoersCommand);

interface Holding {
  readonly account: AccountLine;
  readonly keys: readonly KeyLine[];
  readonly sudo: readonly SudoLine[];
}
const holding: fc.Arbitrary<Holding> = fc
  .record({
    id: subject,
    account,
    uid: fc.option(number, { nil: undefined }),
    how: fc.constantFrom('new', 'adopt' as const),
    from: fc.option(subject, { nil: undefined }),
    end,
    lines: unique(fc.record({ end, line: keyLine })),
    sudo: unique(fc.record({ end, runAs: fc.oneof(account, fc.constant('ALL')), command })),
  })
  .map(({ lines, sudo, ...own }) => ({
    account: own,
    keys: lines.map((line) => ({ id: own.id, account: own.account, ...line })),
    sudo: sudo.map((line) => ({ id: own.id, account: own.account, ...line })),
  }));

const holdings = fc
  .uniqueArray(holding, { maxLength: 4, selector: (one) => one.account.account })
  .filter((all) => new Set(all.map((one) => one.account.id)).size === all.length);

const serverManifests: fc.Arbitrary<Manifest> = fc
  .record({
    organization: name,
    target: server,
    kind: fc.constant('server' as const),
    hostKeys: someKeys,
    nextHostKeys: keys,
    couriers: someKeys,
    accepted: unique(fc.record({ kind, account: fc.option(foundAccount, { nil: undefined }), subject: word })),
    revokedIds: unique(subject),
    revokedKeys: keys,
    holdings,
  })
  .map(({ holdings: held, ...rest }) => ({
    ...rest,
    accounts: held.map((one) => one.account),
    keys: held.flatMap((one) => one.keys),
    sudo: held.flatMap((one) => one.sudo),
    settings: [],
    rights: [],
  }));

const kebab = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/);
const value = fc.constantFrom(
  '123456789012',
  '/keyward/acme/',
  'billing read',
  'arn:aws:iam::aws:policy/ReadOnlyAccess',
);

/** A provider has settings and rights, and nothing of a server. */
const providerManifests: fc.Arbitrary<Manifest> = fc
  .record({
    organization: name,
    target: provider,
    kind: fc.constant('aws-iam'),
    settings: unique(fc.record({ name: kebab, value })),
    rights: unique(fc.record({ end, what: kebab, value })),
    revokedIds: unique(subject),
    logins: holdings,
  })
  .map(({ logins, rights, ...rest }) => ({
    ...rest,
    hostKeys: [],
    nextHostKeys: [],
    couriers: [],
    accounts: logins.map(({ account: own }) => own),
    keys: [],
    sudo: [],
    rights: logins.flatMap(({ account: { id, account: login } }) =>
      rights.map((right) => ({ id, account: login, ...right })),
    ),
    accepted: [],
    revokedKeys: [],
  }));

export const manifests: fc.Arbitrary<Manifest> = fc.oneof({ weight: 3, arbitrary: serverManifests }, providerManifests);

export const releases: fc.Arbitrary<Release> = fc
  .record({
    organization: name,
    number,
    previous: hex,
    issued: fc.integer({ min: 946_684_800, max: 30_000_000_000 }).map(instantOf),
    days: fc.integer({ min: 1, max: 900 }),
    inputs: hex,
    receiver: hex,
    signerSet: number,
    threshold: fc.nat(),
    signers: fc.uniqueArray(employee, { minLength: 1, maxLength: 4 }),
    listed: fc.uniqueArray(hex, { maxLength: 4 }),
    manifests: hashes,
  })
  .map(({ days, signers, listed, threshold, ...rest }) => ({
    ...rest,
    previous: rest.number === 1 ? undefined : rest.previous,
    expires: instantOf(rest.issued + days * 86_400),
    threshold: 1 + (threshold % signers.length),
    signers: KEYS.slice(0, signers.length * 2).map((key, i) => ({ id: given(signers[i >> 1]), key })),
    counted: listed.slice(0, 2),
    undone: listed.slice(2),
  }));

export const revocations: fc.Arbitrary<Revocation> = fc.oneof(
  fc.record({ organization: name, signer: employee, time: instant, id: subject, keys }),
  fc.record({ organization: name, signer: employee, time: instant, id: fc.constant(undefined), keys: someKeys }),
);

export const receipts: fc.Arbitrary<Receipt> = fc.record({
  organization: name,
  target: fc.oneof(
    server,
    letters.map((text) => `aws_${text}` as ProviderId),
  ),
  nonce: hex,
  time: instant,
  enrolled: fc.record({ times: number, last: instant }),
  release: numbered,
  signerSet: numbered,
  manifest: fc.option(hex, { nil: undefined }),
  receiver: hex,
  inForce: hex,
  clock: fc.constantFrom('right', 'behind' as const),
  openssh: word,
  revocations: hashes,
  accounts: unique(fc.record({ id: subject, account, state: fc.constantFrom('open', 'locked' as const) })),
  ended: unique(running),
  running: unique(running),
  credentials: unique(credential),
  root: unique(fc.record({ id: subject, account, how: fc.constantFrom('sudo', 'group', 'enrolled' as const) })),
  differs: unique(fc.record({ what: word, subject: word })),
  failed: unique(fc.record({ what: word, subject: word, why: words })),
  refused: unique(
    fc.record({ kind: word, hash: hex, why: fc.constantFrom(...(Object.keys(RECEIVER_REASONS) as ReceiverReason[])) }),
  ),
  conflicts: unique(numbered),
  looked,
  waysIn: unique(wayIn),
});

export const requests: fc.Arbitrary<Request> = fc.record({ nonce: hex, about: unique(subject) });

export const inputLists: fc.Arbitrary<Inputs> = fc.record({
  inputs: fc.uniqueArray(fc.record({ hash: hex, path: fc.stringMatching(/^[A-Za-z0-9._/-]{1,30}$/) }), {
    selector: (one) => one.path,
    maxLength: 5,
  }),
});

export const foundTexts: fc.Arbitrary<Found> = fc.record({
  organization: name,
  target: server,
  openssh: word,
  hostKeys: someKeys,
  enrolled: fc.option(fc.record({ times: number, last: instant }), { nil: undefined }),
  accounts: unique(
    fc.record({ account: foundAccount, uid: count, state: fc.constantFrom('open', 'locked', 'managed' as const) }),
  ),
  looked,
  waysIn: unique(wayIn),
});
