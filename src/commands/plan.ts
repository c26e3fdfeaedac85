/** `keyward plan`: what the policy would change against the newest signed release. Reaches nothing. */
import { Flags } from '@oclif/core';
import { EXIT } from '../core/failure.ts';
import { findingsGithub } from '../terminal/findings-github.ts';
import { findingsSarif } from '../terminal/findings-sarif.ts';
import { planMarkdown } from '../terminal/plan-markdown.ts';
import { planRemarks } from '../terminal/plan-remarks.ts';
import { planLine, planText } from '../terminal/plan-text.ts';
import { count, type Style } from '../terminal/style.ts';
import type { PlanReport } from '../verbs/plan.ts';
import { BaseCommand, type Work } from './base.ts';

export default class Plan extends BaseCommand<typeof Plan, PlanReport> {
  static override summary = 'Say who would gain and lose what, by which line of the policy.';
  static override description =
    'Compares the policy with the newest signed release. Needs no network and no credentials; what widens comes first. `keyward approve` signs it.';
  static override examples = [
    '<%= config.bin %> plan',
    '<%= config.bin %> plan --exit-code   # 2 when something would change',
    '<%= config.bin %> plan --format markdown   # the comment under a pull request',
    '<%= config.bin %> plan --format github     # annotations at the lines of the rules',
  ];
  static override flags = {
    'exit-code': Flags.boolean({ summary: 'end with 2 when something would change' }),
    format: Flags.option({
      options: ['text', 'markdown', 'github', 'sarif'] as const,
      default: 'text' as const,
      exclusive: ['json'],
      summary: 'how it is written',
    })(),
  };

  protected async work(): Promise<Work<PlanReport>> {
    const { plan } = await import('../verbs/plan.ts');
    const value = await plan(await this.world());
    if (this.flags.format !== 'text') this.screen.tell(planLine(value));
    if (this.flags['exit-code'] && value.changes.length > 0)
      return { value, status: EXIT.differences, why: count(value.changes.length, 'change') };
    return { value };
  }

  protected text(value: PlanReport, style: Style): string {
    switch (this.flags.format) {
      case 'markdown':
        return planMarkdown(value);
      case 'github':
        return findingsGithub(planRemarks(value));
      case 'sarif':
        return findingsSarif(planRemarks(value), this.config.version);
      case 'text':
        return planText(value, style);
    }
  }
}
