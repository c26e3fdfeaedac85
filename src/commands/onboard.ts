/** `keyward onboard`: a new employee or machine in the policy, with a key. */
import { Args, Flags } from '@oclif/core';
import type { OnboardReport } from '../verbs/onboard.ts';
import { onboardText } from '../terminal/onboard-text.ts';
import type { Style } from '../terminal/style.ts';
import { BaseCommand, type Work } from './base.ts';
import { changeFlags, commitFlags } from './flags.ts';
import { keyFlags, keySource } from './key-source.ts';

export default class Onboard extends BaseCommand<typeof Onboard, OnboardReport> {
  static override summary = 'Write a new employee or machine into the policy, with a key of their own.';
  static override description =
    'Touches no target: what the rules give them comes with the next release, signed by `keyward approve` and carried by `keyward deliver`.';
  static override examples = [
    '<%= config.bin %> onboard carol --team platform --key carol.pub',
    '<%= config.bin %> onboard carol --generate ./carol_ed25519 --until 2027-03-31',
    '<%= config.bin %> onboard shop-deploy --owner alice --key deploy.pub',
  ];
  static override args = { handle: Args.string({ required: true, description: 'a short name: lowercase letters, digits, - and _' }) };
  static override flags = {
    ...keyFlags,
    team: Flags.string({ multiple: true, multipleNonGreedy: true, helpValue: '<team>', summary: 'a team of theirs; may be given several times' }),
    owner: Flags.string({ helpValue: '<handle>', summary: 'the employee who answers for it: then it is a machine' }),
    account: Flags.string({ helpValue: '<name>', summary: 'the Unix account, where it is not the handle' }),
    uid: Flags.integer({ helpValue: '<number>', summary: 'the uid, where it must be equal on every server' }),
    until: Flags.string({ helpValue: '<date>', summary: 'the last day (UTC), as 2027-03-31' }),
    ...changeFlags,
    ...commitFlags,
  };

  protected async work(): Promise<Work<OnboardReport>> {
    const { onboard } = await import('../verbs/onboard.ts');
    const { handle } = this.args;
    const { team = [], owner, account, uid, until } = this.flags;
    const key = await keySource(this.flags, this.screen, handle);
    const value = await onboard(await this.world(), {
      handle,
      teams: team,
      dryRun: this.flags['dry-run'],
      ...(key === undefined ? {} : { key }),
      ...(owner === undefined ? {} : { owner }),
      ...(account === undefined ? {} : { account }),
      ...(uid === undefined ? {} : { uid }),
      ...(until === undefined ? {} : { until }),
    });
    await this.commit(value.written, `Onboard ${handle}`);
    return { value };
  }

  protected text(value: OnboardReport, style: Style): string {
    return onboardText(value, style);
  }
}
