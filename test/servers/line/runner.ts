/**
 * A runner as a pipeline has one: a fresh clone, an empty home, and the variables it is given. It runs the steps as they
 * stand in docs/ci/, without the ones that fetch and install, since the clone and the program are here already.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { builtProgram } from '../../built.ts';
import type { Ran } from './company.ts';

const PAGES = fileURLToPath(new URL('../../../docs/ci/', import.meta.url));

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}
export interface Job {
  readonly steps: readonly Step[];
  readonly permissions: Readonly<Record<string, string>>;
}
export interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, Job>>;
}

export function githubWorkflow(): { readonly text: string; readonly workflow: Workflow } {
  const text = readFileSync(join(PAGES, 'github-actions.yml'), 'utf8');
  return { text, workflow: parse(text) as Workflow };
}

export interface GitlabJob {
  readonly script: readonly string[];
  readonly extends?: string;
}
export function gitlabJobs(): Readonly<Record<string, GitlabJob>> {
  return parse(readFileSync(join(PAGES, 'gitlab-ci.yml'), 'utf8'), { merge: true }) as Record<string, GitlabJob>;
}

export class Runner {
  readonly folder: string;
  readonly work: string;
  readonly env: Record<string, string>;

  private constructor(folder: string, given: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.work = join(folder, 'work');
    const bin = join(folder, 'bin');
    for (const path of [bin, join(folder, 'home')]) mkdirSync(path);
    writeFileSync(
      join(bin, 'keyward'),
      `#!/bin/sh\nexec '${process.execPath}' '${join(builtProgram(), 'bin/run.js')}' "$@"\n`,
      { mode: 0o755 },
    );
    this.env = {
      PATH: `${bin}:${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: join(folder, 'home'),
      CI: 'true',
      GITHUB_STEP_SUMMARY: join(folder, 'summary.md'),
      GITHUB_OUTPUT: join(folder, 'output'),
      ...given,
    };
  }

  /** A new clone of a branch, and nothing else. */
  static async of(
    origin: string,
    branch: string,
    given: Readonly<Record<string, string>>,
    under: string,
  ): Promise<Runner> {
    const runner = new Runner(mkdtempSync(join(under, 'runner-')), given);
    const ran = await runner.sh(
      `git clone --quiet --branch '${branch}' 'file://${origin}' '${runner.work}'`,
      dirname(runner.work),
    );
    if (ran.status !== 0) throw new Error(ran.stderr);
    return runner;
  }

  /** As GitHub and GitLab run a step: bash that ends at the first failure. */
  sh(script: string, cwd = this.work): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], {
        cwd,
        env: this.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const texts = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const)
        child[name].on('data', (data: Buffer) => (texts[name] += data.toString()));
      child.on('error', reject);
      child.on('close', (status) => resolve({ status: status ?? 1, ...texts }));
    });
  }

  /** One step of a job by its name, as it stands on the page. */
  step(job: Job, name: string): Promise<Ran> {
    const script = job.steps.find((step) => step.name === name)?.run;
    if (script === undefined) throw new Error(`the page has no step ${name}`);
    return this.sh(script);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }
}
