/**
 * One server: namespaces of its own around a real sshd, seen from outside.
 *
 * Files in it are read and written by programs that run in it, never through /proc/PID/root: a symbolic link there would lead
 * into this machine.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { command, PATH, quoted, type Answer, type CommandOptions } from './command.ts';
import type { Reservation } from './addresses.ts';
import type { Identities } from './identities.ts';
import { answers, cgroupName, removeCgroup, systemdOf } from './systemd.ts';

const script = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const ENTER = script('enter.sh');
const BOOT = script('boot.sh');
const BOOT_SYSTEMD = script('boot-systemd.sh');

const SHELLS = { dash: '/bin/dash', bash: '/bin/bash', busybox: '/bin/busybox' } as const;

/** Which program /bin/sh is, inside. */
export type ShellName = keyof typeof SHELLS;

export interface ServerOptions {
  readonly shell?: ShellName;
  /** The root tree programs come from, `/` when left out; for instance one that debootstrap made, with openssh-server and sudo. */
  readonly tree?: string;
  /** Also runs cron and atd. */
  readonly withCron?: boolean;
  /** Process 1 is systemd, which starts sshd as a service, or by its socket. `needsSystemd()` says what is missing for it. */
  readonly systemd?: 'service' | 'socket';
}

export interface RunOptions extends CommandOptions {
  /** Runs as this user, in their home, through runuser (no PAM account check, no login uid); root when left out. */
  readonly user?: string;
}

export interface UserOptions {
  readonly uid?: number;
  /** Lines of ~/.ssh/authorized_keys. */
  readonly authorizedKeys?: readonly string[];
  /** Without one the account has `!`, which no password fits. */
  readonly password?: string;
  readonly groups?: readonly string[];
  readonly shell?: string;
}

/** What one server is started with. */
export interface Plan {
  readonly fleet: string;
  readonly name: string;
  readonly place: Reservation;
  readonly identities: Identities;
  readonly options: ServerOptions;
}

const READY_MS = 20_000;
const SSHD_PID = '/run/sshd.pid';

export class TestServer {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** The number of the server's process 1 on this machine; of what holds its disk, where that is systemd. */
  readonly pid: number;
  /** The host's public keys, as known_hosts and keyward want them: type, blob, comment. */
  readonly hostKeys: readonly string[];
  readonly #plan: Plan;
  readonly #outer: ChildProcess;
  readonly #namespace: string;

  private constructor(plan: Plan, outer: ChildProcess, pid: number, hostKeys: readonly string[]) {
    this.name = plan.name;
    this.address = plan.place.address;
    this.port = plan.place.port;
    this.pid = pid;
    this.hostKeys = hostKeys;
    this.#plan = plan;
    this.#outer = outer;
    this.#namespace = readlinkSync(`/proc/${pid}/ns/pid`);
  }

  /** Starts one and waits until its sshd listens. */
  static async launch(plan: Plan): Promise<TestServer> {
    const outer = enter(plan);
    const gone = new Promise((resolve) => outer.once('close', resolve));
    try {
      const pid = Number(await firstLine(outer, plan.name));
      await listening(plan, pid);
      const folder = `/proc/${pid}/root/etc/ssh`; // nobody was in there yet: no links
      const keys = ['ed25519', 'ecdsa'].map((type) =>
        readFileSync(`${folder}/ssh_host_${type}_key.pub`, 'utf8').trimEnd(),
      );
      return new TestServer(plan, outer, pid, keys);
    } catch (error) {
      outer.kill('SIGKILL'); // process 1 goes with it, and with that everything inside
      await gone;
      throw error;
    }
  }

  /** Runs a program inside, as root unless said otherwise; a string is given to `sh -c`. Also works while switched off. */
  async run(argv: readonly string[] | string, options: RunOptions = {}): Promise<Answer> {
    if (!existsSync(`/proc/${this.pid}/ns/pid`)) throw new Error(`server ${this.name} is gone`);
    const words = typeof argv === 'string' ? ['/bin/sh', '-c', argv] : [...argv];
    const { user, env, ...rest } = options;
    const variables = Object.entries(env ?? {}).map(([key, value]) => `${key}=${value}`);
    const inside =
      user === undefined ? words : asUser(user, [...(variables.length > 0 ? ['env', ...variables] : []), ...words]);
    const nsenter = ['nsenter', '-t', String(this.#inside()), '--mount', '--uts', '--ipc', '--pid', '--'];
    // Whoever started the tests has a login uid, perhaps; what root does on a server has none.
    const clean = ['/bin/dash', '-c', 'echo 4294967295 > /proc/self/loginuid; cd /root; exec "$@"', 'run'];
    return command([...nsenter, ...clean, ...inside], { ...rest, env: { PATH, HOME: '/root', ...env } });
  }

  /** As `run`, but anything other than status 0 throws. Gives standard output. */
  async must(argv: readonly string[] | string, options: RunOptions = {}): Promise<string> {
    const answer = await this.run(argv, options);
    if (answer.status === 0) return answer.stdout;
    const what = typeof argv === 'string' ? argv : argv.join(' ');
    throw new Error(`on ${this.name}, status ${answer.status}: ${what}\n${answer.stdout}${answer.stderr}`);
  }

  read(path: string): Promise<string> {
    return this.must(['cat', '--', path]);
  }

  /** Makes the folders on the way. Owner root; an existing file keeps owner and, without `mode`, its mode. */
  async write(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
    const text = 'umask 022; mkdir -p -- "$(dirname -- "$1")" && cat > "$1" && { [ -z "$2" ] || chmod "$2" "$1"; }';
    await this.must(['/bin/dash', '-c', text, 'write', path, mode?.toString(8) ?? ''], { input: content });
  }

  async exists(path: string): Promise<boolean> {
    return (await this.run(['test', '-e', path])).status === 0;
  }

  /** A Unix account with a home, as useradd makes it. */
  async addUser(name: string, options: UserOptions = {}): Promise<void> {
    const useradd = ['useradd', '-m', '-s', options.shell ?? '/bin/bash'];
    if (options.uid !== undefined) useradd.push('-u', String(options.uid));
    if (options.groups !== undefined) useradd.push('-G', options.groups.join(','));
    await this.must([...useradd, name]);
    if (options.password !== undefined) await this.must(['chpasswd'], { input: `${name}:${options.password}\n` });
    if (options.authorizedKeys === undefined) return;
    const text = 'umask 077; cd ~ && mkdir -p .ssh && cat > .ssh/authorized_keys';
    const lines = options.authorizedKeys.map((line) => `${line}\n`).join('');
    await this.must(['/bin/dash', '-c', text], { user: name, input: lines });
  }

  /** Adds a line to root's authorized_keys. */
  async addRootKey(line: string): Promise<void> {
    await this.must('umask 077; mkdir -p /root/.ssh && cat >> /root/.ssh/authorized_keys', { input: `${line}\n` });
  }

  /** Switched off: every process but the first is killed at once; the disk stays. Connections are refused afterwards. */
  async stop(): Promise<void> {
    if (this.#plan.options.systemd === undefined) await this.must(['/bin/dash', '-c', 'kill -s KILL -- -1']);
    else for (const pid of processesIn(this.#namespace)) if (pid !== this.pid) process.kill(pid, 'SIGKILL');
    await until(() => this.processes().length <= 1, `${this.name} does not stop`);
  }

  /** Switched on again, with the same disk; /run and /tmp are empty, as after any start. */
  async start(): Promise<void> {
    const { fleet, name } = this.#plan;
    const { BOOT, ADDRESS, PORT, CRON, SOCKET } = startedWith(this.#plan);
    await this.must(['/bin/dash', '-c', BOOT, 'boot', ADDRESS, PORT, CRON, SOCKET, cgroupName(fleet, name)]);
    await this.#listening();
  }

  /** What `systemctl reload ssh` does: `sshd -t`, then SIGHUP. Throws, and changes nothing, when the settings are wrong. */
  async reloadSshd(): Promise<void> {
    await this.must(`sshd -t && pid=$(cat ${SSHD_PID}) && rm ${SSHD_PID} && kill -HUP "$pid"`);
    await this.#listening();
  }

  /** What sshd wrote since the server was made. */
  sshdLog(): Promise<string> {
    return this.read('/var/log/auth.log');
  }

  /** The numbers, on this machine, of all processes inside, the first one included. */
  processes(): number[] {
    const systemd = this.#inside();
    const below = systemd === this.pid ? [] : processesIn(readlinkSync(`/proc/${systemd}/ns/pid`));
    return [...processesIn(this.#namespace), ...below];
  }

  /** Ends the server for good, and looks whether anything is left of it. */
  async end(): Promise<void> {
    const ended = this.#outer.exitCode !== null || this.#outer.signalCode !== null;
    const exit = ended ? undefined : new Promise((resolve) => this.#outer.once('exit', resolve));
    if (!ended && existsSync(`/proc/${this.pid}`)) process.kill(this.pid, 'SIGKILL');
    await exit;
    // Who entered from outside is reaped outside, perhaps a moment later.
    await until(() => processesIn(this.#namespace).length === 0, '').catch(() => undefined);
    const left = processesIn(this.#namespace);
    const { fleet, name, options } = this.#plan;
    if (options.systemd !== undefined) removeCgroup(cgroupName(fleet, name)); // throws while anything runs in it
    if (left.length > 0) throw new Error(`of server ${this.name} these processes are left: ${left.join(' ')}`);
  }

  async #listening(): Promise<void> {
    await listening(this.#plan, this.pid).catch(async (error) => {
      throw new Error(`${error.message}\n${(await this.sshdLog()).split('\n').slice(-10).join('\n')}`);
    });
  }

  /** Whose namespaces are the server's: process 1, or the systemd below it while that runs. */
  #inside(): number {
    return (this.#plan.options.systemd === undefined ? undefined : systemdOf(this.#namespace)) ?? this.pid;
  }
}

/** What enter.sh and both boot scripts are told. */
function startedWith({ place, options }: Plan) {
  return {
    BOOT: options.systemd === undefined ? BOOT : BOOT_SYSTEMD,
    ADDRESS: place.address,
    PORT: String(place.port),
    CRON: options.withCron ? '1' : '',
    SOCKET: options.systemd === 'socket' ? '1' : '',
  };
}

/** Waits until sshd, or the socket that starts it, takes connections. */
async function listening({ name, place, options }: Plan, pid: number): Promise<void> {
  const isThere = (): boolean | Promise<boolean> =>
    options.systemd === 'socket' ? answers(place.address, place.port) : existsSync(`/proc/${pid}/root${SSHD_PID}`);
  await until(isThere, `sshd of ${name} does not listen`);
}

function asUser(user: string, words: readonly string[]): string[] {
  return ['runuser', '-l', user, '-s', '/bin/sh', '-c', words.map(quoted).join(' ')];
}

/** Both ends hold on to each other: when this process dies, unshare dies, and with it the server's process 1. */
function enter(plan: Plan): ChildProcess {
  const namespaces = ['--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child=KILL', '--propagation', 'private'];
  const argv = ['--pdeathsig', 'KILL', 'unshare', ...namespaces, '/bin/dash', '-c', 'eval "$ENTER"'];
  const { fleet, name, options } = plan;
  return spawn('setpriv', argv, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH,
      LC_ALL: 'C.UTF-8',
      ...plan.identities,
      ENTER, // not as an argument: `ps` would show all of it
      FLEET: fleet,
      NAME: name,
      TREE: (options.tree ?? '').replace(/\/+$/, ''),
      SHELL_PATH: options.shell === undefined ? '' : SHELLS[options.shell],
      ...startedWith(plan),
      CGROUP: cgroupName(fleet, name),
    },
  });
}

/** The number that enter.sh prints when all is set up. */
function firstLine(outer: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    let complaint = '';
    outer.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      if (said.includes('\n')) resolve(said.slice(0, said.indexOf('\n')));
    });
    outer.stderr?.setEncoding('utf8').on('data', (chunk: string) => (complaint += chunk));
    outer.once('error', reject);
    outer.once('close', (status) => reject(new Error(`server ${name} did not start, status ${status}\n${complaint}`)));
  });
}

async function until(holds: () => boolean | Promise<boolean>, otherwise: string): Promise<void> {
  const end = Date.now() + READY_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`${otherwise} after ${READY_MS / 1000} s`);
    await sleep(10);
  }
}

/** Processes of one pid namespace, as this machine numbers them. */
function processesIn(namespace: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!(pid > 0)) return false;
      try {
        return readlinkSync(`/proc/${pid}/ns/pid`) === namespace;
      } catch {
        return false; // ended in the meantime
      }
    });
}
