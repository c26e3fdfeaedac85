/**
 * Killed at every call, before it reached AWS and after: what had been begun is in the journal, nothing was done that is
 * not, and the next run, which knows nothing of the first, ends right. Here every call of the adapter is such a point;
 * that a process really dies is tried in test/verbs/offboard-killed.test.ts.
 */
import { describe, expect, test } from 'vitest';
import type { Step } from '../../../src/world.ts';
import type { InProcess } from '../../iam/in-process.ts';
import type { AwsBench } from './account.ts';
import { staged } from './stages.ts';
import type { Stage, Stages } from './stages.ts';
import { inVirtualTime } from './virtual-time.ts';

const WRITES = /^(?!Get|List|Generate|Simulate)/;

describe('killed at every call', () => {
  let account: AwsBench;
  let stages: Stages;
  staged((made) => ({ account, stages } = made));

  test.each(['before it reached AWS', 'before its answer came back'])('%s', { timeout: 120_000 }, async (when) => {
    const died: Record<string, number> = {};
    const wrong: string[] = [];
    await inVirtualTime(async () => {
      for (const stage of stages.all) {
        for (let nth = 1; await dies(stage, nth, when === 'before its answer came back', wrong); nth += 1) died[stage.name] = nth;
      }
    });
    console.log(`killed ${when}: ${Object.entries(died).map(([name, count]) => `${name} ${count}`).join(', ')}`);
    expect(wrong).toEqual([]);
    expect(stages.leaks()).toEqual([]);
    expect(Object.values(died).every((count) => count > 5)).toBe(true);
  });

  /** False: the run ended before its n-th call. */
  async function dies(stage: Stage, nth: number, answered: boolean, wrong: string[]): Promise<boolean> {
    stage.set();
    account.iam.calls.clear();
    const at = `${stage.name} ${nth}`;
    const steps: Step[] = [];
    const { handler, dead } = mortal(account.iam.inProcess(), nth, answered);
    const first = await Promise.race([stages.run(stage, { requestHandler: handler }, steps), dead]);
    if (first !== 'dead') return false;
    const made = account.iam.calls.list.filter(({ action, outcome }) => WRITES.test(action) && outcome === 'ok').length;
    const of = (state: Step['state']): number => steps.filter((step) => step.state === state).length;
    if (of('begun') < made) wrong.push(`${at}: ${made} changes made, ${of('begun')} written down`);
    if (of('done') > made) wrong.push(`${at}: ${of('done')} said to be done, ${made} made`);
    const next = await stages.run(stage);
    if (next.kind !== 'done' || next.value.receipt.failed.length > 0 || !stage.right(next)) wrong.push(`${at}: ${JSON.stringify(next).slice(0, 300)}`);
    return true;
  }
});

/** Dies at its n-th request: from then on nothing is sent and nothing comes back. */
function mortal(handler: InProcess, nth: number, answered: boolean): { readonly handler: InProcess; readonly dead: Promise<'dead'> } {
  let count = 0;
  let die = (): void => undefined;
  const dead = new Promise<'dead'>((resolve) => (die = () => resolve('dead')));
  const never = new Promise<never>(() => undefined);
  return {
    dead,
    handler: {
      ...handler,
      async handle(request, options) {
        count += 1;
        if (count > nth) return never;
        if (count < nth) {
          const answer = await handler.handle(request, options);
          return count >= nth ? never : answer;
        }
        if (answered) await handler.handle(request, options);
        die();
        return never;
      },
    },
  };
}
