/** The demo's checks can fail, and what could not be looked at has failed. */
import { describe, expect, it } from 'vitest';
import { Checks, equal, soon } from '../../demo/checks.ts';

function recorder(): { readonly checks: Checks; readonly told: string[] } {
  const told: string[] = [];
  const checks = new Checks({
    passed: (claim) => void told.push(`passed ${claim}`),
    failed: (claim, seen) => void told.push(`failed ${claim}: ${seen}`),
  });
  return { checks, told };
}

describe('the checks of the demo', () => {
  it('count what holds and what does not', async () => {
    const { checks, told } = recorder();
    expect(await checks.that('one', () => true)).toBe(true);
    expect(await checks.that('two', () => 'it is three')).toBe(false);
    expect(told).toEqual(['passed one', 'failed two: it is three']);
    expect(checks.line).toBe('1 checks passed, 1 failed');
    expect(checks.allPassed).toBe(false);
  });

  it('fail where nobody could look', async () => {
    const { checks, told } = recorder();
    await checks.that('the server is up', async () => {
      throw new Error('no route');
    });
    expect(told).toEqual(['failed the server is up: could not look: no route']);
    expect(checks.line).toBe('0 checks passed, 1 failed');
  });

  it('are not all passed when there was none', () => {
    expect(recorder().checks.allPassed).toBe(false);
  });

  it('say what stands there instead', () => {
    expect(equal('bob', 'bob')).toBe(true);
    expect(equal(5, 0)).toBe('it is 5, not 0');
    expect(equal('', 'bob')).toBe('it is "", not "bob"');
  });

  it('look again for what takes a moment, and give up with what was seen last', async () => {
    let looks = 0;
    expect(await soon(() => ((looks += 1) < 3 ? 'not yet' : true))).toBe(true);
    expect(looks).toBe(3);
    expect(await soon(() => 'never', 120)).toBe('never');
  });
});
