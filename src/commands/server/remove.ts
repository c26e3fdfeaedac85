/** `keyward server remove`: takes a server out; gives back files, never an access. */
import { Args, Flags } from '@oclif/core';
import { EXIT } from '../../core/failure.ts';
import { removeText } from '../../terminal/remove-text.ts';
import type { Style } from '../../terminal/style.ts';
import type { RemoveReport } from '../../verbs/remove.ts';
import { BaseCommand, type Work } from '../base.ts';
import { changeFlags, commitFlags, identityOf, limitsOf, reachFlags } from '../flags.ts';

export default class ServerRemove extends BaseCommand<typeof ServerRemove, RemoveReport> {
  static override summary = 'Take a server out: first in the policy, then, when a release has said so, on the server itself.';
  static override description =
    'Run it twice. The first time writes `removed:` into its line; once the release that follows is delivered, the second time takes receiver and courier off, over your own root access. Revoked keys stay out and accounts keyward made stay closed, unless --keep-access writes today\'s grants as plain files.';
  static override examples = ['<%= config.bin %> server remove web-9', '<%= config.bin %> server remove web-9 --user root --identity ~/.ssh/admin', '<%= config.bin %> server remove web-9 --keep-access'];
  static override args = { name: Args.string({ required: true, description: "the server's name in the policy" }) };
  static override flags = {
    user: Flags.string({ default: 'root', helpValue: '<account>', summary: 'your own account there: root, or one with sudo' }),
    identity: Flags.string({ char: 'i', helpValue: '<file>', summary: 'your own private key for that account' }),
    'keep-access': Flags.boolean({ default: false, summary: "write today's grants as plain files, so that people still get in" }),
    timeout: reachFlags.timeout,
    ...changeFlags,
    ...commitFlags,
  };

  protected async work(): Promise<Work<RemoveReport>> {
    const { removeServer } = await import('../../verbs/remove.ts');
    const { user, identity } = this.flags;
    const value = await removeServer(await this.world(), {
      name: this.args.name,
      user,
      keepAccess: this.flags['keep-access'],
      dryRun: this.flags['dry-run'],
      limits: limitsOf({ parallel: 1, timeout: this.flags.timeout }, this.signal),
      ...(await identityOf(identity)),
    });
    await this.commit(value.written, `Remove ${value.name}`);
    if (value.state === 'waits') return { value, status: EXIT.waits, why: `a release must leave ${value.name} nothing first` };
    return { value };
  }

  protected text(value: RemoveReport, style: Style): string {
    return removeText(value, style);
  }
}
