/** `keyward init`: begins a policy repository, or makes this device part of one. */
import { Flags } from '@oclif/core';
import { Failure } from '../core/failure.ts';
import { initText } from '../terminal/init-text.ts';
import type { Style } from '../terminal/style.ts';
import type { InitReport } from '../verbs/init.ts';
import { BaseCommand, type Work } from './base.ts';
import { changeFlags, commitFlags } from './flags.ts';

export default class Init extends BaseCommand<typeof Init, InitReport> {
  static override summary = 'Begin a policy repository here, or make this device part of the one that is here.';
  static override description =
    'Says who works on this device, which key signs and which key carries. Make the keys with ssh-keygen: the signing key with a passphrase (FIDO keys welcome) and used for nothing else, the courier key without one, since it opens nothing but the receiver.';
  static override examples = [
    '<%= config.bin %> init --organization acme --me alice --signing-key ~/.ssh/acme-sign --courier-key ~/.ssh/acme-courier',
    '<%= config.bin %> init --me bob --signing-key ~/.ssh/acme-sign.pub --first-release 5f0c…',
  ];
  static override flags = {
    organization: Flags.string({ helpValue: '<name>', summary: 'where the repository is new: its name' }),
    me: Flags.string({ helpValue: '<handle>', summary: 'who works on this device' }),
    'signing-key': Flags.string({ helpValue: '<file>', summary: 'the key that signs: the private key, or its .pub where an agent holds it' }),
    'courier-key': Flags.string({ helpValue: '<file>', summary: 'the private key that carries; it opens nothing but the receiver' }),
    'first-release': Flags.string({ helpValue: '<fingerprint>', summary: 'of release 1, as a colleague sees it with `keyward status`; or of a later one that begins anew' }),
    ...changeFlags,
    ...commitFlags,
  };

  protected override readonly begins = true;

  protected async work(): Promise<Work<InitReport>> {
    const { init } = await import('../verbs/init.ts');
    const { readOwnKey } = await import('../main.ts');
    const world = await this.world();
    const { organization, 'signing-key': signing, 'courier-key': courier, 'first-release': firstRelease } = this.flags;
    const me = this.flags.me ?? (await this.screen.ask('Your handle (lowercase letters, digits, - and _)'));
    if (me === undefined) throw new Failure('usage', 'who works here?', { next: '--me alice' });
    const value = await init(world, {
      me,
      dryRun: this.flags['dry-run'],
      ...(organization === undefined ? {} : { organization }),
      ...(signing === undefined ? {} : { signingKey: await readOwnKey(signing) }),
      ...(courier === undefined ? {} : { courierKey: await readOwnKey(courier) }),
      ...(firstRelease === undefined ? {} : { firstRelease }),
    });
    await this.commit(value.written, value.state === 'new' ? `Begin the access policy of ${value.organization}` : `${value.me} joins`);
    return { value };
  }

  protected text(value: InitReport, style: Style): string {
    return initText(value, style);
  }
}
