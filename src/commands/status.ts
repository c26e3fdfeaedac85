/** `keyward status`: the page an admin opens in the morning. Reaches nothing. */
import { statusText } from '../terminal/status-text.ts';
import type { Style } from '../terminal/style.ts';
import type { StatusReport } from '../verbs/status.ts';
import { BaseCommand, type Work } from './base.ts';

export default class Status extends BaseCommand<typeof Status, StatusReport> {
  static override summary = 'Say what is in force and where, what waits for whom, and what ends soon.';
  static override description =
    'Reads the repository and the receipts that are stored in it; it reaches no target, so what targets have right now says `drift`. Prints the fingerprint of release 1, which colleagues compare and pipelines are given. Ends with 0 whatever it finds; 5 only when nothing here can be trusted.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json | jq -r .firstRelease.hash'];

  protected async work(): Promise<Work<StatusReport>> {
    const { status } = await import('../verbs/status.ts');
    return { value: await status(await this.world()) };
  }

  protected text(value: StatusReport, style: Style): string {
    return statusText(value, style);
  }
}
