/** From files to meaning: read, check, resolve. Where there is one error there is no policy. */
import type {
  EmployeeId,
  Instant,
  MachineId,
  Person,
  Server,
  ServerId,
  Signer,
  SubjectId,
} from '../access/index.ts';
import { SERVER_WAYS } from '../access/index.ts';
import type { Accepted, RuleSource, TargetId } from '../access/index.ts';
import type { PublicKey } from '../ssh/public-key.ts';
import type { Entry } from './at.ts';
import type {
  Compilation,
  Compiled,
  Courier,
  Looked,
  PolicyFiles,
  Sha256,
} from './compiled.ts';
import { allowOf, RuleGrants, sudoOf } from './grants.ts';
import type { Given, GivingRule } from './grants.ts';
import { readKeyFiles } from './key-files.ts';
import type { KeyFiles, KeyFolder } from './key-files.ts';
import { mended } from './mend.ts';
import { runPolicyTests } from './policy-tests.ts';
import { byName, endOf, reachOfRules } from './reach-of-rules.ts';
import type { Reaches, RuleReach } from './reach-of-rules.ts';
import { providerOf } from './providers.ts';
import { readPolicy } from './read.ts';
import type { ReadPolicy } from './read.ts';
import { Report } from './report.ts';
import { accountOf } from './rules/accounts.ts';
import { RULES } from './rules/index.ts';
import { dayOf } from './rules/people.ts';
import { isNext } from './rules/servers.ts';
import type {
  WrittenAccepted,
  WrittenEmployee,
  WrittenMachine,
  WrittenRule,
  WrittenServer,
} from './written.ts';

/**
 * Compiles a policy as it holds at `now`. The order of `files` makes no difference. Never throws for what stands in a
 * file; what is granted is only what every rule was content with.
 */
export function compilePolicy(files: PolicyFiles, now: Instant, sha256: Sha256): Compilation {
  const report = new Report();
  const sorted = new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
  const policy = readPolicy(sorted, report);
  const keys = readKeyFiles(sorted, report);
  const reaches = reachOfRules(policy, now);
  for (const rule of RULES) rule({ policy, keys, reaches, files: sorted, now, sha256, report });
  if (report.errors === 0) runPolicyTests(policy, reaches, report);
  const head = headOf(policy);
  const compiled = report.errors === 0 && head !== undefined ? resolve(policy, head, keys, reaches, now) : undefined;
  const answer = { findings: report.findings(), looked: lookedAt(policy, keys, sorted) };
  return compiled === undefined ? answer : { ...answer, policy: compiled };
}

/**
 * What can still be read of a policy with errors: who has which handle and keys, and where targets are. It grants nobody
 * anything; it serves to take away and to carry what was signed, and nothing of it is ever signed.
 */
export function readNames(files: PolicyFiles, organization: string, now: Instant): Compiled {
  const report = new Report();
  const whole = [...files].map(([path, bytes]) => [path, path.endsWith('.yaml') ? mended(path, bytes) : bytes] as const);
  const sorted = new Map(whole.sort(([a], [b]) => (a < b ? -1 : 1)));
  const policy = readPolicy(sorted, report);
  const reaches = { ...reachOfRules(policy, now), rules: [] };
  const head = { organization, threshold: policy.threshold?.value ?? 1 };
  const named = resolve(policy, head, readKeyFiles(sorted, report), reaches, now);
  return { ...named, providers: named.providers.map((provider) => ({ ...provider, grants: [] })) };
}

interface Head {
  readonly organization: string;
  readonly threshold: number;
}

function headOf({ organization, threshold }: ReadPolicy): Head | undefined {
  return organization === undefined || threshold === undefined ? undefined : { organization: organization.value, threshold: threshold.value };
}

function lookedAt(policy: ReadPolicy, keys: KeyFiles, files: PolicyFiles): Looked {
  const keyFiles = Object.values(keys).flatMap((folder) => [...folder.values()]);
  const revoked = [...files.keys()].filter((path) => path.startsWith('revoked/')).length;
  return {
    files: policy.files.length + keyFiles.length + revoked,
    people: policy.named.people.size,
    servers: policy.named.servers.size,
    rules: policy.rules.length + policy.providers.reduce((sum, { value }) => sum + value.rules.length, 0),
    keys: keyFiles.reduce((sum, { lines }) => sum + lines.length, 0),
    tests: policy.tests.length,
  };
}

function resolve(policy: ReadPolicy, { organization, threshold }: Head, keys: KeyFiles, reaches: Reaches, now: Instant): Compiled {
  const ids = new Map<string, SubjectId>(reaches.people.map(({ name, value }) => [name, value.id as SubjectId]));
  const machines = new Set<Entry<unknown>>(policy.machines);
  const people = reaches.people.map((person) => {
    return machines.has(person)
      ? machineOf(person as Entry<WrittenMachine>, ids, keys)
      : employeeOf(person as Entry<WrittenEmployee>, keys);
  });
  const byId = new Map(people.map((person) => [person.id as SubjectId, person as Person]));
  const servers = reaches.servers.map((server) => serverOf(server, ids, keys));
  const ends = reaches.people.map(({ value }) => endOf(value));
  const giving = reaches.rules.filter(({ ended }) => !ended).map((reach) => givingRule(reach, policy));
  return {
    organization,
    threshold,
    people,
    servers,
    grants: new RuleGrants(people, ends, servers, giving),
    signers: [...keys.signers.values()].map(({ name, lines }): Signer => ({
      id: ids.get(name) as EmployeeId,
      keys: lines.map(({ key }) => key),
    })),
    couriers: [...keys.couriers.values()].map(({ name, lines }): Courier => ({
      name,
      keys: lines.map(({ key }) => key),
    })),
    providers: [...policy.providers].sort(byName).map((provider) => providerOf(organization, provider, reaches, byId, now)),
    undone: policy.undone.map(({ name }) => name).sort(),
    places: new Map([...policy.servers, ...policy.providers].map(({ value, at }) => [value.id as TargetId, at.key()])),
  };
}

function keysOf(keys: KeyFiles, folder: KeyFolder, name: string): readonly PublicKey[] {
  return keys[folder].get(name)?.lines.map(({ key }) => key) ?? [];
}

function personOf(
  person: Entry<WrittenEmployee> | Entry<WrittenMachine>,
  keys: KeyFiles,
): Omit<Person, 'kind' | 'id' | 'owner'> {
  const { name, value } = person;
  const left = dayOf(value.left);
  const takesOver = value['takes-over'] as SubjectId | undefined;
  return {
    handle: name,
    keys: keysOf(keys, 'keys', name),
    account: accountOf(person),
    ...(value.uid === undefined ? {} : { uid: value.uid }),
    ...(takesOver === undefined ? {} : { takesOver }),
    ...(left === undefined ? {} : { left }),
  };
}

function employeeOf(employee: Entry<WrittenEmployee>, keys: KeyFiles): Person {
  return { kind: 'employee', id: employee.value.id as EmployeeId, ...personOf(employee, keys) };
}

function machineOf(machine: Entry<WrittenMachine>, ids: ReadonlyMap<string, SubjectId>, keys: KeyFiles): Person {
  return {
    kind: 'machine',
    id: machine.value.id as MachineId,
    owner: ids.get(machine.value.owner) as EmployeeId,
    ...personOf(machine, keys),
  };
}

function serverOf({ name, value }: Entry<WrittenServer>, ids: ReadonlyMap<string, SubjectId>, keys: KeyFiles): Server {
  const removed = dayOf(value.removed);
  const hostKeys = keysOf(keys, 'servers', name);
  return {
    id: value.id as ServerId,
    name,
    address: value.address,
    port: value.port ?? 22,
    labels: value.labels ?? {},
    hostKeys: hostKeys.filter(({ comment }) => !isNext(comment)),
    nextHostKeys: hostKeys.filter(({ comment }) => isNext(comment)),
    adopt: (value.adopt ?? []).flatMap((handle) => ids.get(handle) ?? []).sort(),
    accepted: (value.accepted ?? []).flatMap(acceptedOf),
    ...(removed === undefined ? {} : { removed }),
  };
}

function acceptedOf(written: WrittenAccepted): readonly Accepted[] {
  return SERVER_WAYS.flatMap((kind) => {
    const subject = written[kind];
    return subject === undefined
      ? []
      : [{ kind, subject, ...(written.account === undefined ? {} : { account: written.account }) }];
  });
}

function sourceOf(rule: Entry<WrittenRule>): RuleSource {
  return { name: rule.name, place: rule.at.value('name') };
}

function givingRule({ rule, until, people, servers }: RuleReach, policy: ReadPolicy): GivingRule {
  const { value } = rule;
  const gives: Given = {
    rule: sourceOf(rule),
    allow: allowOf(value.allow ?? policy.defaultAllow),
    sudo: sudoOf(value.sudo ?? []),
    ...(until === undefined ? {} : { until }),
    ...(value.from === undefined ? {} : { from: [...new Set(value.from)].sort() }),
    ...(value.command === undefined ? {} : { command: value.command }),
  };
  return { gives, people, servers };
}
