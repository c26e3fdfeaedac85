/** Drift as Markdown, for an issue or a message in the morning: what is not as signed, then how much was looked at. */
import type { DriftOf, DriftReport } from '../verbs/drift.ts';
import { differenceWords, lookedText } from './drift-text.ts';
import { code, comment, type Part } from './markdown.ts';
import { count } from './style.ts';

export function driftMarkdown(report: DriftReport, longest?: number): string {
  const { release, targets } = report;
  const of = (...states: readonly DriftOf['state'][]): readonly DriftOf[] =>
    targets.filter(({ state }) => states.includes(state));
  const [unseen, differ, clean] = [of('unknown', 'refused'), of('differs'), of('clean')];
  const differences = differ.flatMap((one) => one.differences.map((found) => ({ ...found, name: one.name })));
  const lines = (managed: boolean): readonly string[] =>
    differences
      .filter((found) => found.managed === managed)
      .map((found) => `- ${code(found.name)}: ${differenceWords(found, code)}`);
  const parts: readonly Part[] = [
    {
      title: 'Not looked at: unknown, not clean',
      lines: unseen.map(({ name, why }) => `- ${code(name)}: ${code(why ?? 'no reason given')}`),
      folded: false,
    },
    { title: 'What no delivery puts right, such as ways in that keyward does not manage: for a person', lines: lines(false), folded: false },
    { title: 'What `keyward deliver` puts right', lines: lines(true), folded: false },
    {
      title: `As signed (${clean.length})`,
      lines: clean.map(({ name, looked }) => `- ${code(name)}: looked at ${lookedText(looked)}`),
      folded: true,
    },
  ];
  const head = [
    `### Drift of ${code(report.organization)}: ${clean.length} of ${count(targets.length, 'target')} as signed`,
    '',
    `Compared with release ${release.number} (${code(release.hash.slice(0, 12))}) and the revocations.`,
  ];
  return comment(
    head,
    parts.filter((part) => part.lines.length > 0),
    'run `keyward drift`',
    longest,
  );
}
