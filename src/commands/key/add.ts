/** `keyward key add`: one more key for an employee or a machine. */
import { Args } from '@oclif/core';
import { Failure } from '../../core/failure.ts';
import { keyAddText } from '../../terminal/onboard-text.ts';
import type { Style } from '../../terminal/style.ts';
import type { KeyAddPreview, KeyAddReport } from '../../verbs/key.ts';
import { BaseCommand, type Work } from '../base.ts';
import { changeFlags, commitFlags } from '../flags.ts';
import { keyFlags, keySource } from '../key-source.ts';

export default class KeyAdd extends BaseCommand<typeof KeyAdd, KeyAddReport | KeyAddPreview> {
  static override summary = 'Give an employee or a machine one more key.';
  static override examples = [
    '<%= config.bin %> key add alice --key ~/alice_sk.pub',
    '<%= config.bin %> key add alice --generate ./alice_ed25519 --passphrase-file pass',
  ];
  static override args = { handle: Args.string({ required: true, description: "the employee's or machine's handle" }) };
  static override flags = { ...keyFlags, ...changeFlags, ...commitFlags };

  protected async work(): Promise<Work<KeyAddReport | KeyAddPreview>> {
    const { addKey } = await import('../../verbs/key.ts');
    const { handle } = this.args;
    const source = await keySource(this.flags, this.screen, handle);
    if (source === undefined) throw new Failure('usage', 'no key is given', { next: '--key FILE, or --generate FILE' });
    const value = await addKey(await this.world(), { handle, source, dryRun: this.flags['dry-run'] });
    if ('wouldWrite' in value) return { value };
    await this.commit(value.written, `Add a key of ${handle}`);
    return { value };
  }

  protected text(value: KeyAddReport | KeyAddPreview, style: Style): string {
    return keyAddText(value, style);
  }
}
