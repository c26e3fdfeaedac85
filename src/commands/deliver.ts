/** `keyward deliver`: makes the targets answer what the newest signed release says. */
import type { DeliverReport } from '../verbs/deliver.ts';
import { deliverText, deliverWhy } from '../terminal/deliver-text.ts';
import type { Style } from '../terminal/style.ts';
import { BaseCommand, type Work } from './base.ts';
import { changeFlags, choiceOf, commitFlags, giveFlags, limitsOf, reachFlags } from './flags.ts';

export default class Deliver extends BaseCommand<typeof Deliver, DeliverReport> {
  static override summary = 'Carry the newest signed release, and all revocations, to the targets.';
  static override description =
    'Signs nothing. The release goes first to one server, the one whose id sorts lowest, or the next where that does not answer; when it refuses the release, no other target gets it. Revocations go to all at once.';
  static override examples = [
    '<%= config.bin %> deliver',
    "<%= config.bin %> deliver --server 'web-*' --dry-run",
    '<%= config.bin %> deliver --json --no-input',
  ];
  static override flags = { ...reachFlags, ...giveFlags, ...changeFlags, ...commitFlags };

  protected async work(): Promise<Work<DeliverReport>> {
    const { deliver } = await import('../verbs/deliver.ts');
    const world = await this.world();
    const value = await deliver(world, {
      choice: choiceOf(this.flags),
      limits: limitsOf(this.flags, this.signal),
      dryRun: this.flags['dry-run'],
    });
    await this.commit(value.written, `Keep what the targets answered to release ${value.release.number}`);
    return { value, status: value.status, why: deliverWhy(value) };
  }

  protected text(value: DeliverReport, style: Style): string {
    return deliverText(value, style);
  }
}
