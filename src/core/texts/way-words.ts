/** A way in beside keyward in a sentence's words, for whoever has to decide whether it is meant. */
import type { WayIn } from './receipt.ts';

/** As a receipt names it; `account` absent where it is nobody's alone. A later receiver may know further kinds. */
export interface Way {
  readonly kind: string;
  readonly account?: string | undefined;
  readonly subject: string;
  readonly comment?: string | undefined;
  /** Whose key it is, where the policy knows it. */
  readonly owner?: string | undefined;
}

/** The fields of a `way-in` line: KIND ACCOUNT SUBJECT STATE COMMENT. */
export function wayOfFields([kind = '', account = '-', subject = '', , ...comment]: readonly string[], owner?: string): Way {
  const beside = comment.join(' ');
  return { kind, account: account === '-' ? undefined : account, subject, comment: beside === '-' || beside === '' ? undefined : beside, owner };
}

/** How text that came from a target is shown: as it is, or made safe for a screen or for Markdown. */
export type Show = (text: string) => string;

const AS_IT_IS: Show = (text) => text;

/** `key for root: SHA256:…, "alice@laptop", a key of alice`. What the target wrote goes through `show`. */
export function wayWords({ kind, account, subject, comment, owner }: Way, show: Show = AS_IT_IS): string {
  const whose = account === undefined ? undefined : show(account);
  const words = WORDS.get(kind)?.(whose, show(subject), subject) ?? `${show(kind)}${forWhom(whose)}: ${show(subject)}`;
  const isSaid = comment === undefined || (kind === 'sshd' && SAID.has(comment));
  return `${words}${isSaid ? '' : `, ${show(`"${comment}"`)}`}${owner === undefined ? '' : `, a key of ${show(owner)}`}`;
}

type Words = (account: string | undefined, shown: string, subject: string) => string;

/** Where no account is named it is everybody's. */
const forWhom = (account: string | undefined): string => (account === undefined ? '' : ` for ${account}`);

const KNOWN: Readonly<Record<WayIn['kind'], Words>> = {
  key: (account, shown) => `key${forWhom(account)}: ${shown}`,
  ca: (account, shown) => `authority whose certificates let in${account === undefined ? ' anybody' : ` as ${account}`}: ${shown}`,
  'keys-command': (account, shown) => `program that names keys${forWhom(account)}: ${shown}`,
  sudo: (account, shown, subject) => (subject === 'include' ? 'sudoers read from another place' : `sudo${forWhom(account)}, by ${shown}`),
  group: (account, shown) => `${account ?? 'somebody'} is in the group ${shown}`,
  'uid-0': (account) => `${account ?? 'an account'} is root by another name (uid 0)`,
  sshd: (account, shown, subject) => SSHD[subject]?.(forWhom(account)) ?? `sshd setting${forWhom(account)}: ${shown}`,
  password: (account, _, subject) => `${account ?? 'an account'} has ${subject === 'empty' ? 'an empty' : 'a'} password`,
  user: (_, shown) => `user that is not keyward's: ${shown}`,
  mfa: (account) => `${account ?? 'a login'} has no MFA device`,
  'password-policy': (_, shown, subject) => (subject === 'none' ? 'the account has no rules for passwords' : `the account's rules for passwords ask less than signed: ${shown}`),
  old: (account, shown, subject) => {
    const unused = subject.startsWith('unused-');
    return `${unused ? 'not used for longer' : 'older'} than signed${forWhom(account)}: ${unused ? shown.replace('unused-', '') : shown}`;
  },
  end: (account, shown) => `an end that AWS does not keep by itself${forWhom(account)}: ${shown}`,
};
const WORDS: ReadonlyMap<string, Words> = new Map(Object.entries(KNOWN));

/** What stands in the place of a setting's name; see section 6 of docs/formats.md. */
const SSHD: Readonly<Record<string, (forWhom: string) => string>> = {
  'managed-account': (whom) => `sshd goes by other settings than keyward's${whom}`,
  courier: () => "sshd goes by other settings than keyward's for the courier",
  unreadable: (whom) => `sshd does not tell what it goes by${whom}`,
  'unreadable-line': (whom) => `a key line that nobody can read${whom}`,
  'unreadable-file': (whom) => `a file of keys that could not be read${whom}`,
  'too-many': () => 'more ways in than an answer holds',
};

/** What the receiver puts beside such a way in itself, and the words above say already. */
const SAID: ReadonlySet<string> = new Set(['sshd goes by other settings for it', 'sshd -T gave no answer']);
