/** Findings for people: file:line:column, the line itself with a caret, what to write instead. */
import type { Finding, Place } from '../core/failure.ts';
import { type Style, tame, wrap } from './style.ts';

/** `file:line:column`, as editors and compilers write it. */
export function placeText(place: Place): string {
  const { file, line, column } = place;
  return tame([file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':'));
}

/** Every finding, errors before warnings, an empty line between; '' when there is none. */
export function findingsText(findings: readonly Finding[], style: Style): string {
  const ordered = [...findings.filter(isError), ...findings.filter((finding) => !isError(finding))];
  return ordered.map((finding) => findingText(finding, style)).join('\n\n');
}

function isError(finding: Finding): boolean {
  return finding.severity === 'error';
}

function findingText(finding: Finding, style: Style): string {
  const word = style.paint(isError(finding) ? 'red' : 'yellow', finding.severity);
  const head = `${style.paint('bold', placeText(finding.place))}: ${word}: ${tame(finding.message)} ${style.paint('dim', `[${finding.rule}]`)}`;
  const lines = [wrap(head, style.width, '  '), ...excerptLines(finding, style)];
  if (finding.suggestion !== undefined) lines.push(wrap(`  ${tame(finding.suggestion)}`, style.width));
  return lines.join('\n');
}

/** The line as it stands and a caret under the column. A long line is cut around the place. */
function excerptLines(finding: Finding, style: Style): string[] {
  const { excerpt, place } = finding;
  if (excerpt === undefined) return [];
  const number = `${place.line ?? ''}`.padStart(5);
  const room = style.width - number.length - 3;
  const column = Math.max(0, (place.column ?? 1) - 1);
  const from = column < room - 10 ? 0 : column - Math.floor(room / 2);
  const cut = (from > 0 ? '…' : '') + excerpt.slice(from > 0 ? from + 1 : 0, from + room - 1);
  const before = tame(cut.slice(0, column - from).replaceAll('\t', ' '));
  const shown = before + tame(cut.slice(column - from).replaceAll('\t', ' '));
  const lines = [`${style.paint('dim', `${number} |`)} ${shown}`.trimEnd()];
  if (place.column !== undefined)
    lines.push(`${style.paint('dim', `${' '.repeat(5)} |`)} ${' '.repeat(before.length)}${style.paint('green', '^')}`);
  return lines;
}
