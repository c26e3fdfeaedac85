/** `keyward access`: who reaches what, since when, by which rule and whose signatures. Reaches nothing. */
import { Args, Flags } from '@oclif/core';
import { Failure } from '../core/failure.ts';
import { accessCsv } from '../terminal/access-csv.ts';
import { accessHtml } from '../terminal/access-html.ts';
import { knownHosts, sshConfig } from '../terminal/access-ssh.ts';
import { accessText } from '../terminal/access-text.ts';
import { jsonText } from '../terminal/json.ts';
import type { Style } from '../terminal/style.ts';
import type { AccessReport } from '../verbs/access.ts';
import { BaseCommand, type Work } from './base.ts';

export default class Access extends BaseCommand<typeof Access, AccessReport> {
  static override summary = 'Say who reaches what, since when, by which rule and whose signatures.';
  static override description =
    'Reads the manifests of the newest signed release, never the working tree unless --draft asks for it; the first line says what was read. Says as well what the targets confirmed, who is revoked and not yet counted, and which ways in beside keyward are known. Needs no network.';
  static override examples = [
    '<%= config.bin %> access',
    '<%= config.bin %> access bob',
    "<%= config.bin %> access --on 'web-*'",
    '<%= config.bin %> access bob --on web-1 --at 2026-10-31   # at the end of that day, UTC',
    '<%= config.bin %> access --at 7                           # as release 7 gave it',
    '<%= config.bin %> access bob --format ssh-config         # for bob, beside his ssh settings',
    '<%= config.bin %> access --format html > access.html     # one page: sort, filter, print',
    '<%= config.bin %> access bob --draft                      # what the working tree would give',
  ];
  static override args = { handle: Args.string({ description: 'an employee or a machine; else everybody' }) };
  static override flags = {
    on: Flags.string({ helpValue: '<target>', summary: "only this target, or those of a pattern as in 'web-*'" }),
    at: Flags.string({
      helpValue: '<date|release>',
      summary: 'a date, UTC seconds, or the number of a release; else now',
      exclusive: ['draft'],
    }),
    draft: Flags.boolean({ summary: 'read the working tree, which nobody has signed' }),
    format: Flags.option({
      options: ['text', 'json', 'csv', 'html', 'ssh-config', 'known_hosts'] as const,
      default: 'text' as const,
      exclusive: ['json'],
      summary: 'how it is written; json is the same as --json, ssh-config and known_hosts are for one employee to keep',
    })(),
  };

  protected async work(): Promise<Work<AccessReport>> {
    const { access } = await import('../verbs/access.ts');
    const { on, at, draft, format } = this.flags;
    const { handle } = this.args;
    mustFit(format, handle, draft);
    const asked = {
      ...(handle === undefined ? {} : { handle }),
      ...(on === undefined ? {} : { on }),
      ...(at === undefined ? {} : { at }),
      draft,
    };
    return { value: await access(await this.world(), asked) };
  }

  protected text(value: AccessReport, style: Style): string {
    switch (this.flags.format) {
      case 'json':
        return jsonText(value);
      case 'csv':
        return accessCsv(value);
      case 'html':
        return accessHtml(value);
      case 'ssh-config':
        return sshConfig(value);
      case 'known_hosts':
        return knownHosts(value);
      case 'text':
        return accessText(value, style);
    }
  }
}

/** What somebody keeps beside their ssh settings is for one account, and from what was signed. */
function mustFit(format: string, handle: string | undefined, draft: boolean): void {
  if (format !== 'ssh-config' && format !== 'known_hosts') return;
  if (draft)
    throw new Failure('usage', `--format ${format} takes host keys from signed manifests only`, {
      next: 'leave out --draft',
    });
  if (format === 'ssh-config' && handle === undefined)
    throw new Failure('usage', '--format ssh-config is for one person', {
      next: 'keyward access bob --format ssh-config',
    });
}
