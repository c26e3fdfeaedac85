/** What a delivery came to: a line for each target, what ended, what was not done, what to commit. */
import type { DeliverReport, TargetReport, TargetState } from '../verbs/deliver.ts';
import { count, type Mark, reasonText, type Style, tame, wrap } from './style.ts';
import { table } from './table.ts';

const MARKS: Readonly<Record<TargetState, Mark>> = { 'in-force': 'done', partly: 'warning', refused: 'failed', unknown: 'failed', 'not-begun': 'warning' };
const WORDS: Readonly<Record<TargetState, string>> = {
  'in-force': 'in force',
  partly: 'in force in part',
  refused: 'refused',
  unknown: 'no answer',
  'not-begun': 'not begun',
};

export function deliverText(report: DeliverReport, style: Style): string {
  const rows = report.targets.map((one) => [`  ${style.mark(MARKS[one.state])} ${tame(one.name)}`, WORDS[one.state], detail(one)]);
  const parts = [rows.length > 0 ? table(rows, style) : '  The release lists no target yet.', summary(report)];
  if (report.waiting !== undefined) parts.push(waitingLine(report.waiting, style));
  parts.push(commitLine(report.written, style));
  return parts.filter((part) => part !== '').join('\n');
}

function detail(one: TargetReport): string {
  const after = one.seconds === undefined ? '' : `after ${one.seconds.toFixed(1)} s`;
  return [after, endedText(one.ended), one.why === undefined ? '' : reasonText(one.why)].filter((part) => part !== '').join('; ');
}

/** `3 sessions ended, 1 cron job set aside`; nothing ended is no words. */
export function endedText(ended: readonly { readonly kind: string; readonly count: number }[]): string {
  const sums = new Map<string, number>();
  for (const one of ended) sums.set(one.kind, (sums.get(one.kind) ?? 0) + one.count);
  const jobs = (kind: string): boolean => kind === 'cron' || kind === 'at';
  const gone = [...sums].filter(([kind, n]) => n > 0 && !jobs(kind)).map(([kind, n]) => runningText(kind, n));
  const aside = [...sums].filter(([kind, n]) => n > 0 && jobs(kind)).map(([kind, n]) => runningText(kind, n));
  return [gone.length > 0 ? `${gone.join(', ')} ended` : '', aside.length > 0 ? `${aside.join(', ')} set aside` : '']
    .filter((part) => part !== '')
    .join(', ');
}

const NAMES: Readonly<Record<string, readonly [string, string]>> = {
  session: ['session', 'sessions'],
  tunnel: ['tunnel', 'tunnels'],
  tmux: ['tmux', 'tmux'],
  process: ['process', 'processes'],
  cron: ['cron job', 'cron jobs'],
  at: ['at job', 'at jobs'],
  linger: ['lingering service', 'lingering services'],
  sudo: ['sudo shell', 'sudo shells'],
  login: ['login', 'logins'],
  password: ['password', 'passwords'],
  'access-key': ['access key', 'access keys'],
  certificate: ['certificate', 'certificates'],
  'ssh-key': ['SSH key', 'SSH keys'],
  'service-credential': ['service credential', 'service credentials'],
  'mfa-device': ['MFA device', 'MFA devices'],
  group: ['group', 'groups'],
  policy: ['policy', 'policies'],
};

export function runningText(kind: string, howMany: number): string {
  const [one, many] = NAMES[kind] ?? [kind, kind];
  return count(howMany, one, many);
}

function summary(report: DeliverReport): string {
  const inForce = report.targets.filter((one) => one.state === 'in-force');
  const slowest = Math.max(0, ...inForce.map((one) => one.seconds ?? 0));
  const dry = report.targets.some((one) => one.why === 'dry run');
  if (report.targets.length === 0) return '';
  if (dry) return `Release ${report.release.number} would go to ${count(report.targets.length, 'target')}; nothing was done.`;
  const time = inForce.length > 0 ? `, the slowest after ${slowest.toFixed(1)} s` : '';
  return `Release ${report.release.number} is in force on ${inForce.length} of ${count(report.targets.length, 'target')}${time}.`;
}

export function waitingLine(waiting: NonNullable<DeliverReport['waiting']>, style: Style): string {
  const more = count(waiting.missing, 'more signature');
  return wrap(`Release ${waiting.number} waits for ${more} (${waiting.from.map(tame).join(', ')}): keyward approve`, style.width, '  ');
}

/** One line that says which files to commit. */
export function commitLine(written: readonly string[], style: Style, removed: readonly string[] = []): string {
  const all = [...written, ...removed].map(tame);
  if (all.length === 0) return '';
  return wrap(`${style.committed === true ? 'Committed' : 'Commit'}: ${[...new Set(all.map((path) => shown(path, all)))].join(' ')}`, style.width, '  ');
}

/** The same in a dry run; to be wrapped with the lines around it. */
export function wouldWriteLine(paths: readonly string[]): string {
  const all = paths.map(tame);
  return all.length === 0 ? '' : `  Files that would be written: ${[...new Set(all.map((path) => shown(path, all)))].join(', ')}`;
}

/** More than two files of one folder are the folder: their names are hashes that nobody reads. */
function shown(path: string, all: readonly string[]): string {
  const folder = path.replace(/[^/]+$/, '');
  const many = folder !== '' && all.filter((other) => other.replace(/[^/]+$/, '') === folder).length > 2;
  return many ? folder : path;
}

/** Why the exit status is not 0: the names. */
export function deliverWhy(report: DeliverReport): string | undefined {
  const named = (state: TargetState, words: string): string => {
    const names = report.targets.filter((one) => one.state === state && one.why !== 'dry run').map((one) => one.name);
    return names.length === 0 ? '' : `${names.join(', ')} ${words}`;
  };
  const parts = [
    named('refused', 'refused it'),
    named('unknown', 'not reached'),
    named('partly', 'took it in part'),
    named('not-begun', 'not begun'),
    report.waiting === undefined ? '' : `release ${report.waiting.number} waits for ${report.waiting.missing} more`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? undefined : parts.join('; ');
}
