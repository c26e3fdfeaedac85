/** `keyward journal verify`: whether the journal is as it was written. */
import { journalVerdictText, journalVerdictWhy } from '../../terminal/journal-text.ts';
import type { Style } from '../../terminal/style.ts';
import type { JournalVerdictReport } from '../../verbs/journal.ts';
import { BaseCommand, type Work } from '../base.ts';

export default class JournalVerify extends BaseCommand<typeof JournalVerify, JournalVerdictReport> {
  static override summary = 'Look whether the journal of this device is as it was written.';
  static override description =
    'Every line holds the hash of the one before, and servers sign the hash of the line they were asked with. A changed, missing or moved line is found; that newest lines were cut is found only where a stored receipt vouches for one of them. Ends with 5 when a run is not as written, with 4 when a receipt answers a line that is not here.';
  static override examples = ['<%= config.bin %> journal verify', '<%= config.bin %> journal verify --json'];

  protected async work(): Promise<Work<JournalVerdictReport>> {
    const { verifyOwnJournal } = await import('../../verbs/journal.ts');
    const value = await verifyOwnJournal(await this.world());
    return { value, status: value.status, why: journalVerdictWhy(value) };
  }

  protected text(value: JournalVerdictReport, style: Style): string {
    return journalVerdictText(value, style);
  }
}
