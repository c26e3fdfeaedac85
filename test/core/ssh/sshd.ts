/**
 * One real sshd for the options of a key: each connection to a loopback address is handed to an sshd in inetd mode of its
 * own, which reads one authorized_keys file and writes down how it understood the line. Needs root; says so otherwise.
 */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePublicKey } from '../../../src/core/ssh/public-key.ts';
import type { PublicKey } from '../../../src/core/ssh/public-key.ts';

const SSHD = '/usr/sbin/sshd';

/** Why there is no sshd here, or undefined. */
export const WHY_NO_SSHD = !existsSync(SSHD) ? 'no sshd' : process.getuid?.() === 0 ? undefined : 'not root';

const ADDRESS = '127.77.250.1';

export interface Run {
  /** Exit status of ssh; undefined: it was still connected when its time was up. */
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** What sshd wrote down about this connection. */
  readonly log: string;
}

interface Connection {
  readonly user?: string;
  /** The loopback address it comes from. */
  readonly from?: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds. */
  readonly patience?: number;
}

export interface Sshd {
  readonly key: PublicKey;
  readonly folder: string;
  /** Puts this into the authorized_keys file of every account. */
  authorize(text: string): void;
  /** Connects with real ssh from a loopback address and the key; `command` is what is asked for. */
  ssh(connection: Connection): Promise<Run>;
  stop(): void;
}

/** `settings` stand first in sshd_config, so they count. */
export async function startSshd(settings: readonly string[] = []): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-sshd-'));
  // Accounts other than root read the file as themselves.
  chmodSync(folder, 0o755);
  mkdirSync('/run/sshd', { recursive: true });
  const [hostKey, file, config, keys, log] = ['host', 'user', 'config', 'keys', 'log'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string, string];
  for (const name of [hostKey, file])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', name]);
  const own = [
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${keys}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PidFile none',
    'LogLevel DEBUG1',
  ];
  const generous = [
    'Subsystem sftp internal-sftp',
    'X11Forwarding yes',
    'AllowStreamLocalForwarding yes',
    'AllowTcpForwarding yes',
    'GatewayPorts clientspecified',
  ];
  writeFileSync(config, `${[...settings, ...own, ...generous].join('\n')}\n`);
  const server = await listen(config, log);
  const port = String((server.address() as AddressInfo).port);
  return {
    key: parsePublicKey(readFileSync(`${file}.pub`, 'utf8').trimEnd()),
    folder,
    authorize: (text) => writeFileSync(keys, text, { mode: 0o644 }),
    ssh: async ({ user = 'root', from = '127.77.250.9', args = [], command = [], env = {}, patience = 10_000 }) => {
      writeFileSync(log, '');
      const fixed = [
        '-F',
        'none',
        '-p',
        port,
        '-b',
        from,
        '-i',
        file,
        '-o',
        'IdentitiesOnly=yes',
        '-o',
        'BatchMode=yes',
      ];
      const trust = [
        '-o',
        'StrictHostKeyChecking=no',
        '-o',
        'UserKnownHostsFile=/dev/null',
        '-o',
        'ExitOnForwardFailure=yes',
      ];
      const ran = await run(
        [...fixed, ...trust, ...args, `${user}@${ADDRESS}`, ...command],
        { ...process.env, ...env },
        patience,
      );
      return { ...ran, log: readFileSync(log, 'latin1').replaceAll('\r', '') };
    },
    stop: () => {
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listen(config: string, log: string): Promise<Server> {
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    spawn(SSHD, ['-i', '-f', config, '-E', log], { stdio: [socket, socket, 'ignore'] });
    // sshd has the connection now; closing ours ends nothing.
    socket.destroy();
  });
  return new Promise((resolve) => server.listen(0, ADDRESS, () => resolve(server)));
}

function run(args: readonly string[], env: NodeJS.ProcessEnv, patience: number): Promise<Omit<Run, 'log'>> {
  return new Promise((resolve) => {
    const child = spawn('ssh', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr, late] = ['', '', false];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('latin1')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('latin1')));
    const timer = setTimeout(() => {
      late = true;
      child.kill();
    }, patience);
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve({ status: late ? undefined : (status ?? 255), stdout, stderr });
    });
  });
}
