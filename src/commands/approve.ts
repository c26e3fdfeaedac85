/** `keyward approve`: signs the release that the working tree means. */
import { Flags } from '@oclif/core';
import { approveText, approveWhy } from '../terminal/approve-text.ts';
import { planText } from '../terminal/plan-text.ts';
import type { Style } from '../terminal/style.ts';
import type { ApproveReport } from '../verbs/approve.ts';
import { BaseCommand, type Work } from './base.ts';
import { changeFlags, commitFlags } from './flags.ts';

export const approveFlags = {
  renew: Flags.boolean({ summary: 'sign a release although nothing changed, so that it does not expire' }),
  'new-draft': Flags.boolean({ summary: 'propose this working tree although another draft waits for signatures' }),
};

/** A release without what it was made from lets a colleague's `plan` take everything back: the two are committed together. */
export async function withInputs(written: readonly string[]): Promise<readonly string[]> {
  const { INPUTS } = await import('../verbs/clone.ts');
  return written.length === 0 ? [] : [...written, ...INPUTS];
}

export default class Approve extends BaseCommand<typeof Approve, ApproveReport> {
  static override summary = 'Read the difference and sign the release that the working tree means. Reaches no target.';
  static override description =
    'Compiles the policy here and signs only what comes out byte for byte. Exit status 6 means that others must sign as well.';
  static override examples = ['<%= config.bin %> approve', '<%= config.bin %> approve --confirm release-7 --no-input', '<%= config.bin %> approve --renew'];
  static override flags = { ...approveFlags, ...changeFlags, ...commitFlags };

  protected async work(): Promise<Work<ApproveReport>> {
    const { approve } = await import('../verbs/approve.ts');
    const value = await approve(await this.world(), {
      renew: this.flags.renew,
      newDraft: this.flags['new-draft'],
      dryRun: this.flags['dry-run'],
      show: (plan, signer) => this.screen.complain(planText(plan, this.screen.err, signer)),
    });
    await this.commit(await withInputs(value.written), `Sign release ${value.release?.number ?? ''}`);
    return { value, status: value.status, why: approveWhy(value) };
  }

  protected text(value: ApproveReport, style: Style): string {
    return approveText(value, style);
  }
}
