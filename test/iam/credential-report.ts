/** The credential report: columns and words as
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html gives them. */
import type { Account } from './call.ts';
import { arnOf } from './principal.ts';
import type { AccessKey, SigningCertificate, State, User } from './state.ts';

const KEY_COLUMNS = ['active', 'last_rotated', 'last_used_date', 'last_used_region', 'last_used_service'];
const COLUMNS = [
  'user',
  'arn',
  'user_creation_time',
  'password_enabled',
  'password_last_used',
  'password_last_changed',
  'password_next_rotation',
  'mfa_active',
  ...[1, 2].flatMap((number) => KEY_COLUMNS.map((column) => `access_key_${number}_${column}`)),
  'cert_1_active',
  'cert_1_last_rotated',
  'cert_2_active',
  'cert_2_last_rotated',
];

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, '+00:00');
}

function keyCells(account: Account, key: AccessKey | undefined): string[] {
  if (key === undefined) return ['false', 'N/A', 'N/A', 'N/A', 'N/A'];
  const use = account.lastUse.get(key.id);
  const used = use === undefined ? ['N/A', 'N/A', 'N/A'] : [time(use.at), use.region, use.service];
  return [String(key.status === 'Active'), time(key.created), ...used];
}

function certificateCells(certificate: SigningCertificate | undefined): string[] {
  return certificate === undefined
    ? ['false', 'N/A']
    : [String(certificate.status === 'Active'), time(certificate.uploaded)];
}

function passwordCells(account: Account, state: State, user: User): string[] {
  if (user.login === undefined) return ['false', 'N/A', 'N/A', 'N/A'];
  const used = account.passwordLastUsed.get(user.id);
  const maxAge = state.passwordPolicy?.maxAge;
  const next = maxAge === undefined ? 'N/A' : time(user.login.changed + maxAge * 86_400_000);
  return ['true', used === undefined ? 'no_information' : time(used), time(user.login.changed), next];
}

function userLine(account: Account, state: State, user: User): string {
  const mfa = [...state.mfa.values()].some((device) => device.owner === user.id);
  return [
    user.name,
    arnOf(account.id, user),
    time(user.created),
    ...passwordCells(account, state, user),
    String(mfa),
    ...[0, 1].flatMap((at) => keyCells(account, user.accessKeys[at])),
    ...[0, 1].flatMap((at) => certificateCells(user.certificates[at])),
  ].join(',');
}

/** The report on everybody as seen now. */
export function credentialReport(account: Account, state: State): string {
  const none = ['false', 'N/A', 'N/A', 'N/A', 'N/A'];
  const root = [
    '<root_account>',
    `arn:aws:iam::${account.id}:root`,
    time(account.created),
    'not_supported',
    'no_information',
  ];
  const rootLine = [
    ...root,
    'not_supported',
    'not_supported',
    'false',
    ...none,
    ...none,
    'false',
    'N/A',
    'false',
    'N/A',
  ].join(',');
  const users = [...state.users.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return [COLUMNS.join(','), rootLine, ...users.map((user) => userLine(account, state, user))].join('\n');
}
