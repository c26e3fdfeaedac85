/**
 * All that bob has open when he is taken out, and looking at it from outside keyward: as root on the server, by its own
 * programs.
 */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestServer } from '../test/fleet/index.ts';
import type { Cast } from './cast.ts';
import { equal, soon, type Seen } from './checks.ts';
import type { Left } from './stage.ts';

export interface LeftRunning {
  readonly shell: Left;
  readonly multiplexed: Left;
  readonly tunnel: Left;
  /** A connection that goes through the tunnel. */
  readonly through: Socket;
}

/** Logs in four times over and leaves something behind each time; checks that each of them really is there. */
export async function leaveRunning({ checks, bob, web1, db1 }: Cast): Promise<LeftRunning> {
  const { device } = bob;
  const shell = device.leave('ssh -tt web-1');
  const multiplexed = device.leave('ssh -M -S mux -N web-1');
  const tunnel = device.leave(`ssh -N -L ./tunnel:db-1:${db1.port} web-2`);
  shell.type('echo still-here-$((6 * 7))\n');
  await checks.that('a shell', () =>
    soon(() => (shell.said().includes('still-here-42') ? true : shell.said()), 10_000),
  );
  await checks.that('a multiplexed connection, which opens new sessions without a key', () =>
    soon(
      async () => equal((await bob.ssh('-S mux -o ControlMaster=no web-1 id -un', 'quietly')).stdout.trim(), 'bob'),
      10_000,
    ),
  );
  const through = await connected(join(device.folder, 'tunnel'));
  await checks.that("a tunnel through web-2, with the database's answer in it", () =>
    soon(() => (through.said().startsWith('SSH-2.0') ? true : 'no answer'), 10_000),
  );
  await checks.that('a tmux', async () => {
    await device.must(`ssh web-1 "tmux new-session -d -s night 'sleep 7001'"`);
    return soon(() => runs(web1, 'sleep 7001'));
  });
  await checks.that('a detached process, and one more as deploy through sudo', async () => {
    await device.must(`ssh web-1 'setsid nohup sleep 7002 > /dev/null 2>&1 < /dev/null &'`);
    await device.must(`ssh web-1 'sudo -n -u deploy setsid nohup sleep 7003 > /dev/null 2>&1 < /dev/null &'`);
    return soon(async () => both(await runs(web1, 'sleep 7002'), await runs(web1, 'sleep 7003')));
  });
  await checks.that('a cron job, each minute', async () => {
    await device.must(`ssh web-1 'echo "* * * * * date >> /tmp/by-cron" | crontab -'`);
    return equal((await web1.run('crontab -u bob -l')).stdout.trim(), '* * * * * date >> /tmp/by-cron');
  });
  await checks.that('an at job', async () => {
    await device.must(`ssh web-1 'echo "date > /tmp/by-at" | at now + 2 hours' 2>&1`);
    return equal(await atJobs(web1), 1);
  });
  return { shell, multiplexed, tunnel, through: through.socket };
}

/** What runs for an account or for a login of that account, whatever uid it has now: counted by /proc. */
export async function processesOf(server: TestServer, account: string): Promise<number> {
  const script = `uid=$(id -u "$1") && for process in /proc/[0-9]*; do
    [ "$(cat "$process/loginuid" 2> /dev/null)" = "$uid" ] || [ "$(stat -c %u "$process" 2> /dev/null)" = "$uid" ] || continue
    echo "$process"
  done`;
  return (await server.must(['/bin/sh', '-c', script, 'count', account])).split('\n').filter((line) => line !== '')
    .length;
}

export async function atJobs(server: TestServer): Promise<number> {
  return (await server.must('atq')).split('\n').filter((line) => line !== '').length;
}

/** Whether exactly this command line runs there. */
export async function runs(server: TestServer, command: string): Promise<Seen> {
  return (await server.run(['pgrep', '-f', '-x', command])).status === 0 ? true : `no ${command}`;
}

function both(one: Seen, other: Seen): Seen {
  return one === true ? other : one;
}

/** Connects as soon as there is something to connect to. */
async function connected(path: string): Promise<{ readonly socket: Socket; said(): string }> {
  const limit = Date.now() + 10_000;
  for (;;) {
    try {
      const socket = await new Promise<Socket>((resolve, reject) => {
        const trial = connect(path, () => resolve(trial));
        trial.once('error', reject);
      });
      let heard = '';
      socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
      socket.on('error', () => {}); // the other end goes away: that is the point
      return { socket, said: () => heard };
    } catch (error) {
      if (Date.now() > limit) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
