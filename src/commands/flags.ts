/** Flags that several commands share, so that each is spelled and explained once. */
import { Flags } from '@oclif/core';
import { Failure } from '../core/failure.ts';
import type { Choice } from '../verbs/known-targets.ts';
import type { Limits } from '../verbs/side-by-side.ts';

/** On every command. */
export const globalFlags = {
  repo: Flags.directory({
    helpGroup: 'GLOBAL',
    helpValue: '<folder>',
    summary: 'the policy repository; else KEYWARD_REPO, else the nearest folder upwards with an access-policy.yaml',
  }),
  json: Flags.boolean({ helpGroup: 'GLOBAL', summary: 'print the result as JSON' }),
  'no-input': Flags.boolean({
    helpGroup: 'GLOBAL',
    summary: 'never ask; what would be asked is not done unless confirmed',
  }),
  quiet: Flags.boolean({ char: 'q', helpGroup: 'GLOBAL', summary: 'no progress and no talk' }),
  verbose: Flags.boolean({ char: 'v', helpGroup: 'GLOBAL', summary: 'say more' }),
  confirm: Flags.string({
    helpGroup: 'GLOBAL',
    helpValue: '<name>',
    multiple: true,
    multipleNonGreedy: true,
    summary: 'say yes to the question about this name; may be given several times',
  }),
  'accept-risk': Flags.string({
    helpGroup: 'GLOBAL',
    helpValue: '<risk>',
    multiple: true,
    multipleNonGreedy: true,
    summary: 'accept one risk by the name it is given where it is shown; may be given several times',
  }),
};

/** How many targets are worked on at the same time, unless somebody says otherwise. */
export const parallel = (atOnce: number) =>
  Flags.integer({
    helpGroup: 'REACH',
    helpValue: '<n>',
    min: 1,
    max: 500,
    default: atOnce,
    summary: 'targets at once',
  });

/** On what reaches targets: `static override flags = { ...reachFlags, … }`. */
export const reachFlags = {
  server: Flags.string({
    helpGroup: 'REACH',
    helpValue: '<name>',
    multiple: true,
    multipleNonGreedy: true,
    summary: "only these servers and providers; a pattern as in 'web-*'; may be given several times",
  }),
  label: Flags.string({
    helpGroup: 'REACH',
    helpValue: '<key=value>',
    multiple: true,
    multipleNonGreedy: true,
    summary: 'only servers with this label; several narrow it further',
  }),
  parallel: parallel(50),
  timeout: Flags.integer({
    helpGroup: 'REACH',
    helpValue: '<seconds>',
    min: 1,
    max: 3600,
    default: 30,
    summary: 'how long one target may take',
  }),
};

/** On what takes away: always from all targets. */
export const takeAwayFlags = { parallel: reachFlags.parallel, timeout: reachFlags.timeout };

/** On what changes anything. */
export const changeFlags = {
  'dry-run': Flags.boolean({ summary: 'show what would be done and do nothing' }),
};

/** On what gives: where a first password goes when nobody sits at a terminal. */
export const giveFlags = {
  passwords: Flags.string({
    helpValue: '<file>',
    summary: 'write first passwords of admin logins into this new file (mode 0600) instead of showing them',
  }),
};

/** On what writes into the policy repository. */
export const commitFlags = {
  commit: Flags.boolean({ summary: 'commit what was written, a release with the policy it was made from, and nothing else' }),
};

/** From the flags of reaching to what a verb takes. */
export function choiceOf(flags: { readonly server?: string[] | undefined; readonly label?: string[] | undefined }): Choice {
  return { servers: flags.server ?? [], labels: flags.label ?? [] };
}

export function limitsOf(flags: { readonly parallel: number; readonly timeout: number }, signal: AbortSignal): Limits {
  return { parallel: flags.parallel, timeout: flags.timeout, signal };
}

/**
 * One's own private key for root access, as ssh takes it: of a pair whose private half an agent holds there is the .pub
 * alone, and ssh reads a leading ~ itself. Throws `usage` where there is no such file, since ssh would go on without it.
 */
export async function identityOf(file: string | undefined): Promise<{ readonly identityFile?: string }> {
  if (file === undefined) return {};
  const { isThere } = await import('../main.ts');
  if (file.startsWith('~') || (await isThere(file)) || (await isThere(`${file}.pub`))) return { identityFile: file };
  throw new Failure('usage', `there is no file ${file}`, {
    next: '--identity takes the path of your own private key for that account',
  });
}
