/** `deliver` to real servers: one that changes nothing, one that changes every server, and with a tenth of them silent. */
import { needs } from '../test/fleet/index.ts';
import type { Company, Ran } from '../test/servers/line/company.ts';
import { eachOf, foundEnrolled, mostServers, serverNames } from './enrolled-company.ts';
import { inTurns, median } from './figure.ts';
import type { Benchmark, Figure } from './figure.ts';

const SIZES = [10, 50, 200];
/** Seconds one server may take: what a silent one costs. */
const TIMEOUT = 10;

export const deliver: Benchmark = {
  name: 'deliver',
  about: 'keyward deliver to 10, 50 and 200 servers',
  missing: needs,
  async run(tell) {
    const most = mostServers(200);
    const figures: Figure[] = [];
    for (const size of SIZES.filter((size) => size <= most)) {
      const began = performance.now();
      const company = await foundEnrolled(size, ['bob'], [rule(0)]);
      tell(`${size} servers enrolled in ${((performance.now() - began) / 1000).toFixed(0)} s`);
      try {
        figures.push(...(await measure(company, size, tell)));
      } finally {
        await company.end();
      }
    }
    return [...figures, ...growth(figures)];
  },
};

async function measure(company: Company, size: number, tell: (line: string) => void): Promise<readonly Figure[]> {
  const times = size > 50 ? 2 : 3;
  let version = 0;
  const changing: number[] = [];
  for (let i = 0; i < times; i += 1) {
    company.rules(rule((version += 1)));
    await company.approve();
    changing.push(...(await inTurns(1, { all: () => good(company, 0) })).all);
  }
  const silent = serverNames(size).filter((_, i) => i % 10 === 3);
  const took = await inTurns(times, {
    same: () => good(company, 0),
    // What a person meets at the worst: the one that would be first is among them.
    silent: () => withSilent(company, [...silent, lowest(company)].slice(-Math.max(1, size / 10)), () => good(company, 4)),
  });
  const seconds = { same: median(took.same) / 1000, changing: median(changing) / 1000, silent: median(took.silent) / 1000 };
  tell(`${size} servers: ${seconds.same.toFixed(1)} s, ${seconds.changing.toFixed(1)} s, ${seconds.silent.toFixed(1)} s`);
  const of = `deliver, ${size} servers`;
  const lost = seconds.silent - seconds.same;
  return [
    { name: `${of}, nothing changes`, value: seconds.same, unit: 's' },
    { name: `${of}, nothing changes, for each`, value: (seconds.same / size) * 1000, unit: 'ms' },
    { name: `${of}, every server changes`, value: seconds.changing, unit: 's' },
    { name: `${of}, every server changes, for each`, value: (seconds.changing / size) * 1000, unit: 'ms' },
    { name: `${of}, a tenth of them silent, lost`, value: lost, unit: 's', against: `one time limit: ${TIMEOUT} s`, ratio: lost / TIMEOUT, most: 1 },
  ];
}

/** What one server more costs at the larger size against the smaller one. */
function growth(figures: readonly Figure[]): readonly Figure[] {
  return ['nothing changes', 'every server changes'].flatMap((what) => {
    const each = figures.filter(({ name }) => name.endsWith(`${what}, for each`));
    const [first, last] = [each[0], each.at(-1)];
    if (first === undefined || last === undefined || first === last) return [];
    const ratio = last.value / first.value;
    return [{ name: `${what}: one of the most against one of the fewest`, value: ratio, unit: '×', against: first.name, ratio } as const];
  });
}

function rule(version: number): string {
  return `{ name: all, to: { employees: [bob] }, servers: { names: ["*"] }, sudo: [{ run-as: root, commands: [/usr/bin/id v${version}] }] }`;
}

async function good(company: Company, status: number): Promise<Ran> {
  const ran = await company.keyward('alice', 'deliver', '--timeout', String(TIMEOUT), '-q');
  if (ran.status !== status) throw new Error(`deliver ended with ${ran.status}, not ${status}\n${ran.stdout.slice(-3000)}\n${ran.stderr}`);
  return ran;
}

/** The server whose id sorts lowest: it is given a release before the others. */
function lowest(company: Company): string {
  const lines = [...policyOf(company).matchAll(/^ {2}(s\d+): \{ id: (srv_\w+)/gm)].map(([, name = '', id = '']) => ({ name, id }));
  const [first] = lines.sort((a, b) => (a.id < b.id ? -1 : 1));
  if (first === undefined) throw new Error('the policy has no servers');
  return first.name;
}

function policyOf(company: Company): string {
  let policy = '';
  try {
    company.policy((text) => (policy = text));
  } catch {
    // it only reads
  }
  return policy;
}

/** They accept connections and say nothing, as a server does that is stuck. */
async function withSilent<T>(company: Company, names: readonly string[], work: () => Promise<T>): Promise<T> {
  const signal = (name: string): Promise<unknown> => eachOf(names, (server) => company.server(server).must(`kill -s ${name} "$(cat /run/sshd.pid)"`));
  await signal('STOP');
  try {
    return await work();
  } finally {
    await signal('CONT');
  }
}
