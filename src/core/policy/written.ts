/**
 * The written policy: the shape of access-policy.yaml and the files beside it, and nothing of what it means. The types
 * and the JSON Schema for editors (schemas/) both come from here; what a form cannot say is a rule (rules/).
 *
 * A message is `rule-name: sentence` (and a suggestion on a second line), for `wrong-type` what must stand there instead; shape.ts takes the two apart.
 * Long, because everything a policy may say stands on this one page.
 */
import * as v from 'valibot';
import type { SERVER_WAYS } from '../access/server.ts';
import { readEnd, readInstant } from '../access/instant.ts';
import { commandFault, fixedCommandFault, isFingerprint, isHost, isHostPort, networkFault } from './forms.ts';

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const ACCOUNT = /^[a-z][a-z0-9_-]{0,31}$/;
const FOUND_ACCOUNT = /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}\$?$/;
const GLOB = /^[a-z0-9_*-]{1,64}$/;
const LABEL_VALUE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const LABEL_GLOB = /^[A-Za-z0-9_.*-]{1,64}$/;
const ID_LETTERS = '[0-9abcdefghjkmnpqrstvwxyz]{26}';

const isMapping = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A mapping with these fields and no other; every unknown one is found, not the first only. */
function mapping<Entries extends v.ObjectEntries>(entries: Entries) {
  // Typed without the rest, which never holds anything.
  const object = v.objectWithRest(entries, v.never('unknown-field: ')) as unknown as v.ObjectSchema<Entries, undefined>;
  return v.pipe(v.unknown(), v.check(isMapping, 'wrong-type: a mapping'), object);
}

/** A mapping from names to things. */
function named<Value extends v.GenericSchema>(value: Value) {
  const record = v.record(v.pipe(v.string(), v.regex(NAME)), value);
  return v.pipe(v.unknown(), v.check(isMapping, 'wrong-type: a mapping from names'), record);
}

function text(rule: string, form: RegExp, sentence: string) {
  return v.pipe(v.string('wrong-type: a text'), v.regex(form, `${rule}: ${sentence}`));
}

function list<Item extends v.GenericSchema>(item: Item) {
  return v.pipe(v.array(item, 'wrong-type: a list'), v.nonEmpty('empty-list: This list is empty'));
}

function id(prefix: string) {
  return text(
    'id-form',
    new RegExp(`^${prefix}_${ID_LETTERS}$`),
    `An id here is ${prefix}_ and 26 of 0-9 a-z without i, l, o, u`,
  );
}

function whole(rule: string, least: number, most: number, sentence: string) {
  const number = v.pipe(v.number('wrong-type: a whole number'), v.integer(`${rule}: ${sentence}`));
  return v.pipe(number, v.minValue(least, `${rule}: ${sentence}`), v.maxValue(most, `${rule}: ${sentence}`));
}

function checked(rule: string, fault: (value: string) => string | undefined) {
  return v.pipe(
    v.string('wrong-type: a text'),
    v.rawCheck<string>(({ dataset, addIssue }) => {
      const message = dataset.typed ? fault(dataset.value) : undefined;
      if (message !== undefined) addIssue({ message: `${rule}: ${message}` });
    }),
  );
}

const name = text('name-form', NAME, 'A name is 1 to 32 of a-z, 0-9, - and _, and begins with a letter or digit');
const account = text('account-form', ACCOUNT, 'An account is 1 to 32 of a-z, 0-9, - and _, and begins with a letter');
const glob = text('name-form', GLOB, 'A name here is of a-z, 0-9, - and _, with * for any letters');
const word = text('word-form', /^[!-~]{1,200}$/, 'One word of ASCII stands here');
const sentence = checked('text-form', (value) =>
  /^[^\p{C}\p{Zl}\p{Zp}]{1,120}$/u.test(value) && value.trim() === value
    ? undefined
    : 'A text of 1 to 120 characters on one line stands here',
);
const end = checked('end-form', (value) =>
  readEnd(value) === undefined
    ? 'A date 2027-03-31, or UTC seconds 2027-01-31T18:00:00Z, that exists stands here'
    : undefined,
);
const day = checked('date-form', (value) =>
  readInstant(`${value}T00:00:00Z`) === undefined ? 'A date like 2027-03-31 that exists stands here' : undefined,
);
const host = checked('address-form', (value) =>
  isHost(value) ? undefined : 'A host name in lower case or an IP address stands here, without a port',
);
const network = checked('network-form', (value) => networkFault(value));

const labels = v.pipe(
  v.unknown(),
  v.check(isMapping, 'wrong-type: a mapping from labels to values'),
  v.record(
    v.pipe(v.string(), v.regex(NAME, 'name-form: A label is 1 to 32 of a-z, 0-9, - and _')),
    text('label-form', LABEL_VALUE, 'A label has a value of A-Z, a-z, 0-9, . _ and -'),
  ),
);
const labelGlob = text('label-form', LABEL_GLOB, 'A value here is of A-Z, a-z, 0-9, . _ and -, with * for any letters');
const labelSelector = v.pipe(
  v.unknown(),
  v.check(isMapping, 'wrong-type: a mapping from labels to values'),
  v.record(
    v.pipe(v.string(), v.regex(NAME, 'name-form: A label is 1 to 32 of a-z, 0-9, - and _')),
    v.union([labelGlob, list(labelGlob)], 'wrong-type: a value or a list of values'),
  ),
);

const People = mapping({
  teams: v.optional(list(glob)),
  employees: v.optional(list(glob)),
  machines: v.optional(list(glob)),
});

const Servers = mapping({
  names: v.optional(list(glob)),
  labels: v.optional(labelSelector),
  except: v.optional(list(glob)),
});

const forwardTo = checked('forward-form', (value) =>
  isHostPort(value) ? undefined : 'host:port stands here, an IPv6 address in brackets',
);
const AllowEntry = v.union(
  [v.picklist(['pty', 'agent-forwarding', 'x11']), mapping({ 'forward-to': list(forwardTo) })],
  'allow-unknown: What may be allowed is pty, agent-forwarding, x11 and forward-to: ["host:port"]',
);
const Allow = v.array(AllowEntry, 'wrong-type: a list');

export const Employee = mapping({
  id: v.pipe(id('emp'), v.description('known outside the policy by this only')),
  teams: v.optional(v.array(name, 'wrong-type: a list')),
  account: v.optional(v.pipe(account, v.description('Unix account, where it is not the handle'))),
  uid: v.optional(whole('uid-range', 1000, 999_999_999, 'A uid is 1000 to 999999999; lower ones belong to the system')),
  until: v.optional(v.pipe(end, v.description('all access ends then; a date ends with its day, UTC'))),
  left: v.optional(v.pipe(day, v.description('written by offboard; the line stays'))),
  'takes-over': v.optional(
    v.pipe(
      v.union([id('emp'), id('mch')], 'id-form: The id of an employee or a machine stands here'),
      v.description('the id whose account this becomes'),
    ),
  ),
});

export const Machine = mapping({
  id: id('mch'),
  owner: v.pipe(name, v.description('the employee who answers for it')),
  account: v.optional(account),
  uid: v.optional(whole('uid-range', 1000, 999_999_999, 'A uid is 1000 to 999999999; lower ones belong to the system')),
  until: v.optional(end),
  left: v.optional(day),
  'takes-over': v.optional(v.union([id('emp'), id('mch')], 'id-form: The id of an employee or a machine stands here')),
});

const fingerprint = checked('fingerprint-form', (value) =>
  isFingerprint(value) ? undefined : 'A fingerprint is SHA256: and 43 letters, as ssh-keygen -l prints it',
);
const wayIn = {
  key: v.optional(fingerprint),
  ca: v.optional(fingerprint),
  'keys-command': v.optional(word),
  sudo: v.optional(word),
  group: v.optional(word),
  'uid-0': v.optional(word),
  sshd: v.optional(word),
  password: v.optional(word),
} as const satisfies Record<(typeof SERVER_WAYS)[number], unknown>;
export const Accepted = mapping({
  account: v.optional(text('account-form', FOUND_ACCOUNT, 'An account as it is called on the server stands here')),
  ...wayIn,
  reason: sentence,
});

export const Server = mapping({
  id: id('srv'),
  address: host,
  port: v.optional(whole('port-range', 1, 65_535, 'A port is 1 to 65535')),
  labels: v.optional(labels),
  adopt: v.optional(v.pipe(list(name), v.description('whose account is taken over as it is there'))),
  accepted: v.optional(
    v.pipe(
      v.array(Accepted, 'wrong-type: a list'),
      v.description('unmanaged ways in that are known; any other is drift'),
    ),
  ),
  removed: v.optional(v.pipe(day, v.description('written by server remove'))),
});

const command = checked('sudo-command', commandFault);
export const Sudo = mapping({
  'run-as': v.union([v.literal('ALL'), account], 'account-form: An account or ALL stands here'),
  commands: v.union([v.literal('ALL'), list(command)], 'wrong-type: ALL or a list of commands'),
});

export const Rule = mapping({
  name: sentence,
  to: People,
  servers: Servers,
  sudo: v.optional(list(Sudo)),
  from: v.optional(list(network)),
  until: v.optional(end),
  allow: v.optional(Allow),
  command: v.optional(
    v.pipe(checked('command-form', fixedCommandFault), v.description('the one command it runs, whatever is asked for')),
  ),
});

const iamGroup = text(
  'group-form',
  /^[A-Za-z0-9+=,.@_-]{1,128}$/,
  'A group of IAM is 1 to 128 of A-Z, a-z, 0-9 and + = , . @ _ -',
);
const policyArn = text(
  'arn-form',
  /^arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy\/[\w+=,.@/-]{1,512}$/,
  'The ARN of a managed policy stands here',
);

export const ProviderRule = mapping({
  name: v.optional(sentence),
  to: People,
  groups: v.optional(list(iamGroup)),
  'managed-policies': v.optional(list(policyArn)),
  console: v.optional(v.boolean('wrong-type: true or false')),
  mfa: v.optional(v.literal('required', 'mfa-form: Only required may stand here')),
  until: v.optional(end),
});

/** Unmanaged ways in at a provider that are known. */
export const ProviderAccepted = mapping({
  account: v.optional(text('account-form', FOUND_ACCOUNT, 'An account as it is called there stands here')),
  user: v.optional(text('arn-form', /^arn:aws[a-z-]*:iam::\d{12}:user\/[!-~]{1,512}$/, 'The ARN of a user stands here')),
  mfa: v.optional(v.literal('missing', 'mfa-form: Only missing may stand here')),
  'password-policy': v.optional(
    v.picklist(['none', 'length', 'numbers', 'symbols', 'remembered'], 'word-form: none, length, numbers, symbols or remembered stands here'),
  ),
  old: v.optional(
    text(
      'word-form',
      /^(?:[\w+=,.@-]{1,64}\/)?(?:unused-)?(?:password|access-key(?:-[12]|\/\w{16,128}))$/,
      'password, unused-password, or access-key/ with its id stands here, as `keyward drift` shows it',
    ),
  ),
  end: v.optional(text('end-form', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'UTC seconds stand here, as `keyward drift` shows them')),
  reason: sentence,
});

const PasswordPolicy = mapping({
  length: v.optional(whole('password-range', 8, 128, 'A length is 8 to 128')),
  numbers: v.optional(v.boolean('wrong-type: true or false')),
  symbols: v.optional(v.boolean('wrong-type: true or false')),
  remembered: v.optional(whole('password-range', 0, 24, 'AWS remembers up to 24 passwords')),
});

const Oldest = mapping({
  password: v.optional(whole('days-range', 1, 3650, 'Days are 1 to 3650')),
  'access-key': v.optional(whole('days-range', 1, 3650, 'Days are 1 to 3650')),
  unused: v.optional(whole('days-range', 1, 3650, 'Days are 1 to 3650')),
});

export const Provider = mapping({
  id: id('aws'),
  kind: v.literal('aws-iam', 'unknown-kind: The one kind of provider is aws-iam'),
  'account-id': text('account-id-form', /^\d{12}$/, 'An AWS account is twelve digits in quotes'),
  path: v.optional(
    v.pipe(
      text('path-form', /^\/(?:[A-Za-z0-9_-]{1,64}\/){1,4}$/, 'A path begins and ends with /'),
      v.description('where logins lie; /keyward/ and the organization when left out'),
    ),
  ),
  boundary: v.optional(v.pipe(policyArn, v.description("what no login can exceed; keyward's own when left out"))),
  'hold-days': v.optional(
    v.pipe(whole('hold-range', 0, 365, 'Days are 0 to 365'), v.description('how long a login is denied before it is removed; 7')),
  ),
  groups: v.optional(v.pipe(list(iamGroup), v.description('all that rules may give; anything when left out'))),
  'managed-policies': v.optional(v.pipe(list(policyArn), v.description('all that rules may give; anything when left out'))),
  'password-policy': v.optional(v.pipe(PasswordPolicy, v.description('what the account must ask for; less is drift'))),
  oldest: v.optional(
    v.pipe(Oldest, v.description('days after which a password or an access key, or one that nobody uses, is drift; no limit when left out')),
  ),
  accepted: v.optional(v.array(ProviderAccepted, 'wrong-type: a list')),
  rules: v.array(ProviderRule, 'wrong-type: a list'),
});

export const PolicyTest = mapping({
  who: v.pipe(name, v.description('an employee or a machine')),
  servers: Servers,
  expect: v.picklist(['granted', 'refused'], 'expect-form: granted or refused stands here'),
});

export const Undone = text(
  'undone-form',
  /^[a-z0-9][a-z0-9_-]{0,31}-[0-9a-f]{8}$/,
  'The name of a revocation is its handle, - and eight hexadecimal digits',
);
export const Team = name;
export const Defaults = mapping({ allow: v.optional(Allow) });

/** Fields of the main file only: there is one of each in an organization. */
export const HEAD = {
  version: v.literal(1, 'version: This keyward reads version 1'),
  organization: name,
  threshold: v.pipe(
    whole('threshold-range', 1, 1000, 'A threshold is a whole number from 1 up'),
    v.description('how many signers a release takes'),
  ),
  defaults: v.optional(Defaults),
} as const;

/** Fields of every file; those of all files are read together. */
export const SECTIONS = {
  teams: v.optional(v.array(Team)),
  employees: v.optional(named(Employee)),
  machines: v.optional(named(Machine)),
  servers: v.optional(named(Server)),
  rules: v.optional(v.array(Rule)),
  providers: v.optional(named(Provider)),
  undone: v.optional(v.array(Undone)),
  tests: v.optional(v.array(PolicyTest)),
} as const;

/** The main file as a whole: what the JSON Schema is made from. */
export const Written = mapping({ ...HEAD, ...SECTIONS });

export type WrittenPeople = v.InferOutput<typeof People>;
export type WrittenServers = v.InferOutput<typeof Servers>;
export type WrittenAllow = v.InferOutput<typeof Allow>;
export type WrittenEmployee = v.InferOutput<typeof Employee>;
export type WrittenMachine = v.InferOutput<typeof Machine>;
export type WrittenServer = v.InferOutput<typeof Server>;
export type WrittenAccepted = v.InferOutput<typeof Accepted>;
export type WrittenSudo = v.InferOutput<typeof Sudo>;
export type WrittenRule = v.InferOutput<typeof Rule>;
export type WrittenProviderAccepted = v.InferOutput<typeof ProviderAccepted>;
export type WrittenProvider = v.InferOutput<typeof Provider>;
export type WrittenProviderRule = v.InferOutput<typeof ProviderRule>;
export type WrittenTest = v.InferOutput<typeof PolicyTest>;
export type Written = v.InferOutput<typeof Written>;
