/**
 * Findings as GitHub workflow commands, which become annotations in a pull request:
 * https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
import type { Remark } from './remark.ts';

/** One line a finding; '' when there is none. */
export function findingsGithub(findings: readonly Remark[]): string {
  return findings.map(annotation).join('\n');
}

function annotation(finding: Remark): string {
  const { file, line, column } = finding.place;
  const properties = [`file=${property(file)}`];
  if (line !== undefined) properties.push(`line=${line}`);
  if (line !== undefined && column !== undefined) properties.push(`col=${column}`);
  properties.push(`title=${property(finding.title ?? finding.rule)}`);
  const message = finding.suggestion === undefined ? finding.message : `${finding.message}\n${finding.suggestion}`;
  return `::${finding.severity} ${properties.join(',')}::${data(message)}`;
}

/** A line break would end the command and begin another one, perhaps of somebody else's making. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
