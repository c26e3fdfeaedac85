/** `keyward provider init`: what an account needs before keyward can work there. */
import { Args, Flags } from '@oclif/core';
import { prepareText } from '../../terminal/prepare-text.ts';
import type { Style } from '../../terminal/style.ts';
import type { PrepareReport } from '../../verbs/prepare.ts';
import { BaseCommand, type Work } from '../base.ts';

export default class ProviderInit extends BaseCommand<typeof ProviderInit, PrepareReport> {
  static override summary = 'Show or make what a provider needs: groups, the boundary of every login, three roles.';
  static override description =
    'Shows documents and reaches nobody. With --apply it makes what is missing, with your own rights as an administrator; what is there already is compared and stays. It gives nobody an admin login.';
  static override examples = [
    '<%= config.bin %> provider init aws-production',
    "<%= config.bin %> provider init aws-production --json | jq -r '.parts[] | select(.name == \"boundary\").document'",
    'AWS_PROFILE=admin <%= config.bin %> provider init aws-production --apply',
  ];
  static override args = { name: Args.string({ required: true, description: "the provider's name in the policy" }) };
  static override flags = {
    apply: Flags.boolean({ summary: 'make what is missing' }),
    trust: Flags.string({ helpValue: '<arn>', summary: "the pipeline's own principal, which may take the roles that look and take away" }),
  };

  protected async work(): Promise<Work<PrepareReport>> {
    const { prepare } = await import('../../verbs/prepare.ts');
    const { apply: makes, trust: trusts } = this.flags;
    return { value: await prepare(await this.world(), { name: this.args.name, trusts, makes, signal: this.signal }) };
  }

  protected text(value: PrepareReport, style: Style): string {
    return prepareText(value, style);
  }
}
