/**
 * The person's side: keys made with ssh-keygen and logins made with the real ssh client.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { begin, command, type Answer } from './command.ts';

export interface KeyPair {
  /** The private key's file; the public one lies beside it as `.pub`. */
  readonly path: string;
  /** One OpenSSH line, without a line end. */
  readonly publicLine: string;
  /** `SHA256:…`, as ssh-keygen prints it. */
  readonly fingerprint: string;
}

export interface KeyOptions {
  readonly type?: 'ed25519' | 'ecdsa' | 'rsa';
  /** For a throwaway key of a test only: ssh-keygen takes it as an argument. */
  readonly passphrase?: string;
}

/** Makes `dir`/`name` and `dir`/`name`.pub; the comment is the name. */
export async function makeKey(dir: string, name: string, options: KeyOptions = {}): Promise<KeyPair> {
  const path = join(dir, name);
  const made = await command([
    'ssh-keygen',
    '-q',
    '-t',
    options.type ?? 'ed25519',
    '-N',
    options.passphrase ?? '',
    '-C',
    name,
    '-f',
    path,
  ]);
  if (made.status !== 0) throw new Error(`ssh-keygen made no key ${path}: ${made.stderr}${made.stdout}`);
  const publicLine = readFileSync(`${path}.pub`, 'utf8').trimEnd();
  const blob = Buffer.from(publicLine.split(' ')[1] ?? '', 'base64');
  return {
    path,
    publicLine,
    fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
  };
}

export interface LoginOptions {
  readonly keyFile?: string;
  /** Further arguments of ssh, before the address. */
  readonly args?: readonly string[];
  /** What is run there; a list is joined with spaces by ssh itself. */
  readonly command?: string | readonly string[];
  /** Further `-o` settings; they stand first, so they win. */
  readonly options?: readonly string[];
  readonly input?: string | Uint8Array;
  /** Milliseconds, 30 seconds when left out. */
  readonly timeout?: number;
  /** The environment of ssh itself, such as DISPLAY; nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Where a login goes, and the host keys that are believed. */
export interface Destination {
  readonly address: string;
  readonly port: number;
  readonly hostKeys: readonly string[];
}

/** The arguments of an ssh that asks nothing, uses one key and believes only this server's host keys. */
export function sshArguments(server: Destination, user: string, login: LoginOptions = {}): string[] {
  // Not a known_hosts file but a command that prints one: nothing is left behind when a test is killed.
  const known = server.hostKeys.map((line) => `"%H ${line.split(' ').slice(0, 2).join(' ')}"`).join(' ');
  const settings = [
    ...(login.options ?? []),
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'StrictHostKeyChecking=yes',
    'UserKnownHostsFile=none',
    'GlobalKnownHostsFile=none',
    `KnownHostsCommand=/usr/bin/printf %%s\\n ${known}`,
    'UpdateHostKeys=no',
    'ControlMaster=no',
    'ControlPath=none',
    'ConnectTimeout=10',
    'LogLevel=ERROR',
  ];
  return [
    '-F',
    'none',
    ...settings.flatMap((setting) => ['-o', setting]),
    ...(login.keyFile === undefined ? [] : ['-i', login.keyFile]),
    ...(login.args ?? []),
    '-p',
    String(server.port),
    `${user}@${server.address}`,
    ...(typeof login.command === 'string' ? [login.command] : (login.command ?? [])),
  ];
}

/** One login. Status 255 is ssh's own: refused, unreachable, or another host key; stderr says which. */
export function ssh(server: Destination, user: string, login: LoginOptions = {}): Promise<Answer> {
  return command(['ssh', ...sshArguments(server, user, login)], {
    ...(login.input === undefined ? {} : { input: login.input }),
    ...(login.timeout === undefined ? {} : { timeout: login.timeout }),
    ...(login.env === undefined ? {} : { env: login.env }),
  });
}

/** A login that stays open, as a person's would. */
export interface Session {
  /** Ends when the session has ended, whoever ended it. */
  readonly ended: Promise<Answer>;
  /** False once it has ended. */
  isOpen(): boolean;
  /** Waits until the far side has written this text, and gives all that it wrote; throws when it ends before, or after 20 s. */
  says(text: string): Promise<string>;
  /** Types into it. */
  type(text: string): void;
  /** Ends it from this side. */
  end(): Promise<void>;
}

/** Logs in and stays. Standard input stays open; `args: ['-tt']` gives a terminal, `['-N', '-L', …]` a tunnel. */
export function openSession(
  server: Destination,
  user: string,
  login: Omit<LoginOptions, 'input' | 'timeout'> = {},
): Session {
  const running = begin(['ssh', ...sshArguments(server, user, login)]);
  let open = true;
  const ended = running.ended.finally(() => (open = false));
  ended.catch(() => {}); // who waits for it hears of it
  return {
    ended,
    isOpen: () => open,
    says: async (text) => {
      const limit = Date.now() + 20_000;
      while (!running.said().includes(text)) {
        if (!open || Date.now() > limit)
          throw new Error(`${user}'s session never said ${JSON.stringify(text)}: ${running.said()}`);
        await sleep(10);
      }
      return running.said();
    },
    type: (text) => void running.child.stdin.write(text),
    end: async () => {
      running.end();
      await ended.catch(() => {});
    },
  };
}
