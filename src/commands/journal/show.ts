/** `keyward journal show`: what this device did and tried. */
import { Args } from '@oclif/core';
import { journalText } from '../../terminal/journal-text.ts';
import type { Style } from '../../terminal/style.ts';
import type { JournalPage } from '../../verbs/journal.ts';
import { BaseCommand, type Work } from '../base.ts';

export default class JournalShow extends BaseCommand<typeof JournalShow, JournalPage> {
  static override summary = 'Show what this device did and tried.';
  static override description =
    'Lists the runs of this device in this organization, or the events of one run, as they were written down before keyward acted.';
  static override examples = [
    '<%= config.bin %> journal show',
    '<%= config.bin %> journal show 20261124T201000Z-0123456789ab',
  ];
  static override args = { run: Args.string({ description: 'the name of a run' }) };

  protected async work(): Promise<Work<JournalPage>> {
    const { showJournal } = await import('../../verbs/journal.ts');
    return { value: await showJournal(await this.world(), this.args.run) };
  }

  protected text(value: JournalPage, style: Style): string {
    return journalText(value, style);
  }
}
