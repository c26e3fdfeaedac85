/** `keyward server enroll`: makes a server one of the organization's, over one's own root access. */
import { Args, Flags } from '@oclif/core';
import { Failure } from '../../core/failure.ts';
import { enrollText } from '../../terminal/enroll-text.ts';
import type { Style } from '../../terminal/style.ts';
import type { EnrollReport } from '../../verbs/enroll.ts';
import { BaseCommand, type Work } from '../base.ts';
import { commitFlags, limitsOf, reachFlags } from '../flags.ts';

export default class ServerEnroll extends BaseCommand<typeof ServerEnroll, EnrollReport> {
  static override summary = 'Make a server one of the organization, over your own root access. Changes nobody\'s access.';
  static override description =
    'Needs a signed release to pin. The host key comes from known_hosts or --host-key, never from the server itself. When the courier cannot get in, everything is put back.';
  static override examples = [
    '<%= config.bin %> server enroll web-1 --address web-1.example.com --label role=web',
    '<%= config.bin %> server enroll db-2 --address 10.0.4.12 --user admin --identity ~/.ssh/admin --host-key db-2.pub',
    "<%= config.bin %> server enroll web-1 --accept 'there at enrolment' --no-input",
  ];
  static override args = { name: Args.string({ required: true, description: "the server's name in the policy" }) };
  static override flags = {
    address: Flags.string({ helpValue: '<host>', summary: "host name or IP address; else the policy's, else the name" }),
    port: Flags.integer({ min: 1, max: 65_535, helpValue: '<n>', summary: "sshd's port; else the policy's, else 22" }),
    user: Flags.string({ default: 'root', helpValue: '<account>', summary: 'your own account there: root, or one with sudo' }),
    identity: Flags.string({ char: 'i', helpValue: '<file>', summary: 'your own private key for that account' }),
    'host-key': Flags.string({ multiple: true, multipleNonGreedy: true, helpValue: '<file or line>', summary: "the server's public host key; may be given several times" }),
    label: Flags.string({ multiple: true, multipleNonGreedy: true, helpValue: '<key=value>', summary: 'a label of the server in the policy' }),
    accept: Flags.string({ helpValue: '<reason>', summary: 'write every way in that is found as accepted, for this reason' }),
    timeout: reachFlags.timeout,
    ...commitFlags,
  };

  protected async work(): Promise<Work<EnrollReport>> {
    const { enroll } = await import('../../verbs/enroll.ts');
    const { address, port, user, identity, accept } = this.flags;
    const value = await enroll(await this.world(), {
      name: this.args.name,
      user,
      hostKeys: await this.#hostKeys(),
      labels: Object.fromEntries((this.flags.label ?? []).map(labelOf)),
      limits: limitsOf({ parallel: 1, timeout: this.flags.timeout }, this.signal),
      ...(address === undefined ? {} : { address }),
      ...(port === undefined ? {} : { port }),
      ...(identity === undefined ? {} : { identityFile: identity }),
      ...(accept === undefined ? {} : { accept }),
    });
    await this.commit(value.written, `Enroll ${value.name}`);
    return { value };
  }

  async #hostKeys(): Promise<readonly string[]> {
    const { readGiven } = await import('../../main.ts');
    const words = this.flags['host-key'] ?? [];
    const given = await Promise.all(words.map(async (one) => (/^(ssh-|ecdsa-)\S+ /.test(one) ? one : readGiven(one, 'public'))));
    return given.flatMap((text) => text.split('\n')).filter((line) => line.trim() !== '');
  }

  protected text(value: EnrollReport, style: Style): string {
    return enrollText(value, style);
  }
}

function labelOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new Failure('usage', `not a label: ${text}`, { next: 'write --label role=web' });
  return [text.slice(0, at), text.slice(at + 1)];
}
