/** Unix accounts: one belongs to one id, and the system's own are given to nobody. */
import { isAccountName, isReservedAccount } from '../../access/index.ts';
import type { Entry } from '../at.ts';
import type { WrittenEmployee, WrittenMachine } from '../written.ts';
import type { PolicyRule } from './index.ts';

type PersonEntry = Entry<WrittenEmployee> | Entry<WrittenMachine>;

/** Accounts that Debian, Ubuntu, Alpine and Red Hat systems come with (base-passwd, systemd, sshd and the like). */
const SYSTEM_ACCOUNTS = new Set(
  (
    'adm apache avahi backup bin chrony daemon dbus ftp games gnats halt http irc ldap list lp mail man messagebus mysql named ' +
    'news nobody nogroup ntp operator polkitd postfix postgres proxy rpc shutdown sshd sync sys syslog tcpdump tss uucp uuidd www-data'
  ).split(' '),
);

/** Groups whose members are root by another name. An account of that name has such a group as its own, or clashes with it. */
export const ROOT_LIKE_GROUPS: ReadonlySet<string> = new Set(
  'admin disk docker incus incus-admin kmem kvm libvirt lxd root shadow staff sudo wheel'.split(' '),
);

/** Everybody's account: what is written, or the handle. */
export function accountOf({ name, value }: PersonEntry): string {
  return value.account ?? name;
}

const handlesAreAccounts: PolicyRule = ({ policy, report }) => {
  for (const person of [...policy.employees, ...policy.machines]) {
    if (isAccountName(accountOf(person))) continue;
    report.error(
      'account-form',
      person.at.key(),
      `${person.name} cannot be a Unix account: an account begins with a letter.`,
      'Write an account: of its own for it.',
    );
  }
};

const systemAccountsStay: PolicyRule = ({ policy, report }) => {
  for (const person of [...policy.employees, ...policy.machines]) {
    const account = accountOf(person);
    const place = person.value.account === undefined ? person.at.key() : person.at.value('account');
    if (isReservedAccount(account) || SYSTEM_ACCOUNTS.has(account) || account.startsWith('systemd-')) {
      report.error(
        'reserved-account',
        place,
        `The account ${account} belongs to the system.`,
        'Write another account: for it.',
      );
    } else if (ROOT_LIKE_GROUPS.has(account)) {
      report.warning(
        'root-like-group',
        place,
        `${account} is also the name of a group whose members can become root.`,
        'Write another account: for it.',
      );
    }
  }
};

/** Whether `person` was given, directly or over others, what `from` had. */
function takesOver(person: PersonEntry, from: PersonEntry, byId: ReadonlyMap<string, PersonEntry>): boolean {
  const seen = new Set<string>();
  for (
    let next = person.value['takes-over'];
    next !== undefined && !seen.has(next);
    next = byId.get(next)?.value['takes-over']
  ) {
    if (next === from.value.id) return true;
    seen.add(next);
  }
  return false;
}

const accountsOnce: PolicyRule = ({ policy, report }) => {
  const people: readonly PersonEntry[] = [...policy.employees, ...policy.machines];
  const byId = new Map(people.map((person) => [person.value.id, person]));
  const holders = new Map<string, PersonEntry[]>();
  for (const person of people) {
    const others = holders.get(accountOf(person)) ?? [];
    const other = others.find((one) => !takesOver(person, one, byId) && !takesOver(one, person, byId));
    holders.set(accountOf(person), [...others, person]);
    if (other === undefined) continue;
    const place = person.value.account === undefined ? person.at.key() : person.at.value('account');
    const hint =
      other.value.left === undefined
        ? 'Write another account: for one of them.'
        : `Write another account:, or takes-over: ${other.value.id}.`;
    report.error('account-twice', place, `The account ${accountOf(person)} is that of ${other.name}.`, hint);
  }
};

const takenOverFromSomebody: PolicyRule = ({ policy, report }) => {
  const byId = new Map<string, PersonEntry>(
    [...policy.employees, ...policy.machines].map((person) => [person.value.id, person]),
  );
  const takers = new Map<string, string>();
  for (const person of [...policy.employees, ...policy.machines]) {
    const id = person.value['takes-over'];
    if (id === undefined) continue;
    const place = person.at.value('takes-over');
    const other = byId.get(id);
    const taker = takers.get(id);
    if (id === person.value.id) report.error('takes-over-self', place, `${person.name} cannot take over from itself.`);
    else if (other === undefined) {
      if (policy.whole)
        report.error(
          'unknown-id',
          place,
          `Nobody here has the id ${id}.`,
          'The line of whoever left stays; take it from there.',
        );
    } else if (other.value.left === undefined) {
      report.error(
        'takes-over-held',
        place,
        `${other.name} has not left and still holds the account.`,
        `Run keyward offboard ${other.name} first.`,
      );
    } else if (accountOf(other) !== accountOf(person)) {
      report.error(
        'takes-over-account',
        place,
        `${other.name} had the account ${accountOf(other)}, not ${accountOf(person)}.`,
        `Write account: ${accountOf(other)}.`,
      );
    } else if (taker !== undefined)
      report.error('takes-over-twice', place, `${taker} takes over from ${other.name} already.`);
    takers.set(id, person.name);
  }
};

const uidsOnce: PolicyRule = ({ policy, report }) => {
  const before = new Map<number, PersonEntry>();
  for (const person of [...policy.employees, ...policy.machines]) {
    const { uid } = person.value;
    if (uid === undefined) continue;
    const other = before.get(uid);
    if (uid === 65_534 || uid === 65_535)
      report.error('uid-range', person.at.value('uid'), `The uid ${uid} belongs to the system.`);
    else if (other !== undefined && accountOf(other) !== accountOf(person)) {
      report.error(
        'uid-twice',
        person.at.value('uid'),
        `The uid ${uid} is that of ${other.name}: each could read and end what the other has.`,
      );
    }
    before.set(uid, person);
  }
};

export const accountRules: readonly PolicyRule[] = [
  handlesAreAccounts,
  systemAccountsStay,
  accountsOnce,
  takenOverFromSomebody,
  uidsOnce,
];
