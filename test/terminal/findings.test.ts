import { describe, expect, it } from 'vitest';
import { Failure, type Finding } from '../../src/core/failure.ts';
import { asFailure, exitText, failureText, failureValue } from '../../src/terminal/failure-text.ts';
import { findingsGithub } from '../../src/terminal/findings-github.ts';
import { findingsSarif } from '../../src/terminal/findings-sarif.ts';
import { findingsText } from '../../src/terminal/findings-text.ts';
import { PLAIN } from '../../src/terminal/style.ts';

const error: Finding = {
  severity: 'error',
  rule: 'unknown-team',
  message: 'There is no team "platfrom"',
  place: { file: 'access-policy.yaml', line: 12, column: 18 },
  suggestion: 'Did you mean platform?',
  excerpt: '    to: { teams: [platfrom] }',
};
const warning: Finding = {
  severity: 'warning',
  rule: 'ended',
  message: 'This rule has ended',
  place: { file: 'a b/x.yaml' },
};

describe('findings for people', () => {
  it('say where, show the line, point at the column, say what to write; errors first', () => {
    expect(findingsText([warning, error], PLAIN)).toBe(
      [
        'access-policy.yaml:12:18: error: There is no team "platfrom" [unknown-team]',
        '   12 |     to: { teams: [platfrom] }',
        '      |                  ^',
        '  Did you mean platform?',
        '',
        'a b/x.yaml: warning: This rule has ended [ended]',
      ].join('\n'),
    );
  });

  it('cut a long line around the place and keep the caret under it', () => {
    const excerpt = `${'x'.repeat(200)}HERE${'y'.repeat(200)}`;
    const lines = findingsText([{ ...error, excerpt, place: { file: 'a', line: 1, column: 201 } }], PLAIN).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    const [, shown = '', caret = ''] = lines;
    expect(shown.indexOf('HERE')).toBe(caret.indexOf('^'));
  });

  it('cannot draw on the terminal', () => {
    const text = findingsText(
      [
        {
          ...error,
          message: 'no \u001b[2J',
          excerpt: 'a\u001b[2Jb\u202ec',
          place: { file: 'x\u001b', line: 1, column: 8 },
        },
      ],
      PLAIN,
    );
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    const [, shown = '', caret = ''] = text.split('\n');
    expect(shown[caret.indexOf('^')]).toBe('c');
  });
});

describe('findings for GitHub', () => {
  it('are one command a line, whatever stands in them', () => {
    const evil: Finding = {
      ...error,
      message: '100%\n::set-env name=A::b',
      place: { file: 'a,b:c', line: 3, column: 4 },
    };
    expect(findingsGithub([evil, warning])).toBe(
      '::error file=a%2Cb%3Ac,line=3,col=4,title=unknown-team::100%25%0A::set-env name=A::b%0ADid you mean platform?\n' +
        '::warning file=a b/x.yaml,title=ended::This rule has ended',
    );
    expect(findingsGithub([])).toBe('');
  });
});

describe('findings as SARIF', () => {
  it('hold the fields that SARIF 2.1.0 requires', () => {
    const log = JSON.parse(findingsSarif([error, warning], '1.2.3'));
    expect(log).toMatchObject({ version: '2.1.0', $schema: expect.stringContaining('sarif-schema-2.1.0.json') });
    const [run] = log.runs;
    expect(run.tool.driver).toEqual({
      name: 'keyward',
      semanticVersion: '1.2.3',
      rules: [{ id: 'ended' }, { id: 'unknown-team' }],
    });
    expect(run.results).toHaveLength(2);
    for (const result of run.results) expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
    expect(run.results[0].locations[0].physicalLocation.region).toEqual({ startLine: 12, startColumn: 18 });
    expect(run.results[1].locations[0].physicalLocation).toEqual({ artifactLocation: { uri: 'a%20b/x.yaml' } });
  });

  it('hold braces and brackets as themselves: neither an argument nor a link can be made of what stands in them', () => {
    const braces: Finding = { ...error, message: 'write {role: web}, not {0} or {{1}}', suggestion: 'See [here](1).' };
    const titled = { ...warning, title: 'a {0}' };
    const [run] = JSON.parse(findingsSarif([braces, titled], '1.2.3')).runs;
    expect(run.results[0].message).toEqual({ text: 'write {{role: web}}, not {{0}} or {{{{1}}}}. See [here] (1).' });
    expect(run.tool.driver.rules[0].shortDescription).toEqual({ text: 'a {{0}}' });
    // As a viewer reads it (section 3.11.5).
    const read = (text: string): string => text.replaceAll(/\{\{|\}\}|\{\d+\}/g, (found) => (found.length === 2 ? (found[0] ?? '') : 'ARGUMENT'));
    expect(read(run.results[0].message.text)).toBe('write {role: web}, not {0} or {{1}}. See [here] (1).');
  });

  it('are a run without results when nothing was found', () => {
    expect(JSON.parse(findingsSarif([], '1.2.3')).runs[0].results).toEqual([]);
  });
});

describe('a failure', () => {
  const failure = new Failure('unreachable', 'web-9 did not answer', {
    next: 'keyward deliver --server web-9',
    place: { file: 'x', line: 2 },
  });

  it('says what, where and what to do next', () => {
    expect(failureText(failure, PLAIN)).toBe(
      '✗ error: web-9 did not answer\n  where: x:2\n  next: keyward deliver --server web-9',
    );
    expect(exitText(4)).toBe('exit 4: incomplete: something could not be reached or done');
    expect(exitText(4, 'web-9 not reached')).toBe('exit 4: web-9 not reached');
  });

  it('is a value for programs', () => {
    const { message, next, place } = failure;
    expect(failureValue(failure)).toEqual({
      error: { code: 'unreachable', message, exit: 4, next, place, findings: [] },
    });
  });

  it('that is our own mistake tells its kind and not its words, which nobody looked over', () => {
    const text = failureText(asFailure(new TypeError('passphrase hunter2 is wrong')), PLAIN);
    expect(text).toContain('TypeError');
    expect(text).not.toContain('hunter2');
    expect(asFailure(failure)).toBe(failure);
  });
});
