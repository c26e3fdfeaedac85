/**
 * One's own root access, by the system's own ssh: with one's own keys, agent and ssh_config, so that a jump host goes on
 * working. What is not taken from there is whom to believe: the host keys are pinned as everywhere.
 */
import { spawn } from 'node:child_process';
import type { AbortSignalLike, Outcome, RootAccess } from '../../world.ts';
import { Collected } from './carried.ts';
import type { Carried } from './carried.ts';
import { plain, stoppedWaiting, unknown } from './why-not.ts';

export interface OwnSsh {
  /** May ssh ask for a passphrase on the terminal? */
  readonly mayAsk: boolean;
  /** Milliseconds for the whole of it. */
  readonly patience: number;
  /** Hands a file with these bytes to `work` (disk's). */
  readonly withTemporaryFile: <T>(name: string, text: string, work: (path: string) => Promise<T>) => Promise<T>;
}

/** Stands for the server in the one file of host keys, whatever its address, port or ssh_config alias is. */
const ALIAS = 'keyward-enrolls-this';

/** Runs a script there as root; gives what it said and its own exit status, or why it never ran. */
export async function runAsRoot(
  access: RootAccess,
  script: string,
  own: OwnSsh,
  signal: AbortSignalLike,
): Promise<Outcome<Carried>> {
  if (!/^[A-Za-z0-9][A-Za-z0-9:._%-]*$/.test(access.address)) return unknown('this is no address');
  if (!/^[A-Za-z0-9_.][A-Za-z0-9_.$@-]*$/.test(access.user)) return unknown('this is no account');
  if (access.hostKeys.length === 0) return unknown('no host key is known, and none is taken on trust');
  const known = access.hostKeys.map((key) => `${ALIAS} ${key.line}\n`).join('');
  return own.withTemporaryFile('known_hosts', known, async (file) => {
    const outcome = await run(argumentsFor(access, file, own.mayAsk), script, own.patience, signal);
    return outcome.kind === 'done' && outcome.value.status === 255 ? neverRan(outcome.value.stderr, access.user) : outcome;
  });
}

function argumentsFor(access: RootAccess, knownHosts: string, mayAsk: boolean): readonly string[] {
  const settings = [
    // A name for what an older ssh does not know.
    'IgnoreUnknown=KnownHostsCommand',
    'KnownHostsCommand=none',
    `UserKnownHostsFile=${knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    `HostKeyAlias=${ALIAS}`,
    'StrictHostKeyChecking=yes',
    'VerifyHostKeyDNS=no',
    'UpdateHostKeys=no',
    'CheckHostIP=no',
    // A connection that is open already would be believed without looking at its host key.
    'ControlMaster=no',
    'ControlPath=none',
    'ClearAllForwardings=yes',
    'ForwardAgent=no',
    'ForwardX11=no',
    'PermitLocalCommand=no',
    'RemoteCommand=none',
    'RequestTTY=no',
    'ConnectTimeout=10',
    'ServerAliveInterval=5',
    'LogLevel=ERROR',
    `BatchMode=${mayAsk ? 'no' : 'yes'}`,
  ];
  const identity = access.identityFile === undefined ? [] : ['-i', access.identityFile];
  const command = access.user === 'root' ? 'sh -s' : 'sudo -n sh -s';
  const where = ['-l', access.user, '-p', String(access.port)];
  return [
    ...settings.flatMap((setting) => ['-o', setting]),
    ...identity,
    ...(access.options ?? []),
    ...where,
    '--',
    access.address,
    command,
  ];
}

function run(
  args: readonly string[],
  input: string,
  patience: number,
  signal: AbortSignalLike,
): Promise<Outcome<Carried>> {
  if (signal.aborted) return Promise.resolve(unknown('it was stopped before it began'));
  return new Promise((resolve) => {
    const child = spawn('ssh', args, { stdio: 'pipe' });
    const collected = new Collected();
    let settled = false;
    const finish = (outcome: Outcome<Carried>): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      child.kill('SIGTERM');
      resolve(outcome);
    };
    const abort = (): void => finish(stoppedWaiting(signal));
    const timer = setTimeout(() => finish(unknown(`it did not end within ${patience / 1000} s`)), patience);
    signal.addEventListener('abort', abort);
    child.on('error', () => finish(unknown('ssh, the program, could not be started on this machine')));
    child.stdout.on('data', (chunk: Buffer) => {
      if (!collected.out(chunk)) finish(collected.ended(undefined));
    });
    child.stderr.on('data', (chunk: Buffer) => collected.err(chunk));
    child.on('close', (status) => finish(collected.ended(status ?? undefined)));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** ssh's own 255: what it said, where it is one of the things a person can mend. */
function neverRan(stderr: string, user: string): Outcome<never> {
  if (/host key verification failed|no .* host key is known|identification has changed/i.test(stderr)) {
    return { kind: 'refused', why: 'host key: the server shows another one than was named' };
  }
  if (/permission denied|too many authentication failures/i.test(stderr)) {
    return { kind: 'refused', why: `${user} is not let in there with the keys that ssh has: --identity names another key, --user another account` };
  }
  const last = plain(stderr.trimEnd().split('\n').at(-1) ?? '');
  return unknown(`ssh could not reach it${last === '' ? '' : `: ${last}`}`);
}
