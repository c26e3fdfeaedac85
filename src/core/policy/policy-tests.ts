/**
 * The tests that stand in a policy: `granted` and `refused` mean on each server named. Run when nothing else is wrong:
 * over half a policy they would fail or pass for the wrong reason.
 */
import type { Entry } from './at.ts';
import type { Reaches } from './reach-of-rules.ts';
import type { ReadPolicy } from './read.ts';
import { list } from './report.ts';
import type { Report } from './report.ts';
import type { WrittenTest } from './written.ts';

export function runPolicyTests(policy: ReadPolicy, reaches: Reaches, report: Report): void {
  for (const test of policy.tests) runTest(test, reaches, report);
}

function runTest({ value, at }: Entry<WrittenTest>, reaches: Reaches, report: Report): void {
  const person = reaches.numberOfPerson.get(value.who);
  const found = reaches.on(value.servers).map((server) => {
    const rules = reaches.rules.filter(
      ({ ended, people, servers }) => !ended && person !== undefined && people.has(person) && servers.has(server),
    );
    return { server: reaches.servers[server]?.name ?? '', rules: rules.map(({ rule }) => rule.name) };
  });
  const other = found.filter(({ rules }) => rules.length > 0 !== (value.expect === 'granted'));
  if (other.length === 0) return;
  const where = list(other.map(({ server }) => server));
  const by = list([...new Set(other.flatMap(({ rules }) => rules))].map((rule) => `"${rule}"`));
  const says =
    value.expect === 'granted' ? `${value.who} is refused on ${where}` : `${value.who} is granted ${where}, by ${by}`;
  report.error('test-failed', at.value('expect'), `Expected ${value.expect}; ${says}.`);
}
