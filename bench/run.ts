/**
 * `npm run bench`: measures what docs/benchmarks.md promises, and says where it falls short.
 *
 *     npm run bench                    all of them, as a table
 *     npm run bench -- plan            one of them
 *     npm run bench -- --json          [{ name, value, unit, against, ratio }]
 *
 * Belongs here: what is measured, and with what it is compared. What is compared runs in one run, in turns, so that a
 * busy machine slows both. Does not: anything that a test depends on. Real servers need root and the packages that the
 * tests with real servers need; a benchmark that cannot run here says why, and is no success.
 */
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { shown } from './figure.ts';
import type { Benchmark, Figure } from './figure.ts';
import { deliver } from './deliver.ts';
import { login } from './login.ts';
import { offboard } from './offboard.ts';
import { offboardAws } from './offboard-aws.ts';
import { plan } from './plan.ts';
import { start } from './start.ts';

const ALL: readonly Benchmark[] = [start, plan, login, deliver, offboard, offboardAws];

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false } } });
process.exitCode = await main(positionals, values.json);

async function main(names: readonly string[], json: boolean): Promise<number> {
  const unknown = names.find((name) => !ALL.some((one) => one.name === name));
  if (unknown !== undefined) {
    process.stderr.write(`no benchmark is called ${unknown}; there are ${ALL.map((one) => one.name).join(', ')}\n`);
    return 3;
  }
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  tell(machine());
  const figures: Figure[] = [];
  let missing = 0;
  for (const one of ALL.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const why = one.missing?.();
    tell(`\n${one.name}: ${one.about}${why === undefined ? '' : `\n  not run: ${why}`}`);
    if (why === undefined) figures.push(...(await one.run((line) => tell(`  ${line}`))));
    else missing += 1;
  }
  tell(`\nload at the end: ${loadavg()[0]?.toFixed(1)}`);
  process.stdout.write(json ? `${JSON.stringify(figures.map(plainly), null, 2)}\n` : table(figures));
  const short = figures.filter(fallsShort);
  for (const { name } of short) tell(`falls short: ${name}`);
  return short.length > 0 ? 1 : missing > 0 ? 4 : 0;
}

function machine(): string {
  const [cpu] = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GB`;
  return `${availableParallelism()} × ${cpu?.model.trim()}, ${memory}, Linux ${release()}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}`;
}

function fallsShort({ ratio, most }: Figure): boolean {
  return most !== undefined && (ratio === undefined || !(ratio <= most));
}

function plainly({ name, value, unit, against, ratio }: Figure): object {
  return { name, value: Number(value.toPrecision(4)), unit, against: against ?? null, ratio: ratio === undefined ? null : Number(ratio.toPrecision(4)) };
}

function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, value, unit, against, ratio, most } = figure;
    const holds = most === undefined ? '' : fallsShort(figure) ? 'falls short' : 'holds';
    return [name, `${shown(value)} ${unit}`, against ?? '', ratio === undefined ? '' : `${ratio.toFixed(2)}×`, holds];
  });
  const all = [['what', 'took', 'against', 'ratio', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ').trimEnd();
  return `${all.map(line).join('\n')}\n`;
}
