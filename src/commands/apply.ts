/** `keyward apply`: `approve`, and `deliver` when no signature is missing. */
import { applyText } from '../terminal/apply-text.ts';
import { approveWhy } from '../terminal/approve-text.ts';
import { deliverWhy } from '../terminal/deliver-text.ts';
import { planText } from '../terminal/plan-text.ts';
import type { Style } from '../terminal/style.ts';
import type { ApplyReport } from '../verbs/apply.ts';
import { approveFlags, withInputs } from './approve.ts';
import { BaseCommand, type Work } from './base.ts';
import { changeFlags, choiceOf, commitFlags, giveFlags, limitsOf, reachFlags } from './flags.ts';

export default class Apply extends BaseCommand<typeof Apply, ApplyReport> {
  static override summary = 'Sign what the policy says and, when no signature is missing, carry it to the targets.';
  static override description = '`approve` and `deliver` in one run. With a threshold of 2 or more it ends with 6 until the others have signed.';
  static override examples = ['<%= config.bin %> apply', '<%= config.bin %> apply --confirm release-7 --no-input'];
  static override flags = { ...approveFlags, ...reachFlags, ...giveFlags, ...changeFlags, ...commitFlags };

  protected async work(): Promise<Work<ApplyReport>> {
    const { apply } = await import('../verbs/apply.ts');
    const value = await apply(await this.world(), {
      renew: this.flags.renew,
      newDraft: this.flags['new-draft'],
      dryRun: this.flags['dry-run'],
      choice: choiceOf(this.flags),
      limits: limitsOf(this.flags, this.signal),
      show: (plan, signer) => this.screen.complain(planText(plan, this.screen.err, signer)),
    });
    const written = [...(await withInputs(value.approved.written)), ...(value.delivered?.written ?? [])];
    await this.commit(written, `Apply release ${value.approved.release?.number ?? value.delivered?.release.number ?? ''}`);
    return { value, status: value.status, why: value.delivered === undefined ? approveWhy(value.approved) : deliverWhy(value.delivered) };
  }

  protected text(value: ApplyReport, style: Style): string {
    return applyText(value, style);
  }
}
