/** `keyward access`: who reaches what, since when, by which rule and whose signatures. Reaches nothing. */
import { Args, Flags } from '@oclif/core';
import { accessText } from '../terminal/access-text.ts';
import { jsonText } from '../terminal/json.ts';
import type { Style } from '../terminal/style.ts';
import type { AccessReport } from '../verbs/access.ts';
import { BaseCommand, type Work } from './base.ts';

export default class Access extends BaseCommand<typeof Access, AccessReport> {
  static override summary = 'Say who reaches what, since when, by which rule and whose signatures.';
  static override description =
    'Reads the manifests of the newest signed release, never the working tree unless --draft asks for it; the first line says what was read. Says as well what the servers confirmed, who is revoked and not yet counted, and which ways in beside keyward are known. Needs no network.';
  static override examples = [
    '<%= config.bin %> access',
    '<%= config.bin %> access bob',
    "<%= config.bin %> access --on 'web-*'",
    '<%= config.bin %> access bob --on web-1 --at 2026-10-31   # at the end of that day, UTC',
    '<%= config.bin %> access --at 7                           # as release 7 gave it',
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
      options: ['text', 'json'] as const,
      default: 'text' as const,
      exclusive: ['json'],
      summary: 'how it is written; json is the same as --json',
    })(),
  };

  protected async work(): Promise<Work<AccessReport>> {
    const { access } = await import('../verbs/access.ts');
    const { on, at, draft } = this.flags;
    const { handle } = this.args;
    const asked = {
      ...(handle === undefined ? {} : { handle }),
      ...(on === undefined ? {} : { on }),
      ...(at === undefined ? {} : { at }),
      draft,
    };
    return { value: await access(await this.world(), asked) };
  }

  protected text(value: AccessReport, style: Style): string {
    return this.flags.format === 'json' ? jsonText(value) : accessText(value, style);
  }
}
