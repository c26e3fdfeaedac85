/**
 * What an employee puts beside their own ssh settings: ssh_config(5) and a known_hosts file (sshd(8), the section on its
 * format). Accounts and host keys come from signed manifests. The address comes from the policy, which nobody signed;
 * that is why a host is looked up by a name of its own (HostKeyAlias), so that a wrong address finds no right key.
 */
import { formatInstant } from '../core/access/index.ts';
import type { AccessDetail } from '../verbs/access-detail.ts';
import type { TargetRead } from '../verbs/access-targets.ts';
import type { AccessReport } from '../verbs/access.ts';
import { tame } from './style.ts';

export function sshConfig(report: AccessReport): string {
  const { read, person } = report;
  const { organization } = read;
  const head = [
    ...headLines(report),
    '# Accounts and host keys are from signed manifests, addresses from the policy.',
    `# Keep it as ~/.ssh/keyward-${organization}, with "Include keyward-${organization}" as the first line of ~/.ssh/config;`,
    `# the host keys beside it: keyward access ${tame(person?.handle ?? '')} --format known_hosts > ~/.ssh/keyward-${organization}.known_hosts`,
  ];
  return [
    ...head,
    ...reached(report).flatMap(({ detail, target }) => ['', ...hostLines(detail, target, organization)]),
  ].join('\n');
}

/** One line for each host key; the server goes by its own name and by its address. */
export function knownHosts(report: AccessReport): string {
  const { person, targets, read } = report;
  const own = new Set(reached(report).map(({ target }) => target?.id));
  const shown = person === undefined ? targets : targets.filter(({ id }) => own.has(id));
  return [...headLines(report), ...shown.flatMap((target) => keyLines(target, read.organization))].join('\n');
}

function headLines({ read, person }: AccessReport): readonly string[] {
  const { release, organization } = read;
  const signed =
    release === undefined
      ? ''
      : `release ${release.number} of ${formatInstant(release.issued)}, signed by ${release.signedBy.join(', ')}`;
  return [tame(`# ${organization}${person === undefined ? '' : `, ${person.handle}`}: ${signed}`).replace(/\s+/g, ' ')];
}

interface Reached {
  readonly detail: AccessDetail;
  readonly target: TargetRead | undefined;
}

/** Servers only: a provider has no sshd. */
function reached({ access, targets }: AccessReport): readonly Reached[] {
  const byId = new Map(targets.map((target) => [target.id, target]));
  return access.filter(({ keys }) => keys.length > 0).map((detail) => ({ detail, target: byId.get(detail.targetId) }));
}

function hostLines(
  { account, keys, revoked, until }: AccessDetail,
  target: TargetRead | undefined,
  organization: string,
): readonly string[] {
  const name = target?.name ?? '?';
  if (revoked !== undefined || keys.every((key) => key.revoked)) return [`# ${name}: revoked`];
  if (target?.address === undefined || !/^[\w.:%-]+$/.test(target.address))
    return [`# ${name}: the policy names no address for it any more`];
  const open = keys.filter((key) => !key.revoked);
  const limits = [
    ...(until === undefined ? [] : [`until ${formatInstant(until)}`]),
    ...(open.every((key) => key.command !== undefined) ? ['one fixed command'] : []),
    ...(open.every((key) => key.from !== undefined)
      ? [`from ${[...new Set(open.flatMap((key) => key.from ?? []))].join(' ')}`]
      : []),
  ];
  return [
    ...(limits.length === 0 ? [] : [`# ${tame(limits.join('; '))}`]),
    `Host ${name}`,
    `  HostName ${target.address}`,
    `  Port ${target.port ?? 22}`,
    `  User ${account}`,
    `  HostKeyAlias ${aliasOf(name, organization)}`,
    `  UserKnownHostsFile ~/.ssh/keyward-${organization}.known_hosts`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  UpdateHostKeys no',
    '  PreferredAuthentications publickey',
    ...(open.some((key) => key.allow.pty) ? [] : ['  RequestTTY no']),
  ];
}

function keyLines({ name, address, port = 22, hostKeys }: TargetRead, organization: string): readonly string[] {
  const place =
    address === undefined || !/^[\w.:%-]+$/.test(address) ? [] : [port === 22 ? address : `[${address}]:${port}`];
  const names = [aliasOf(name, organization), ...place].join(',');
  return hostKeys.map((key) => `${names} ${key}`);
}

/** A name no resolver is asked for: the two names a policy can give, which hold no dot. */
function aliasOf(name: string, organization: string): string {
  return `${name}.${organization}.keyward`;
}
