/**
 * Findings as SARIF 2.1.0, for code scanning:
 * https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
 */
import { jsonText } from './json.ts';
import type { Remark } from './remark.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json';

/** A whole log with one run. No finding is a run with no results, which says that somebody looked. */
export function findingsSarif(findings: readonly Remark[], version: string): string {
  const rules = [...new Set(findings.map((finding) => finding.rule))].toSorted();
  return jsonText({
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'keyward', semanticVersion: version, rules: rules.map((id) => ruleOf(id, findings)) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => result(finding, rules)),
      },
    ],
  });
}

function ruleOf(id: string, findings: readonly Remark[]): object {
  const title = findings.find((finding) => finding.rule === id)?.title;
  return title === undefined ? { id } : { id, shortDescription: plain(title) };
}

/**
 * Braces stand for arguments (section 3.11.5), and doubled for themselves; brackets make links (section 3.11.6). What
 * stands in a message is from elsewhere, so it holds neither.
 */
function plain(words: string): { readonly text: string } {
  return { text: words.replaceAll(/[{}]/g, '$&$&').replaceAll('](', '] (') };
}

function result(finding: Remark, rules: readonly string[]): object {
  const { file, line, column } = finding.place;
  const text = finding.suggestion === undefined ? finding.message : `${finding.message.replace(/[^.!?]$/, '$&.')} ${finding.suggestion}`;
  const region =
    line === undefined ? {} : { region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) } };
  const uri = file.split('/').map(encodeURIComponent).join('/');
  return {
    ruleId: finding.rule,
    ruleIndex: rules.indexOf(finding.rule),
    level: finding.severity === 'notice' ? 'note' : finding.severity,
    message: plain(text),
    locations: [{ physicalLocation: { artifactLocation: { uri }, ...region } }],
  };
}
