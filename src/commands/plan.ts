/** `keyward plan`: what the policy would change against the newest signed release. Reaches nothing. */
import { Flags } from '@oclif/core';
import { EXIT } from '../core/failure.ts';
import { planText } from '../terminal/plan-text.ts';
import { count, type Style } from '../terminal/style.ts';
import type { PlanReport } from '../verbs/plan.ts';
import { BaseCommand, type Work } from './base.ts';

export default class Plan extends BaseCommand<typeof Plan, PlanReport> {
  static override summary = 'Say who would gain and lose what, by which line of the policy.';
  static override description =
    'Compares the policy with the newest signed release. Needs no network and no credentials; what widens comes first. `keyward approve` signs it.';
  static override examples = ['<%= config.bin %> plan', '<%= config.bin %> plan --exit-code   # 2 when something would change'];
  static override flags = { 'exit-code': Flags.boolean({ summary: 'end with 2 when something would change' }) };

  protected async work(): Promise<Work<PlanReport>> {
    const { plan } = await import('../verbs/plan.ts');
    const value = await plan(await this.world());
    if (this.flags['exit-code'] && value.changes.length > 0) return { value, status: EXIT.differences, why: count(value.changes.length, 'change') };
    return { value };
  }

  protected text(value: PlanReport, style: Style): string {
    return planText(value, style);
  }
}
