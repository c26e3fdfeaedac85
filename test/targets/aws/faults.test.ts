/**
 * One fault at every call of giving, giving back, denying, removing and looking, of each kind: none is lost, nothing is
 * said to be done that is not, and the next run ends right. Waiting takes no time: the clocks stand.
 */
import { describe, expect, test } from 'vitest';
import type { FaultKind } from '../../iam/index.ts';
import type { AwsBench } from './account.ts';
import { staged } from './stages.ts';
import type { Stage, Stages } from './stages.ts';
import { inVirtualTime } from './virtual-time.ts';

const KINDS: readonly FaultKind[] = [
  ...(['Throttling', 'ServiceFailure', 'connection-reset', 'silent', 'ConcurrentModification'] as const),
  ...(['done-then-failed', 'done-then-reset', 'done-then-silent', 'AccessDenied'] as const),
];
/** An answer of AWS's, and a final one: what it is about stays undone and is named. */
const FINAL: readonly FaultKind[] = ['AccessDenied'];

describe('one fault at every call', () => {
  let account: AwsBench;
  let stages: Stages;
  staged((made) => ({ account, stages } = made));

  test.each(KINDS)('%s', { timeout: 120_000 }, async (kind) => {
    const found = await inVirtualTime(() => everyCall(kind));
    console.log(`${kind}: ${Object.entries(found.struck).map(([name, count]) => `${name} ${count}`).join(', ')}`);
    expect(found.lied).toEqual([]);
    expect(found.lost).toEqual([]);
    expect(found.unfinished).toEqual([]);
    expect(stages.leaks()).toEqual([]);
    expect(Object.values(found.struck).every((count) => count > 5)).toBe(true);
    expect(stages.secrets.size).toBeGreaterThan(10);
  });

  async function everyCall(kind: FaultKind) {
    const found = { lied: [] as string[], lost: [] as string[], unfinished: [] as string[], struck: {} as Record<string, number> };
    for (const stage of stages.all) {
      for (let nth = 1; ; nth += 1) {
        stage.set();
        const before = account.iam.faults.struck;
        account.iam.faults.plan({ kind, nth });
        const outcome = await stages.run(stage);
        account.iam.faults.clear();
        if (account.iam.faults.struck === before) break;
        found.struck[stage.name] = nth;
        await judge(found, kind, stage, `${stage.name} ${nth}`, outcome);
      }
    }
    return found;
  }

  async function judge(found: Awaited<ReturnType<typeof everyCall>>, kind: FaultKind, stage: Stage, at: string, outcome: Awaited<ReturnType<Stages['run']>>): Promise<void> {
    const saysDone = outcome.kind === 'done' && outcome.value.receipt.failed.length === 0;
    if (saysDone && !stage.right(outcome)) found.lied.push(at);
    if (saysDone) return;
    if (!FINAL.includes(kind)) found.lost.push(`${at}: ${outcome.kind === 'done' ? JSON.stringify(outcome.value.receipt.failed) : outcome.why}`);
    const next = await stages.run(stage);
    if (next.kind !== 'done' || next.value.receipt.failed.length > 0 || !stage.right(next)) found.unfinished.push(at);
  }
});
