/** `keyward key revoke`: one key out everywhere; the person stays. */
import { Args } from '@oclif/core';
import { keyRevokeText } from '../../terminal/key-revoke-text.ts';
import { offboardWhy } from '../../terminal/offboard-text.ts';
import type { Style } from '../../terminal/style.ts';
import type { KeyRevokePreview, KeyRevokeReport } from '../../verbs/key.ts';
import type { OwnKeyReport } from '../../verbs/own-key.ts';
import { BaseCommand, type Work } from '../base.ts';
import { changeFlags, commitFlags, limitsOf, takeAwayFlags } from '../flags.ts';

type Value = KeyRevokeReport | OwnKeyReport | KeyRevokePreview;

export default class KeyRevoke extends BaseCommand<typeof KeyRevoke, Value> {
  static override summary = 'Take one key away everywhere at once; the person stays.';
  static override description = 'One signer is enough. What was opened with the key before stays open until it ends; `offboard` ends it. A key that signs or carries is taken out of signers/ or couriers/, for the next release to say so.';
  static override examples = ['<%= config.bin %> key revoke alice SHA256:Yk3…', '<%= config.bin %> key revoke alice SHA256:Yk3… --confirm alice'];
  static override args = {
    handle: Args.string({ required: true, description: "the employee's or machine's handle" }),
    fingerprint: Args.string({ required: true, description: 'as `keyward key list` shows it' }),
  };
  static override flags = { ...takeAwayFlags, ...changeFlags, ...commitFlags };

  protected async work(): Promise<Work<Value>> {
    const { revokeKey } = await import('../../verbs/key.ts');
    const { handle, fingerprint } = this.args;
    const value = await revokeKey(await this.world(), { handle, fingerprint, limits: limitsOf(this.flags, this.signal), dryRun: this.flags['dry-run'] });
    if ('wouldChange' in value) return { value };
    if ('use' in value) {
      await this.commit([...value.written, ...value.removed], `Take a key of ${handle} out`);
      return { value };
    }
    await this.commit(value.written, `Revoke a key of ${handle}`);
    return { value, status: value.status, why: offboardWhy(value) };
  }

  protected text(value: Value, style: Style): string {
    return keyRevokeText(value, style);
  }
}
