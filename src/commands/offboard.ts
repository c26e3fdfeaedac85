/** `keyward offboard`: takes an employee or a machine out everywhere, with proof. */
import { Args } from '@oclif/core';
import type { OffboardPreview, OffboardReport } from '../verbs/offboard.ts';
import { offboardText, offboardWhy, previewText } from '../terminal/offboard-text.ts';
import type { Style } from '../terminal/style.ts';
import { BaseCommand, type Work } from './base.ts';
import { changeFlags, commitFlags, limitsOf, takeAwayFlags } from './flags.ts';

export default class Offboard extends BaseCommand<typeof Offboard, OffboardReport | OffboardPreview> {
  static override summary = 'Take an employee or a machine out of every target, with proof.';
  static override description =
    'One signer is enough. Keys are refused, sessions, tunnels and jobs are ended, sudo is gone; an admin login is denied; each target answers with a receipt, and one that does not answer is named.';
  static override examples = [
    '<%= config.bin %> offboard bob',
    '<%= config.bin %> offboard bob --dry-run',
    '<%= config.bin %> offboard bob --confirm bob --no-input --json',
  ];
  static override args = { handle: Args.string({ required: true, description: "the employee's or machine's handle" }) };
  static override flags = { ...takeAwayFlags, ...changeFlags, ...commitFlags };

  protected async work(): Promise<Work<OffboardReport | OffboardPreview>> {
    const { offboard } = await import('../verbs/offboard.ts');
    const value = await offboard(await this.world(), {
      handle: this.args.handle,
      limits: limitsOf(this.flags, this.signal),
      dryRun: this.flags['dry-run'],
      show: (preview) => this.screen.complain(previewText(preview, this.screen.err)),
    });
    if (!('status' in value)) return { value };
    await this.commit([...value.written, ...value.removed], `Take ${value.handle} out`);
    return { value, status: value.status, why: offboardWhy(value) };
  }

  protected text(value: OffboardReport | OffboardPreview, style: Style): string {
    return 'status' in value ? offboardText(value, style) : 'Nothing was done.';
  }
}
