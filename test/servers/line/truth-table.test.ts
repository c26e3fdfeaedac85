/**
 * Every option and limit a grant may have, from the line of the policy to a real login, in both directions: what is
 * granted works, and nobody else has it.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../fleet/index.ts';
import { Company } from './company.ts';

/** Who is granted what. Nobody is granted anything but a login beside it. */
const WHO = {
  plain: 'allow: []',
  pty: 'allow: [pty]',
  agent: 'allow: [agent-forwarding]',
  xeyes: 'allow: [x11]',
  tunnel: 'allow: [{ forward-to: ["DB"] }]',
  fixed: 'allow: [], command: /usr/bin/uptime',
  near: 'allow: [], from: [192.0.2.0/24, 127.0.0.9]',
  far: 'allow: [], from: [192.0.2.0/24]',
  ids: 'allow: [], sudo: [{ run-as: root, commands: [/usr/bin/id, /usr/bin/echo one two] }]',
  deployer: 'allow: [], sudo: [{ run-as: deploy, commands: ALL }]',
  over: 'allow: [], until: 2025-01-01T00:00:00Z',
  nobody1: undefined,
} as const;
type Who = keyof typeof WHO;
const NAMES = Object.keys(WHO) as Who[];

/** What is tried, and by whom it must work; for everybody else it must not. */
const TABLE: Readonly<Record<string, readonly Who[]>> = {
  'log in': ['plain', 'pty', 'agent', 'xeyes', 'tunnel', 'fixed', 'ids', 'deployer'],
  'log in from 127.0.0.9': ['plain', 'pty', 'agent', 'xeyes', 'tunnel', 'fixed', 'near', 'ids', 'deployer'],
  'log in from 127.0.0.8': ['plain', 'pty', 'agent', 'xeyes', 'tunnel', 'fixed', 'ids', 'deployer'],
  'run the command asked for': ['plain', 'pty', 'agent', 'xeyes', 'tunnel', 'ids', 'deployer'],
  'run the command asked for from 127.0.0.9': ['plain', 'pty', 'agent', 'xeyes', 'tunnel', 'near', 'ids', 'deployer'],
  'have a terminal': ['pty'],
  'have the agent': ['agent'],
  'have X11': ['xeyes'],
  'forward to the one target': ['tunnel'],
  'forward to another target': [],
  'listen there': [],
  'sudo as root: id': ['ids'],
  'sudo as root: id with an argument': [],
  'sudo as root: echo one two': ['ids'],
  'sudo as root: echo one': [],
  'sudo as root: a shell': [],
  'sudo as deploy: id': ['deployer'],
  'sudo as deploy: a shell': ['deployer'],
  'open the account of plain': ['plain'],
  'open root': [],
};

describe.skipIf(needs() !== undefined)(`truth tables on a real sshd${needs() === undefined ? '' : ` (${needs()})`}`, () => {
  let company: Company;
  let agent: ChildProcess;
  let socket: string;

  beforeAll(async () => {
    company = await Company.found({ servers: ['web-1', 'db-2'], signers: ['alice'], employees: NAMES });
    const db = company.server('db-2');
    const web = company.server('web-1');
    await web.addUser('deploy');
    await web.write('/usr/local/bin/xauth', '#!/bin/sh\nexit 0\n', 0o755);
    await web.run(`printf 'X11Forwarding yes\\nXAuthLocation /usr/local/bin/xauth\\n' >> /etc/ssh/sshd_config`);
    await web.reloadSshd();
    company.rules(
      ...NAMES.flatMap((who) => {
        const limits = WHO[who];
        return limits === undefined ? [] : [`{ name: ${who}, to: { employees: [${who}] }, servers: { names: [web-1] }, ${limits.replace('DB', `${db.address}:${db.port}`)} }`];
      }),
    );
    await company.apply();
    socket = join(company.folder, 'agent.sock');
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
  }, 180_000);
  afterAll(async () => {
    agent?.kill();
    await company?.end();
  });

  /** Whether it works for this person. An answer nobody foresaw fails the test. */
  const TRIES: Readonly<Record<keyof typeof TABLE, (who: Who) => Promise<boolean>>> = {
    'log in': (who) => works(who, {}),
    'log in from 127.0.0.9': (who) => works(who, { args: ['-b', '127.0.0.9'] }),
    'log in from 127.0.0.8': (who) => works(who, { args: ['-b', '127.0.0.8'] }),
    'run the command asked for': (who) => says(who, { command: 'echo it-ran' }, 'it-ran'),
    'run the command asked for from 127.0.0.9': (who) => says(who, { args: ['-b', '127.0.0.9'], command: 'echo it-ran' }, 'it-ran'),
    'have a terminal': (who) => says(who, { args: ['-tt'], command: 'tty' }, '/dev/pts/'),
    'have the agent': (who) => says(who, { options: ['ForwardAgent=yes', 'IdentityAgent=SSH_AUTH_SOCK'], env: { SSH_AUTH_SOCK: socket }, command: 'echo "socket:$SSH_AUTH_SOCK"' }, 'socket:/'),
    'have X11': (who) => says(who, { args: ['-Y'], command: 'echo "display:$DISPLAY"', env: { DISPLAY: '127.0.0.1:9' } }, 'display:localhost:'),
    'forward to the one target': (who) => reaches(who, `${company.server('db-2').address}:${company.server('db-2').port}`),
    'forward to another target': (who) => reaches(who, `${company.server('web-1').address}:${company.server('web-1').port}`),
    'listen there': (who) => works(who, { args: ['-R', '0:127.0.0.1:22'], options: ['ExitOnForwardFailure=yes'] }),
    'sudo as root: id': (who) => says(who, { command: 'sudo -n /usr/bin/id' }, 'uid=0(root)'),
    'sudo as root: id with an argument': (who) => says(who, { command: 'sudo -n /usr/bin/id root' }, 'uid=0(root)'),
    'sudo as root: echo one two': (who) => says(who, { command: 'sudo -n /usr/bin/echo one two' }, 'one two'),
    'sudo as root: echo one': (who) => says(who, { command: 'sudo -n /usr/bin/echo one' }, 'one'),
    'sudo as root: a shell': (who) => says(who, { command: 'sudo -n /bin/sh -c id' }, 'uid=0(root)'),
    'sudo as deploy: id': (who) => says(who, { command: 'sudo -n -u deploy /usr/bin/id' }, '(deploy)'),
    'sudo as deploy: a shell': (who) => says(who, { command: 'sudo -n -u deploy /bin/sh -c id' }, '(deploy)'),
    'open the account of plain': (who) => works(who, { account: 'plain' }),
    'open root': (who) => works(who, { account: 'root' }),
  };

  interface Try {
    readonly account?: string;
    readonly args?: readonly string[];
    readonly options?: readonly string[];
    readonly command?: string;
    readonly env?: Readonly<Record<string, string>>;
  }

  function run(who: Who, { account = who, args = [], options = [], command = 'true', env }: Try) {
    return company.login('web-1', account, { as: who, args: [...args], options: [...options], command, ...(env === undefined ? {} : { env }) });
  }

  async function works(who: Who, attempt: Try): Promise<boolean> {
    const { status, stderr } = await run(who, attempt);
    if (status === 0) return true;
    expect(`${status} ${stderr}`).toMatch(/Permission denied|PTY allocation|administratively|forwarding failed|remote port forwarding/i);
    return false;
  }

  async function says(who: Who, attempt: Try, words: string): Promise<boolean> {
    const { stdout, stderr, status } = await run(who, attempt);
    expect(`${stderr}`).not.toMatch(/timed out|Connection refused|reset by peer/i);
    return status === 0 && stdout.includes(words);
  }

  /** A forwarding is there when the far side's greeting comes through. */
  async function reaches(who: Who, target: string): Promise<boolean> {
    const { stdout, stderr } = await run(who, { args: ['-W', target], command: '' });
    expect(`${stderr}`).not.toMatch(/timed out|reset by peer/i);
    return stdout.includes('SSH-2.0-');
  }

  test.each(Object.entries(TABLE))('%s', async (what, may) => {
    const attempt = TRIES[what];
    if (attempt === undefined) throw new Error(`nobody knows how to try "${what}"`);
    // Four at once: a burst of more would meet MaxStartups.
    const found: Who[] = [];
    const rest = [...NAMES];
    const next = async (): Promise<void> => {
      for (let who = rest.shift(); who !== undefined; who = rest.shift()) if (await attempt(who)) found.push(who);
    };
    await Promise.all([next(), next(), next(), next()]);
    expect(found.sort()).toEqual([...may].sort());
  });

  test('it looked at every cell', () => {
    const cells = Object.keys(TABLE).length * NAMES.length;
    console.log(`truth table: ${cells} cells`);
    expect(Object.keys(TRIES).sort()).toEqual(Object.keys(TABLE).sort());
  });

  test('an end: works before it, is refused after it, by sshd alone', async () => {
    const end = new Date(Date.now() + 12_000).toISOString().replace(/\.\d+Z$/, 'Z');
    company.rules(`{ name: plain, to: { employees: [plain] }, servers: { names: [web-1] }, until: ${end} }`);
    await company.must('alice', 'approve', '--confirm', 'release-3', '--accept-risk', 'many-lose:9');
    await company.must('alice', 'deliver');
    expect((await company.login('web-1', 'plain')).status).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, Date.parse(end) - Date.now() + 1500));
    expect(await company.login('web-1', 'plain')).toMatchObject({ status: 255, stderr: expect.stringContaining('Permission denied') });
  }, 60_000);
});
