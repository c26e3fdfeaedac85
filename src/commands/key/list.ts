/** `keyward key list`: whose keys there are, and where they open an account. Reaches nothing. */
import { Args } from '@oclif/core';
import { keyListText } from '../../terminal/key-list-text.ts';
import type { Style } from '../../terminal/style.ts';
import type { KeyListReport } from '../../verbs/lists.ts';
import { BaseCommand, type Work } from '../base.ts';

export default class KeyList extends BaseCommand<typeof KeyList, KeyListReport> {
  static override summary = 'List public keys by fingerprint, whose they are and where they open an account.';
  static override description =
    'The keys stand in keys/, signers/ and couriers/; where they open an account says the newest signed release.';
  static override examples = ['<%= config.bin %> key list', '<%= config.bin %> key list bob'];
  static override args = {
    handle: Args.string({ description: 'an employee or a machine; else everybody, and the couriers' }),
  };

  protected async work(): Promise<Work<KeyListReport>> {
    const { keyList } = await import('../../verbs/lists.ts');
    return { value: await keyList(await this.world(), this.args.handle) };
  }

  protected text(value: KeyListReport, style: Style): string {
    return keyListText(value, style);
  }
}
