/** What a measurement is told as, and how numbers that belong together are taken: in turns, within one run. */

/** One figure. `ratio` is value / against where both are numbers of one unit; below `most` it holds. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: 's' | 'ms' | 'MB' | '×';
  /** What it is compared with, in words; undefined where it only stands for itself. */
  readonly against?: string;
  readonly ratio?: number;
  /** The ratio that it must not exceed; for a figure that only shows something, undefined. */
  readonly most?: number;
}

export interface Benchmark {
  readonly name: string;
  /** One line. */
  readonly about: string;
  /** Why it cannot be run here; undefined when it can. */
  missing?(): string | undefined;
  run(tell: (line: string) => void): Promise<readonly Figure[]>;
}

/** A figure that is compared with a measured value of the same unit. */
export function compared(figure: Pick<Figure, 'name' | 'value' | 'unit' | 'most'>, against: string, value: number): Figure {
  const ratio = figure.value / value;
  return { ...figure, against: `${against}: ${shown(value)} ${figure.unit}`, ratio };
}

/** A figure with a ceiling. */
export function atMost(figure: Pick<Figure, 'name' | 'value' | 'unit'>, ceiling: number): Figure {
  return { ...figure, against: `at most ${shown(ceiling)} ${figure.unit}`, ratio: figure.value / ceiling, most: 1 };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = sorted.length % 2 === 0 ? [sorted[middle - 1], sorted[middle]] : [sorted[middle], sorted[middle]];
  return (low + high) / 2;
}

/** Runs each of them so many times, one after the other in turns, and gives what each took, in milliseconds. */
export async function inTurns<K extends string>(times: number, works: Readonly<Record<K, () => Promise<unknown>>>): Promise<Record<K, number[]>> {
  const names = Object.keys(works) as K[];
  const took = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<K, number[]>;
  for (let i = 0; i < times; i += 1) {
    for (const name of names) took[name].push(await took1(works[name]));
  }
  return took;
}

async function took1(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Three digits that mean something. */
export function shown(value: number): string {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toPrecision(3);
}
