/** A server on its way out: which step it is at, and the next one. */
import type { RemoveReport } from '../verbs/remove.ts';
import { commitLine } from './deliver-text.ts';
import { type Style, tame, wrap } from './style.ts';

export function removeText(report: RemoveReport, style: Style): string {
  const name = tame(report.name);
  if (report.dryRun === true && report.state !== 'waits') return wouldText(report, style);
  const after = `Next: keyward approve, keyward deliver, then once more keyward server remove ${name}.`;
  const lines: Readonly<Record<RemoveReport['state'], readonly string[]>> = {
    marked: [`${style.mark('done')} ${name} is marked as removed: the next release leaves it its couriers and nothing else.`, after],
    waits: [`${style.mark('warning')} The release in force still grants something on ${name}; nothing was done there.`, after],
    gone: [
      `${style.mark('done')} Receiver and courier are off ${name}; its last receipt is kept.`,
      report.keptAccess ? "  Today's grants stay as plain files. Nobody takes them away any more." : '  Accounts keyward made stay closed; revoked keys stay out.',
      report.keptAccess
        ? `Next: delete the line of ${name} from the policy. That is the risk abandoned:${name}, asked of each signer: what stays there no offboarding reaches.`
        : `Next: delete the line of ${name} from the policy.`,
    ],
  };
  return [...lines[report.state], commitLine(report.written, style)]
    .filter((line) => line !== '')
    .map((line) => wrap(line, style.width, '  '))
    .join('\n');
}

function wouldText({ name, state, keptAccess }: RemoveReport, style: Style): string {
  const what =
    state === 'marked'
      ? `${tame(name)} would be marked as removed: the next release would leave it its couriers and nothing else.`
      : `Receiver and courier would be taken off ${tame(name)}, once it says that it has taken the newest release; ${keptAccess ? "today's grants would stay as plain files" : 'accounts keyward made would stay closed'}.`;
  return [what, 'Nothing was written or done there (dry run).'].map((line) => wrap(line, style.width, '  ')).join('\n');
}
