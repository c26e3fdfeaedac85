/** `keyward server enroll`: makes servers those of the organization, over one's own root access. */
import { Args, Flags } from '@oclif/core';
import { EXIT, Failure } from '../../core/failure.ts';
import { enrollFromText, enrollFromWhy } from '../../terminal/enroll-from-text.ts';
import { enrollText, printText } from '../../terminal/enroll-text.ts';
import type { Style } from '../../terminal/style.ts';
import type { EnrollOptions, EnrollPreview, EnrollReport, PrintReport } from '../../verbs/enroll.ts';
import type { EnrollFromReport } from '../../verbs/enroll-from.ts';
import { BaseCommand, type Work } from '../base.ts';
import { changeFlags, commitFlags, identityOf, limitsOf, parallel, reachFlags } from '../flags.ts';

type Report = EnrollReport | EnrollPreview | PrintReport | EnrollFromReport;

export default class ServerEnroll extends BaseCommand<typeof ServerEnroll, Report> {
  static override summary =
    "Make a server one of the organization, over your own root access. Changes nobody's access.";
  static override description =
    'Needs a signed release to pin. The host key comes from known_hosts or --host-key, never from the server itself. When the courier cannot get in, everything is put back. --from enrolls many, and passes over those that are enrolled already; --print prints the script for cloud-init, Ansible or Terraform.';
  static override examples = [
    '<%= config.bin %> server enroll web-1 --address web-1.example.com --label role=web',
    '<%= config.bin %> server enroll db-2 --address 10.0.4.12 --user admin --identity ~/.ssh/admin --host-key db-2.pub',
    "<%= config.bin %> server enroll web-1 --accept 'there at enrolment' --no-input",
    "<%= config.bin %> server enroll --from inventory.yaml --server 'web-*' --parallel 8",
    '<%= config.bin %> server enroll web-9 --print --host-key web-9.pub > enroll-web-9.sh',
    '<%= config.bin %> server enroll web-9 --printed',
  ];
  static override args = {
    name: Args.string({ description: "the server's name in the policy; left out with --from" }),
  };
  static override flags = {
    address: Flags.string({
      helpValue: '<host>',
      summary: "host name or IP address; else the policy's, else the name",
    }),
    port: Flags.integer({ min: 1, max: 65_535, helpValue: '<n>', summary: "sshd's port; else the policy's, else 22" }),
    user: Flags.string({
      default: 'root',
      helpValue: '<account>',
      summary: 'your own account there: root, or one with sudo',
    }),
    identity: Flags.string({ char: 'i', helpValue: '<file>', summary: 'your own private key for that account' }),
    'host-key': Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<file or line>',
      summary: "the server's public host key; may be given several times",
    }),
    label: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<key=value>',
      summary: 'a label of the server in the policy',
    }),
    accept: Flags.string({
      helpValue: '<reason>',
      summary: 'write every way in that is found as accepted, for this reason',
    }),
    from: Flags.string({
      helpValue: '<file>',
      summary: 'many at once: an Ansible inventory, a known_hosts file or a JSON list; - is standard input',
      exclusive: ['address', 'port', 'host-key', 'print', 'printed'],
    }),
    server: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<name>',
      summary: "with --from, only these; a pattern as in 'web-*'",
      dependsOn: ['from'],
    }),
    print: Flags.boolean({
      summary: 'print the script instead of running it; it waits a day for the courier',
      exclusive: ['printed', 'accept', 'dry-run'],
    }),
    printed: Flags.boolean({
      summary: 'the printed script was run there: let the courier in, so that it holds',
      exclusive: ['dry-run'],
    }),
    parallel: parallel(16), // each is an ssh process of its own, and often all go through one jump host
    timeout: reachFlags.timeout,
    ...changeFlags,
    ...commitFlags,
  };

  protected async work(): Promise<Work<Report>> {
    const { name } = this.args;
    const { from, print, printed } = this.flags;
    if ((name === undefined) === (from === undefined)) {
      throw new Failure('usage', name === undefined ? 'missing: NAME, or a list with --from' : 'a name and --from do not go together', {
        next: '`keyward server enroll web-1`, or `--from inventory.yaml`',
      });
    }
    if (from !== undefined) return this.#many(from);
    const { confirmPrinted, enroll, printEnrolment } = await import('../../verbs/enroll.ts');
    const run = print ? printEnrolment : printed ? confirmPrinted : enroll;
    const value = await run(await this.world(), await this.#one(name ?? ''));
    if ('wouldAccept' in value) return { value };
    await this.commit(value.written, `Enroll ${value.name}`);
    // The script alone is the thing asked for; what is said about it is talk.
    if ('script' in value && !this.flags.json)
      for (const line of printText(value, this.screen.err).split('\n')) this.screen.tell(line);
    return { value };
  }

  async #many(from: string): Promise<Work<EnrollFromReport>> {
    const [{ enrollFrom }, { readGiven }] = await Promise.all([
      import('../../verbs/enroll-from.ts'),
      import('../../main.ts'),
    ]);
    const { user, identity, accept, server = [] } = this.flags;
    const value = await enrollFrom(await this.world(), {
      list: await readGiven(from, 'public'),
      label: from === '-' ? 'standard input' : from,
      servers: server,
      user,
      labels: this.#labels(),
      limits: limitsOf(this.flags, this.signal),
      dryRun: this.flags['dry-run'],
      ...(await identityOf(identity)),
      ...(accept === undefined ? {} : { accept }),
    });
    await this.commit(
      value.written,
      `Enroll ${value.servers.filter(({ state }) => state === 'enrolled').length} servers`,
    );
    return value.status === EXIT.done ? { value } : { value, status: value.status, why: enrollFromWhy(value) };
  }

  async #one(name: string): Promise<EnrollOptions> {
    const { address, port, user, identity, accept } = this.flags;
    return {
      name,
      user,
      hostKeys: await this.#hostKeys(),
      labels: this.#labels(),
      limits: limitsOf(this.flags, this.signal),
      dryRun: this.flags['dry-run'],
      ...(address === undefined ? {} : { address }),
      ...(port === undefined ? {} : { port }),
      ...(await identityOf(identity)),
      ...(accept === undefined ? {} : { accept }),
    };
  }

  #labels(): Readonly<Record<string, string>> {
    return Object.fromEntries((this.flags.label ?? []).map(labelOf));
  }

  async #hostKeys(): Promise<readonly string[]> {
    const { readGiven } = await import('../../main.ts');
    const words = this.flags['host-key'] ?? [];
    const given = await Promise.all(
      words.map(async (one) => (/^(ssh-|ecdsa-)\S+ /.test(one) ? one : readGiven(one, 'public'))),
    );
    return given.flatMap((text) => text.split('\n')).filter((line) => line.trim() !== '');
  }

  protected text(value: Report, style: Style): string {
    if ('script' in value) return value.script.trimEnd();
    return 'servers' in value ? enrollFromText(value, style) : enrollText(value, style);
  }
}

function labelOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new Failure('usage', `not a label: ${text}`, { next: 'write --label role=web' });
  return [text.slice(0, at), text.slice(at + 1)];
}
