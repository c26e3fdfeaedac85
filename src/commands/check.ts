/** `keyward check`: reads the policy and says everything that is wrong with it. Reaches nothing. */
import { Flags } from '@oclif/core';
import type { Compilation } from '../core/policy/index.ts';
import { compilePolicy } from '../core/policy/compile.ts';
import { EXIT, hasErrors } from '../core/failure.ts';
import { checkLine, checkText, checkWhy } from '../terminal/check-text.ts';
import { findingsGithub } from '../terminal/findings-github.ts';
import { findingsSarif } from '../terminal/findings-sarif.ts';
import type { Style } from '../terminal/style.ts';
import { BaseCommand, type Work } from './base.ts';

const POLICY = ['access-policy.yaml', 'access-policy.d', 'keys', 'servers', 'signers', 'couriers', 'revoked'];

export type CheckReport = Pick<Compilation, 'findings' | 'looked'>;

export default class Check extends BaseCommand<typeof Check, CheckReport> {
  static override summary = 'Read the policy and say everything that is wrong with it.';
  static override description =
    'Reads access-policy.yaml, access-policy.d/ and the keys beside them, tells every finding at once with file, line and column, and runs the tests of the policy. Needs no network and no credentials. Ends with 3 when there is an error; warnings alone end with 0.';
  static override examples = [
    '<%= config.bin %> check',
    '<%= config.bin %> check --format github   # annotations in a pull request',
    '<%= config.bin %> check --format sarif > findings.sarif',
  ];
  static override flags = {
    format: Flags.option({
      options: ['text', 'github', 'sarif'] as const,
      default: 'text' as const,
      exclusive: ['json'],
      summary: 'how findings are written',
    })(),
  };

  protected async work(): Promise<Work<CheckReport>> {
    const { repository, clock, crypto } = await this.world();
    const { findings, looked } = compilePolicy(await repository.read(POLICY), clock.now(), crypto.sha256);
    const value = { findings, looked };
    if (this.flags.format !== 'text') this.screen.tell(checkLine(value));
    if (!hasErrors(findings)) return { value };
    return { value, status: EXIT.wrong, why: checkWhy(findings) };
  }

  protected text(report: CheckReport, style: Style): string {
    if (this.flags.format === 'github') return findingsGithub(report.findings);
    if (this.flags.format === 'sarif') return findingsSarif(report.findings, this.config.version);
    return checkText(report, style);
  }
}
