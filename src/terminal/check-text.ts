/** What `check` found, and of how much. */
import type { Finding } from '../core/failure.ts';
import type { Looked } from '../core/policy/index.ts';
import { findingsText } from './findings-text.ts';
import { count, type Style } from './style.ts';

interface Report {
  readonly findings: readonly Finding[];
  readonly looked: Looked;
}

export function checkText(report: Report, style: Style): string {
  const mark = report.findings.some((finding) => finding.severity === 'error')
    ? 'failed'
    : report.findings.length > 0
      ? 'warning'
      : 'done';
  const findings = findingsText(report.findings, style);
  return `${findings === '' ? '' : `${findings}\n\n`}${style.mark(mark)} ${checkLine(report)}`;
}

/** `checked 4 people, 3 servers, 5 rules, 2 tests: no errors, 1 warning` */
export function checkLine({ findings, looked }: Report): string {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  const warnings = findings.length - errors;
  const what = [
    count(looked.people, 'person', 'people'),
    count(looked.servers, 'server'),
    count(looked.rules, 'rule'),
    count(looked.keys, 'key'),
    count(looked.tests, 'test'),
  ];
  return `checked ${what.join(', ')}: ${number(errors, 'error')}, ${number(warnings, 'warning')}`;
}

function number(howMany: number, one: string): string {
  return howMany === 0 ? `no ${one}s` : count(howMany, one);
}

/** Why the exit status is not 0. */
export function checkWhy(findings: readonly Finding[]): string {
  const errors = findings.filter((finding) => finding.severity === 'error').length;
  return `${count(errors, 'error')} in the policy`;
}
