/**
 * Key lines on a real sshd: it reads from each exactly the options meant, and each option does what it says, in both
 * directions. The commands of the property run as `nobody`, whose shell runs nothing.
 */
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAuthorizedKeysLine, renderKeyLine } from '../../../src/core/ssh/authorized-keys-line.ts';
import type { KeyLimits } from '../../../src/core/ssh/authorized-keys-line.ts';
import { startAgent } from '../../private-keys/secrets.ts';
import type { Agent } from '../../private-keys/secrets.ts';
import { limits } from './limits.ts';
import { startSshd, WHY_NO_SSHD } from './sshd.ts';
import type { Run, Sshd } from './sshd.ts';

const NOTHING = { pty: false, agentForwarding: false, x11: false, forwardTo: [] };
const HERE = '127.77.250.9';

describe.skipIf(WHY_NO_SSHD !== undefined)(
  `on a real sshd${WHY_NO_SSHD === undefined ? '' : ` (skipped: ${WHY_NO_SSHD})`}`,
  () => {
    let sshd: Sshd;
    let agent: Agent;
    let reached: Server;
    let target: string;
    beforeAll(async () => {
      sshd = await startSshd();
      agent = await startAgent(sshd.folder);
      reached = createServer((socket) => socket.end('reached\n'));
      await new Promise<void>((resolve) => reached.listen(0, '127.77.250.2', resolve));
      target = `127.77.250.2:${(reached.address() as AddressInfo).port}`;
    });
    afterAll(async () => {
      reached.close();
      await agent.stop();
      sshd.stop();
    });

    function line(change: Partial<KeyLimits>): string {
      return renderKeyLine(sshd.key, { allow: NOTHING, ...change });
    }

    /** What sshd says it goes by, once the key is accepted; undefined: the key was not accepted. */
    function understood({ log }: Run): Readonly<Record<string, readonly string[]>> | undefined {
      const active = log.split('\n').flatMap((text) => /^debug1: active: (.*)$/.exec(text)?.slice(1) ?? []);
      if (!log.includes('Accepted publickey for ')) return undefined;
      const of = (start: string): readonly string[] =>
        active.filter((text) => text.startsWith(start)).map((text) => text.slice(start.length).trim());
      // Its log doubles a backslash; nothing else printable is changed there.
      const commands = of('forced command: ').map((text) => text.slice(1, -1).replaceAll('\\\\', '\\'));
      return {
        flags: of('key options:').flatMap((text) => text.split(' ')),
        command: commands,
        opens: of('permitted open: '),
        listens: of('permitted listen: '),
      };
    }

    it('reads exactly the options meant', async () => {
      const sample = fc
        .sample(limits, 15)
        .map(({ allow, command, from }) => ({ allow, command, from: from && [...from, `${HERE}/32`] }));
      for (const meant of sample) {
        const text = line(meant);
        sshd.authorize(`# a comment\n${text} with a comment\n`);
        const opens = [...new Set(meant.allow.forwardTo)].sort();
        const flags = [
          ...(meant.allow.agentForwarding ? ['agent-forwarding'] : []),
          ...(meant.command === undefined ? [] : ['command']),
          ...(opens.length > 0 ? ['permitopen', 'permitlisten', 'port-forwarding'] : []),
          ...(meant.allow.pty ? ['pty'] : []),
          ...(meant.allow.x11 ? ['x11-forwarding'] : []),
        ];
        expect(understood(await sshd.ssh({ user: 'nobody', command: ['true'] })), text).toEqual({
          flags: flags.length > 0 ? flags : [''],
          command: meant.command === undefined ? [] : [meant.command],
          opens,
          listens: opens.length > 0 ? ['localhost:1'] : [],
        });
      }
      console.log(`real sshd: ${sample.length} lines read as meant`);
    }, 120_000);

    it('a planted fault is found: a line with one option more reads otherwise', async () => {
      sshd.authorize(`${line({}).replace('restrict', 'restrict,pty')}\n`);
      expect(understood(await sshd.ssh({ user: 'nobody' }))?.['flags']).toEqual(['pty']);
      sshd.authorize(`no-such-option,${line({})}\n`);
      expect(understood(await sshd.ssh({ user: 'nobody' }))).toBeUndefined();
    });

    it.each([true, false])('pty: %s', async (pty) => {
      sshd.authorize(`${line({ allow: { ...NOTHING, pty } })}\n`);
      const { stdout, stderr } = await sshd.ssh({
        args: ['-tt'],
        command: ['test', '-t', '0', '&&', 'echo', 'terminal'],
      });
      expect(stdout.includes('terminal')).toBe(pty);
      expect(stderr.includes('PTY allocation request failed')).toBe(!pty);
    });

    it.each([true, false])('agent forwarding: %s', async (agentForwarding) => {
      sshd.authorize(`${line({ allow: { ...NOTHING, agentForwarding } })}\n`);
      const { stdout } = await sshd.ssh({
        args: ['-A'],
        env: { SSH_AUTH_SOCK: agent.socket },
        command: ['echo "agent:${SSH_AUTH_SOCK:+there}"'],
      });
      expect(stdout.trim()).toBe(agentForwarding ? 'agent:there' : 'agent:');
    });

    it('a command runs whatever is asked for, also in place of SFTP', async () => {
      sshd.authorize(`${line({ command: "echo 'only this' \\$HOME" })}\n`);
      expect((await sshd.ssh({ command: ['echo', 'other'] })).stdout).toBe('only this $HOME\n');
      expect((await sshd.ssh({ args: ['-s'], command: ['sftp'] })).stdout).toBe('only this $HOME\n');
      sshd.authorize(`${line({})}\n`);
      expect((await sshd.ssh({ command: ['echo', 'other'] })).stdout).toBe('other\n');
    });

    it('from: the address listed, no other', async () => {
      for (const from of [[HERE], ['127.77.250.8/31', '2001:db8::/32']]) {
        sshd.authorize(`${line({ from })}\n`);
        expect((await sshd.ssh({ command: ['echo', 'in'] })).stdout).toBe('in\n');
        const { status, log } = await sshd.ssh({ from: '127.77.250.10', command: ['echo', 'in'] });
        expect([status, log.includes('not from a permitted host')]).toEqual([255, true]);
      }
    });

    it('local forwarding: to the target listed, to no other port, host, spelling or socket', async () => {
      const other = target.replace(/\d+$/, (port) => String(Number(port) ^ 1));
      sshd.authorize(`${line({ allow: { ...NOTHING, forwardTo: [target] } })}\n`);
      const to = async (where: string): Promise<Run> => sshd.ssh({ args: ['-W', where] });
      expect((await to(target)).stdout).toBe('reached\n');
      for (const where of [
        other,
        `127.0.0.1:${target.split(':')[1]}`,
        `localhost:${target.split(':')[1]}`,
        '127.77.250.1:22',
      ]) {
        const { stdout, stderr } = await to(where);
        expect([where, stdout, stderr.includes('administratively prohibited')]).toEqual([where, '', true]);
      }
      expect(await throughSocket()).toMatch(/open failed/);
      sshd.authorize(`${line({})}\n`);
      expect((await to(target)).stderr).toContain('administratively prohibited');
    });

    /** Asks for a Unix socket of the server, here the test's own agent, and tells what ssh says. */
    async function throughSocket(): Promise<string> {
      const { createConnection } = await import('node:net');
      const local = join(sshd.folder, 'local');
      const running = sshd.ssh({ args: ['-N', '-L', `${local}:${agent.socket}`], patience: 1500 });
      await expect.poll(() => existsSync(local), { timeout: 1400, interval: 20 }).toBe(true);
      createConnection(local)
        .on('error', () => undefined)
        .resume()
        .write('x');
      return (await running).stderr;
    }

    const LISTENERS = ['127.0.0.1:0:a:1', '0:a:1', '*:0:a:1', '45677', 'localhost:1:a:1', '1:a:1', '*:1:a:1', ':1:a:1'];
    it('remote forwarding: none, on no port, address or socket, though forwarding is allowed', async () => {
      sshd.authorize(`${line({ allow: { ...NOTHING, forwardTo: [target] } })}\n`);
      for (const listener of LISTENERS) {
        const { status, stderr } = await sshd.ssh({ user: 'nobody', args: ['-N', '-R', listener], patience: 3000 });
        expect([listener, status, /remote port forwarding failed/.test(stderr)]).toEqual([listener, 255, true]);
      }
      console.log(`remote forwarding: ${LISTENERS.length} ways refused`);
    });

    it.each([
      ['yes', undefined],
      ['no', 255],
    ])(
      'a Unix socket as listener is not for a key line to refuse: AllowStreamLocalForwarding %s',
      async (setting, expected) => {
        const other = await startSshd([`AllowStreamLocalForwarding ${setting}`]);
        try {
          other.authorize(`${renderKeyLine(other.key, { allow: { ...NOTHING, forwardTo: [target] } })}\n`);
          const { status } = await other.ssh({ args: ['-N', '-R', `${other.folder}/listener:a:1`], patience: 1500 });
          expect([status, existsSync(`${other.folder}/listener`)]).toEqual([expected, setting === 'yes']);
          expect((await other.ssh({ args: ['-W', target] })).stdout).toBe('reached\n');
        } finally {
          other.stop();
        }
      },
    );

    it('the same without permitlisten would listen, so the test above looks', async () => {
      sshd.authorize(
        `${line({ allow: { ...NOTHING, forwardTo: [target] } }).replace(',permitlisten="localhost:1"', '')}\n`,
      );
      expect(
        (await sshd.ssh({ user: 'nobody', args: ['-N', '-R', '127.0.0.1:0:a:1'], patience: 1000 })).status,
      ).toBeUndefined();
    });

    it('our reader finds a key exactly where sshd does', async () => {
      const plain = sshd.key.line;
      const base64 = plain.split(' ')[1] ?? '';
      const spelled = [
        plain,
        `\t ${plain}`,
        plain.replace(' ', '\t'),
        `restrict \t${plain}`,
        `${plain}\r`,
        plain.replace('AAAA', 'AA\fAA'),
        plain.replace('AAAA', 'AA\vAA'),
        `${plain}\0x`,
        `command="echo \\"x\\"" ${plain}`,
        `${plain} \xe9`,
        `#${plain}`,
        `restrict ${base64}`,
        `ssh-rsa ${base64}`,
        `command="x ${plain}`,
        `\f${plain}`,
        `restrict\f${plain}`,
        `x${plain}`,
        `SSH-ED25519 ${base64}`,
      ];
      let keys = 0;
      for (const text of spelled) {
        sshd.authorize(`${text}\n`);
        const accepted = (await sshd.ssh({ user: 'nobody', command: ['true'] })).log.includes('Accepted publickey');
        expect([text, parseAuthorizedKeysLine(text).kind === 'key']).toEqual([text, accepted]);
        keys += Number(accepted);
      }
      console.log(`spellings: ${spelled.length}, of which sshd takes ${keys}`);
      expect(keys).toBe(10);
      // Meant to differ: what this sshd refuses for its options or its bytes may be a key to another version of it.
      for (const text of [`no-such-option ${plain}`, `${plain}AAAA`])
        expect(parseAuthorizedKeysLine(text).kind).toBe('key');
    }, 60_000);
  },
);
