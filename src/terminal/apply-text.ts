/** What was signed, then what came of carrying it. */
import type { ApplyReport } from '../verbs/apply.ts';
import { approveText } from './approve-text.ts';
import { deliverText } from './deliver-text.ts';
import type { Style } from './style.ts';

export function applyText(report: ApplyReport, style: Style): string {
  const signed = approveText(report.approved, style, report.delivered !== undefined);
  return report.delivered === undefined ? signed : `${signed}\n${deliverText(report.delivered, style)}`;
}
