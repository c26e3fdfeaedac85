/** `keyward drift`: what the servers really have, against the newest signed release. */
import { Flags } from '@oclif/core';
import type { DriftReport } from '../verbs/drift.ts';
import { driftMarkdown } from '../terminal/drift-markdown.ts';
import { driftRemarks } from '../terminal/drift-remarks.ts';
import { driftText, driftWhy } from '../terminal/drift-text.ts';
import { findingsGithub } from '../terminal/findings-github.ts';
import { findingsSarif } from '../terminal/findings-sarif.ts';
import type { Style } from '../terminal/style.ts';
import { BaseCommand, type Work } from './base.ts';
import { choiceOf, commitFlags, limitsOf, reachFlags } from './flags.ts';

export default class Drift extends BaseCommand<typeof Drift, DriftReport> {
  static override summary = 'Compare what the targets have with the newest signed release and the revocations.';
  static override description =
    'Changes no target. Exit status 2 means there are differences, 4 that some target could not be looked at; what is managed `deliver` puts right, the rest is for a person.';
  static override examples = [
    '<%= config.bin %> drift',
    "<%= config.bin %> drift --server 'web-*' --json",
    '<%= config.bin %> drift --format sarif > drift.sarif',
  ];
  static override flags = {
    ...reachFlags,
    ...commitFlags,
    format: Flags.option({
      options: ['text', 'github', 'sarif', 'markdown'] as const,
      default: 'text' as const,
      exclusive: ['json'],
      summary: 'how it is written',
    })(),
  };

  protected async work(): Promise<Work<DriftReport>> {
    const { drift } = await import('../verbs/drift.ts');
    const value = await drift(await this.world(), {
      choice: choiceOf(this.flags),
      limits: limitsOf(this.flags, this.signal),
    });
    await this.commit(value.written, 'Keep what the targets answered');
    return { value, status: value.status, why: driftWhy(value) };
  }

  protected text(value: DriftReport, style: Style): string {
    switch (this.flags.format) {
      case 'markdown':
        return driftMarkdown(value);
      case 'github':
        return findingsGithub(driftRemarks(value));
      case 'sarif':
        return findingsSarif(driftRemarks(value), this.config.version);
      case 'text':
        return driftText(value, style);
    }
  }
}
