/** `keyward plan` over a generated repository with a signed release, through the command line. */
import { atMost, median } from './figure.ts';
import type { Benchmark, Figure } from './figure.ts';
import { LargeRepository } from './large-repository.ts';
import type { Size } from './large-repository.ts';
import { must } from './program.ts';

interface Step extends Size {
  readonly times: number;
  /** Seconds and MB. */
  readonly ceiling?: readonly [seconds: number, megabytes?: number];
}

const STEPS: readonly Step[] = [
  { people: 1000, servers: 1000, rules: 200, oneIn: 50, times: 5, ceiling: [1.5, 300] },
  // The growth: the same rules over more and more people and servers.
  { people: 400, servers: 400, rules: 200, oneIn: 200, times: 3 },
  { people: 2000, servers: 2000, rules: 200, oneIn: 200, times: 3 },
  { people: 10_000, servers: 10_000, rules: 200, oneIn: 200, times: 3, ceiling: [10] },
];

export const plan: Benchmark = {
  name: 'plan',
  about: 'keyward plan, up to 10,000 people and 10,000 servers',
  async run(tell) {
    const figures: Figure[] = [];
    const largest = Number(process.env['BENCH_LARGEST'] ?? Number.POSITIVE_INFINITY);
    for (const step of STEPS.filter(({ servers }) => servers <= largest)) figures.push(...(await measure(step, tell)));
    return figures;
  },
};

interface Planned {
  readonly changes: readonly unknown[];
  readonly looked: { readonly accesses: number };
}

async function measure({ times, ceiling, ...size }: Step, tell: (line: string) => void): Promise<readonly Figure[]> {
  const large = await LargeRepository.make(size);
  try {
    const runs = [];
    for (let i = 0; i < times; i += 1) runs.push(await must(large.place, ['plan', '--json']));
    const { changes, looked } = JSON.parse(runs[0]?.stdout ?? '') as Planned;
    const name = `plan, ${size.people} people × ${size.servers} servers × ${size.rules} rules (${looked.accesses} accesses)`;
    if (changes.length === 0) throw new Error('the plan that was timed found nothing to change');
    const seconds = median(runs.map((run) => run.ms)) / 1000;
    const peak = Math.max(...runs.map((run) => run.peak ?? 0));
    tell(`${name}: ${changes.length} changes found, ${seconds.toFixed(2)} s, ${peak.toFixed(0)} MB`);
    const time = { name, value: seconds, unit: 's' } as const;
    const memory = { name: `${name}, memory`, value: peak, unit: 'MB' } as const;
    return [
      ceiling === undefined ? time : atMost(time, ceiling[0]),
      ceiling?.[1] === undefined ? memory : atMost(memory, ceiling[1]),
    ];
  } finally {
    large.clear();
  }
}
