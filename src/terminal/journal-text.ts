/** The journal for people: its runs, the events of one, and what became of verifying it. */
import type { ChainFault } from '../core/journal/index.ts';
import type { JournalPage, JournalVerdictReport } from '../verbs/journal.ts';
import { count, type Style, tame, wrap } from './style.ts';
import { table } from './table.ts';

const FAULTS: Readonly<Record<ChainFault['kind'], string>> = {
  unreadable: 'is no event',
  'head-cut': 'was not the first line: what stood before it is gone',
  broken: 'does not follow the line before it: one of them was changed, or others stood between',
  'begins-again': 'begins a run in the middle of this one',
};

/** A table of the runs, newest last; the events where one run was asked for. */
export function journalText({ runs }: JournalPage, style: Style): string {
  if (runs.length === 0) return 'This device has done nothing yet in this organization.';
  const [only] = runs;
  if (runs.length === 1 && only !== undefined && only.events.length > 0) {
    return only.events.map((event, index) => eventText(event, index + 1, style)).join('\n');
  }
  const rows = runs.map((one) => [one.run, tame(one.command), `${one.lines}`, tame(one.last)]);
  return table(rows, style, { head: ['run', 'command', 'lines', 'last'] });
}

type ShownEvent = JournalPage['runs'][number]['events'][number];

function eventText(event: ShownEvent, line: number, style: Style): string {
  const fields = Object.entries(event).filter(([name]) => name !== 'what' && name !== 'previous');
  const words = fields.map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const text = `${`${line}`.padStart(4)}  ${style.paint('bold', tame(event.what))} ${tame(words.join(' '))}`;
  return wrap(text, style.width, '      ');
}

export function journalVerdictText(report: JournalVerdictReport, style: Style): string {
  const lines: string[] = [];
  for (const { run, faults } of report.runs) {
    for (const { kind, line } of faults)
      lines.push(wrap(`${style.mark('failed')} ${run}:${line} ${FAULTS[kind]}`, style.width, '    '));
  }
  for (const target of report.missing) {
    lines.push(
      wrap(
        `${style.mark('warning')} ${tame(target)}: its receipt answers a line that is in no run here; the run was cut or taken away, or another device asked`,
        style.width,
        '    ',
      ),
    );
  }
  for (const target of report.notBelieved)
    lines.push(`${style.mark('warning')} ${tame(target)}: its stored receipt proves nothing`);
  if (report.lines === 0)
    return [
      ...lines,
      `${style.mark('warning')} nothing to look at: this device has done nothing yet in this organization`,
    ].join('\n');
  const vouched = report.runs.reduce((sum, { vouchedTo }) => sum + vouchedTo, 0);
  const sound = report.runs.every(({ faults }) => faults.length === 0);
  const looked = `looked at ${count(report.lines, 'line')} of ${count(report.runs.length, 'run')} and ${count(report.receipts, 'receipt')}`;
  const rest = `receipts vouch for ${vouched} of the lines; whether the others are all, nobody can tell`;
  lines.push(
    wrap(
      `${style.mark(sound ? 'done' : 'failed')} ${looked}: ${sound ? 'every line follows the one before it' : 'not as it was written'}; ${rest}`,
      style.width,
      '  ',
    ),
  );
  return lines.join('\n');
}

export function journalVerdictWhy({ runs, missing }: JournalVerdictReport): string | undefined {
  const broken = runs.filter(({ faults }) => faults.length > 0).length;
  if (broken > 0) return `${count(broken, 'run')} of the journal ${broken === 1 ? 'is' : 'are'} not as written`;
  return missing.length > 0 ? `no line here for the receipts of ${missing.join(', ')}` : undefined;
}
