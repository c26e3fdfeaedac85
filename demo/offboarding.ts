/** Scene 7: bob is taken out while he is logged in. */
import type { Cast } from './cast.ts';
import { equal } from './checks.ts';
import { atJobs, leaveRunning, processesOf, runs, type LeftRunning } from './left-running.ts';
import { denied } from './logging-in.ts';
import type { Left } from './stage.ts';

export async function offboardBob(cast: Cast): Promise<void> {
  const { narrator, checks, alice, web1, web2 } = cast;
  narrator.chapter('Bob leaves, and is still logged in');
  narrator.says('It is his last day. On the servers bob has:');
  const left = await leaveRunning(cast);
  const running = (await processesOf(web1, 'bob')) + (await processesOf(web2, 'bob'));
  await checks.that(`${running} processes in all that belong to a login of his`, () =>
    running >= 8 ? true : `only ${running}`,
  );
  narrator.gap();
  narrator.says('Taking away needs one signature, so that nobody has to be woken up for it.');
  const closed = new Promise<number>((resolve) => left.through.once('close', () => resolve(Date.now())));
  const begun = Date.now();
  const answer = await alice.types('keyward offboard bob --confirm bob --commit');
  const took = Date.now() - begun;
  await checks.that('keyward says that it is done: exit status 0', () => equal(answer.status, 0));
  narrator.gap();
  narrator.says(`The command took ${seconds(took)}. Is it true? Each thing is looked at from outside keyward, by what bob still
    holds and by root on the servers:`);
  await lookAtConnections(cast, left, closed, begun);
  await lookAtServers(cast);
  await lookAtLogins(cast);
  await alice.push('bob is out');
}

async function lookAtConnections(
  { checks, bob }: Cast,
  left: LeftRunning,
  closed: Promise<number>,
  begun: number,
): Promise<void> {
  const limit = Date.now() + PATIENCE_MS;
  const after = async (at: Promise<number>): Promise<string> => seconds((await before(limit, at)) - begun);
  const things: readonly (readonly [string, Left])[] = [
    ['his shell', left.shell],
    ['his multiplexed connection', left.multiplexed],
    ['his tunnel', left.tunnel],
  ];
  for (const [name, thing] of things) {
    const time = await after(thing.ended.then(({ at }) => at)).catch(() => undefined);
    await checks.that(`${name} has ended${time === undefined ? '' : `, ${time} after the command was typed`}`, () =>
      thing.isOpen() ? 'it is still open' : true,
    );
  }
  await checks.that('so has the connection that went through the tunnel', async () => {
    await before(limit, closed);
    return true as const;
  });
  await checks.that('the multiplexed connection opens nothing any more', async () => {
    const again = await bob.ssh('-S mux -o ControlMaster=no web-1 id -un', 'quietly');
    return again.status === 255 && !/^bob$/m.test(again.stdout) ? true : `status ${again.status}: ${again.stdout}`;
  });
}

async function lookAtServers({ checks, web1, web2 }: Cast): Promise<void> {
  await checks.that('his tmux, his detached process and the one as deploy have ended', async () => {
    const seen = await Promise.all(
      ['sleep 7001', 'sleep 7002', 'sleep 7003'].map(async (line) => ((await runs(web1, line)) === true ? line : '')),
    );
    const still = seen.filter((line) => line !== '');
    return still.length === 0 ? true : `still there: ${still.join(', ')}`;
  });
  for (const server of [web1, web2]) {
    await checks.that(`on ${server.name} no process is left that belongs to him or to a login of his`, async () =>
      equal(await processesOf(server, 'bob'), 0),
    );
  }
  await checks.that('his cron job is gone', async () => {
    const listed = await web1.run('crontab -u bob -l');
    return listed.status === 1 && /no crontab for bob/.test(listed.stderr) ? true : `${listed.stdout}${listed.stderr}`;
  });
  await checks.that('his at job is gone', async () => equal(await atJobs(web1), 0));
  await checks.that('his sudo is gone', async () => {
    const listed = await web1.run('sudo -l -U bob');
    return /not allowed to run sudo/.test(listed.stdout + listed.stderr) ? true : `${listed.stdout}${listed.stderr}`;
  });
}

async function lookAtLogins({ checks, narrator, bob, carol }: Cast): Promise<void> {
  const again = await bob.ssh('web-1 id -un');
  await checks.that('web-1 refuses his key', () => denied(again));
  const other = await bob.ssh('web-2 id -un', 'quietly');
  await checks.that('so does web-2', () => denied(other));
  const still = await carol.ssh(`web-1 'id -un; sudo -n -u deploy id -un'`);
  await checks.that('carol works on as before', () => equal(still.stdout.trim().split('\n').join(' '), 'carol deploy'));
  narrator.gap();
}

/** What has not ended so long after keyward said that it has does not end. */
const PATIENCE_MS = 5000;

async function before<T>(limit: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it is still open')), Math.max(0, limit - Date.now()));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
