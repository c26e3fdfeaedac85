/** `keyward provider init`: prepares a provider. Providers are read and checked already; giving access there comes later. */
import { Failure } from '../../core/failure.ts';
import { BaseCommand, type Work } from '../base.ts';

export default class ProviderInit extends BaseCommand<typeof ProviderInit, never> {
  static override summary = 'Prepare a provider (AWS IAM). Not yet.';
  static override description =
    'The providers of the policy are read and checked by `keyward check`; admin logins are not given or taken away there yet.';
  static override examples = ['<%= config.bin %> provider init'];

  protected async work(): Promise<Work<never>> {
    throw new Failure('not-yet', 'admin logins at a provider are not given or taken away yet', {
      next: 'keyward check already reads and checks what stands under providers',
    });
  }

  protected text(value: never): string {
    return value;
  }
}
