/** A plan and a drift as Markdown, GitHub annotations and SARIF: what they say, and what a hostile text cannot make of them. */
import { describe, expect, it } from 'vitest';
import { ownGainsFirst } from '../../src/core/plan/index.ts';
import { driftMarkdown } from '../../src/terminal/drift-markdown.ts';
import { driftRemarks } from '../../src/terminal/drift-remarks.ts';
import { driftText, driftWhy } from '../../src/terminal/drift-text.ts';
import { findingsGithub } from '../../src/terminal/findings-github.ts';
import { findingsSarif } from '../../src/terminal/findings-sarif.ts';
import { code, LONGEST } from '../../src/terminal/markdown.ts';
import { planMarkdown } from '../../src/terminal/plan-markdown.ts';
import { planRemarks } from '../../src/terminal/plan-remarks.ts';
import { planText } from '../../src/terminal/plan-text.ts';
import { PLAIN } from '../../src/terminal/style.ts';
import type { DriftReport } from '../../src/verbs/drift.ts';
import type { PlanReport } from '../../src/verbs/plan.ts';

type Change = PlanReport['changes'][number];
const EVIL = 'x`y``z <script>alert(1)</script> ![i](http://evil.example/i.png) @everyone\n::error::\n# Approved';

function gain(name: string, server: string, rule = 'web tier', line = 12): Change {
  const place = { file: 'access-policy.yaml', line, column: 5 };
  return {
    kind: 'gains-access',
    direction: 'widens',
    person: { id: `emp_${name}` as never, name },
    server: { id: `srv_${server}` as never, name: server },
    detail: 'login with pty',
    rules: [{ name: rule, place }],
  };
}
const loss: Change = { ...gain('carl', 'db-2'), kind: 'loses-access', direction: 'narrows', rules: [] };
const signer: Change = {
  kind: 'signer-added',
  direction: 'widens',
  person: { id: 'emp_eve' as never, name: 'eve' },
  detail: 'may sign',
  rules: [],
};

function planOf(changes: readonly Change[], more: Partial<PlanReport> = {}): PlanReport {
  return {
    changes,
    risks: [{ name: 'many-lose:7', message: '7 people lose all access' }],
    looked: { people: 4, servers: 3, accesses: 9 },
    organization: 'acme',
    base: { number: 7, hash: 'ab'.repeat(32) },
    trusted: true,
    ...more,
  };
}

describe('a plan as a comment', () => {
  it('says who gains first and in the open, all else folded', () => {
    const text = planMarkdown(planOf([gain('bob', 'web-1'), gain('bob', 'web-2'), signer, loss]));
    expect(text).toContain('### Access plan of `acme`: 3 to gain, 1 to lose, 0 else');
    expect(text).toContain('- **`bob`** gains access on `web-1`, `web-2`, by `web tier`');
    const order = [
      '#### Who gains (3)',
      '#### Risks',
      '<details><summary>Every gain',
      '<details><summary>Who loses (1)',
    ];
    const places = order.map((part) => text.indexOf(part));
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(text).toContain('`access-policy.yaml:12:5`');
  });

  it('keeps within what a comment may hold, cuts no gain before a loss, and says how much it cut', () => {
    const many = Array.from({ length: 3000 }, (_, i) => gain(`person-${i}`, 'web-1'));
    const text = planMarkdown(planOf([...many, loss]));
    expect(text.length).toBeLessThanOrEqual(LONGEST);
    expect(text).toContain('3000 to gain, 1 to lose');
    const shown = text.match(/^- \*\*`person-/gm)?.length ?? 0;
    const cut = Number(/and (\d+) more, not shown here/.exec(text)?.[1]);
    expect(shown).toBeGreaterThan(500);
    expect(shown + cut).toBe(3000);
    expect(text).not.toContain('carl');
    expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
  });

  it('shows nothing that comes later in place of what comes first', () => {
    const long = Array.from({ length: 40 }, (_, i) => gain(`person-${i}`, 'web-1', 'x'.repeat(2000)));
    const text = planMarkdown(planOf([...long, loss], { risks: [] }));
    expect(text).toContain('40 to gain, 1 to lose');
    expect(text).toMatch(/- and \d+ more, not shown here/);
    expect(text).not.toContain('carl');
    expect(planMarkdown(planOf([...long.slice(0, 2), loss]))).toContain('carl');
  });

  it('lets no text of the policy become markup, a mention or a line of its own', () => {
    const text = planMarkdown(
      planOf([gain(EVIL, EVIL, EVIL)], { organization: EVIL, risks: [{ name: EVIL, message: EVIL }] }),
    );
    const spans = /(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g;
    const outside = text.replaceAll(spans, '');
    for (const mark of ['<script', '](', '@everyone', 'evil.example', 'Approved']) expect(outside).not.toContain(mark);
    expect(text).not.toMatch(/^(# Approved|::error)/m);
    expect(text.match(/@everyone/g)?.length).toBeGreaterThan(5);
  });
});

it('a code span holds any run of backticks', () => {
  expect(code('a')).toBe('`a`');
  expect(code('a``b')).toBe('```a``b```');
  expect(code('`')).toBe('`` ` ``');
  expect(code('')).toBe('`  `');
});

describe('a plan as annotations', () => {
  it('stand at the line of each rule, once for each, what no rule says as a warning', () => {
    const lines = findingsGithub(
      planRemarks(planOf([gain('bob', 'web-1'), gain('bob', 'web-2'), gain('dora', 'db-2', 'db', 30), signer, loss])),
    ).split('\n');
    expect(lines).toEqual([
      '::warning file=access-policy.yaml,title=risk::7 people lose all access%0Aa signer accepts it by name: --accept-risk many-lose:7',
      '::notice file=access-policy.yaml,line=12,col=5,title=gains::"web tier" gives more: bob on web-1: gains access: login with pty; bob on web-2: gains access: login with pty',
      '::notice file=access-policy.yaml,line=30,col=5,title=gains::"db" gives more: dora on db-2: gains access: login with pty',
      '::warning file=access-policy.yaml,title=signer-added::eve: signer added: may sign',
      '::notice file=access-policy.yaml,title=loses-access::carl on db-2: loses access: login with pty',
    ]);
  });

  it('begin no command of somebody else', () => {
    const text = findingsGithub(
      planRemarks(planOf([gain(EVIL, 'web-1', EVIL)], { risks: [{ name: EVIL, message: EVIL }] })),
    );
    expect(text.split('\n').every((line) => /^::(notice|warning) /.test(line))).toBe(true);
    expect(text.split('\n')).toHaveLength(2);
  });

  it('are SARIF with a note for a gain', () => {
    const { results, tool } = JSON.parse(findingsSarif(planRemarks(planOf([gain('bob', 'web-1'), loss])), '1.0.0'))
      .runs[0];
    expect(results.map((one: { ruleId: string; level: string }) => `${one.ruleId} ${one.level}`)).toEqual([
      'risk warning',
      'gains note',
      'loses-access note',
    ]);
    expect(tool.driver.rules.map((rule: { id: string }) => rule.id)).toEqual(['gains', 'loses-access', 'risk']);
  });
});

describe('the difference before signing', () => {
  it('begins with what the signer gains', () => {
    const changes = ownGainsFirst([gain('bob', 'web-1'), gain('alice', 'db-2'), loss], 'emp_alice' as never);
    const text = planText(planOf(changes), PLAIN, 'alice');
    const [own, others] = [text.indexOf('You gain'), text.indexOf('\nGains')];
    expect(own).toBeGreaterThan(0);
    expect(others).toBeGreaterThan(own);
    expect(text.slice(own, others)).toContain('alice on db-2');
    expect(text.slice(others)).not.toContain('alice');
    expect(planText(planOf(changes), PLAIN, 'dora')).not.toContain('You gain');
  });
});

describe('drift', () => {
  const report: DriftReport = {
    organization: 'acme',
    release: { number: 7, hash: 'ab'.repeat(32) },
    targets: [
      { name: 'db-2', id: 'srv_1', state: 'unknown', why: 'no answer within 30 s', differences: [], looked: [] },
      {
        name: 'web-1',
        id: 'srv_2',
        place: { file: 'access-policy.d/web.yaml', line: 7, column: 3 },
        state: 'differs',
        differences: [
          { what: 'key-file', subject: 'bob', managed: true },
          { what: 'way-in key', subject: `root SHA256:abc`, managed: false, comment: EVIL, owner: 'bob' },
        ],
        looked: [{ what: 'account', count: 20 }],
      },
      { name: 'web-2', id: 'srv_3', state: 'clean', differences: [], looked: [{ what: 'account', count: 21 }] },
    ],
    written: [],
    status: 4,
  };

  it('is Markdown that says what was not looked at before anything else, and never calls it clean', () => {
    const text = driftMarkdown(report);
    expect(text).toContain('1 of 3 targets as signed');
    const order = ['Not looked at', 'for a person', '`keyward deliver` puts right', 'As signed (1)'].map((part) =>
      text.indexOf(part),
    );
    expect([...order].sort((a, b) => a - b)).toEqual(order);
    expect(order[0]).toBeGreaterThan(0);
    expect(text).toContain('- `db-2`: `no answer within 30 s`');
    expect(text).toContain('`web-2`: looked at 21 accounts');
    expect(text).not.toMatch(/^# Approved/m);
  });

  it('is annotations, one for each difference and each target nobody could look at', () => {
    const lines = findingsGithub(driftRemarks(report)).split('\n');
    expect(lines.map((line) => /^::(\w+) .*title=([^:]+)::/.exec(line)?.slice(1).join(' '))).toEqual([
      'error not looked at',
      'error way in that is not managed',
      'warning not as signed',
    ]);
    // In words: nobody who reads annotations knows what a receipt's `way-in key` is.
    expect(lines[1]).toContain('::web-1: way in: key for root: SHA256:abc, "');
    expect(lines[1]).toContain(', a key of bob');
    // A target whose line is gone from the policy stands at the policy itself.
    expect(lines.map((line) => /file=([^,]+(?:,line=\d+,col=\d+)?),/.exec(line)?.[1])).toEqual([
      'access-policy.yaml',
      'access-policy.d/web.yaml,line=7,col=3',
      'access-policy.d/web.yaml,line=7,col=3',
    ]);
  });

  it('says of a way in that it can be accepted or taken away, and of nothing else', () => {
    const only = (what: string): DriftReport => {
      const [, web] = report.targets;
      if (web === undefined) throw new Error('no target');
      const differences = [{ what, subject: 'root SHA256:abc', managed: false }];
      return { ...report, targets: [{ ...web, differences }] };
    };
    const way = driftText(only('way-in key'), PLAIN);
    expect(way).toContain('way in: key for root: SHA256:abc (not managed: named, never touched)');
    expect(driftMarkdown(only('way-in key'))).toContain('- `web-1`: way in: key for `root`: `SHA256:abc`');
    expect(driftText(only('way-in keys-from-a-later-receiver'), PLAIN)).toContain('way in: keys-from-a-later-receiver for root: SHA256:abc');
    expect(way).toContain('write it under `accepted` of its target');
    expect(findingsGithub(driftRemarks(only('way-in key')))).toContain('or accepts it in the policy');
    const receiver = driftText(only('receiver'), PLAIN);
    expect(receiver).toContain('receiver: root SHA256:abc');
    expect(receiver).not.toMatch(/not managed|accepted/);
    expect(findingsGithub(driftRemarks(only('receiver')))).not.toContain('accepts');
  });

  it('says what a target has in place of what was signed', () => {
    const [, web] = report.targets;
    const of = (what: string, subject: string): string => driftText({ ...report, targets: web === undefined ? [] : [{ ...web, differences: [{ what, subject, managed: true }] }] }, PLAIN);
    expect(of('release', '6')).toContain('      release 6 is in force there');
    expect(of('manifest', '-')).toContain('nothing is in force there yet');
    expect(of('revocation', 'bob-12345678')).toContain('does not hold the revocation bob-12345678');
    expect(of('account', 'bob')).toContain('the account bob is not as signed');
    expect(of('timer', 'stopped')).toContain('timer: stopped');
  });

  it('names one target that differs, and two that differ', () => {
    const web = report.targets.slice(1, 2);
    expect(driftWhy({ ...report, targets: web })).toBe('web-1 differs');
    expect(driftWhy({ ...report, targets: [...web, ...web.map((one) => ({ ...one, name: 'web-3' }))] })).toBe('web-1, web-3 differ');
  });

  it('is SARIF, and one without results where all is as signed', () => {
    const [run] = JSON.parse(findingsSarif(driftRemarks(report), '1')).runs;
    expect(run.results).toHaveLength(3);
    expect(run.tool.driver.rules).toContainEqual({ id: 'way-in-key', shortDescription: { text: 'way in that is not managed' } });
    expect(run.results[2].message.text).toContain('key-file: bob. `keyward deliver` puts it right');
    const clean = { ...report, targets: report.targets.slice(2) };
    expect(JSON.parse(findingsSarif(driftRemarks(clean), '1')).runs[0].results).toEqual([]);
  });
});
