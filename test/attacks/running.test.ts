/**
 * Who is out tries to stay: programs that look like sshd, that fork faster than they are listed, in numbers and depths that
 * a list does not hold. Each is gone after one revocation, and nothing of anybody else; an account that was made root's
 * equal ends no daemon.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needs, ssh, startFleet, type Fleet, type TestServer } from '../fleet/index.ts';
import { Bench, lines } from '../servers/receiver/bench.ts';
import { idOf, requestText, revocationText } from '../servers/receiver/texts.ts';

/** A program that starts another one and ends, for ever: no number of a process is good for long. */
const HOPPER = `perl -e 'for(;;){ $p = fork; exit if $p; }'`;
const BACKGROUND = '> /dev/null 2>&1 < /dev/null';

const STAYS: readonly (readonly [string, string, string])[] = [
  ['a program that calls itself the listening sshd', `cp /bin/sleep ~/sshd; bash -c 'exec -a "sshd: /usr/sbin/sshd [listener]" ~/sshd 4001' ${BACKGROUND} &`, 'listener'],
  ['six programs that fork and end, over and over', `for i in 1 2 3 4 5 6; do setsid ${HOPPER} ${BACKGROUND} & done;`, 'fork'],
  ['two of them as somebody else, who also has programs of their own', `for i in 1 2; do sudo -n -u deploy setsid ${HOPPER} ${BACKGROUND} & done;`, 'fork'],
  ['a program whose first thread has ended, as somebody else', `sudo -n -u deploy perl -Mthreads -e 'threads->create(sub { sleep 4003 }); syscall($ARGV[0] =~ /86/ ? 60 : 93, 0)' $(uname -m) ${BACKGROUND} &`, '4003'],
  ['a chain of a thousand programs, each the child of the one before', `perl -e 'for(1..1000){ if($p=fork){ wait; exit } } sleep 4002' ${BACKGROUND} &`, 'sleep 4002'],
];

describe.skipIf(needs() !== undefined)('what somebody who is out leaves running', () => {
  let fleet: Fleet;
  let server: TestServer;
  let bench: Bench;
  let turn = 0;
  let gone = 0;
  beforeAll(async () => {
    fleet = await startFleet(['web-1']);
    server = fleet.server('web-1');
    bench = await Bench.make();
    await bench.enroll(server);
    await server.addUser('deploy');
    await server.must(`setsid sleep 4400 ${BACKGROUND} &`, { user: 'deploy' });
  });
  afterAll(async () => {
    console.log(`${gone} of ${STAYS.length} ways to go on running end with one revocation`);
    bench?.clean();
    await fleet?.stop();
  });
  const account = (): string => `dave${turn}`;
  const id = (): string => idOf('emp', `dave${turn}`);
  beforeEach(async () => {
    turn += 1;
    await server.must(`sed -i '/^dave${turn - 1}:/d' /etc/passwd`);
    const people = [
      { id: id(), account: account(), keys: [bench.login('dave')], sudo: [{ runAs: 'deploy', command: 'ALL' }] },
      { id: bench.ids.erin, account: 'erin', keys: [bench.login('erin')] },
    ];
    const text = bench.manifest(server, people);
    const answer = await bench.receive(server, requestText() + (await bench.release([text])) + text);
    expect([answer.status, answer.stderr]).toEqual([0, '']);
  });
  const as = (name: 'dave' | 'erin', command: string) => ssh(server, name === 'dave' ? account() : 'erin', { keyFile: bench.keys[name].path, command });
  const revoke = async () => {
    const text = revocationText({ signer: bench.ids.bob, id: id() });
    return bench.receive(server, requestText([id()]) + text + (await bench.sign(text, 'revocation', ['bob'])));
  };
  /** Whether anything runs under this uid or login uid; a hopper is in no list, but it uses up numbers. */
  const running = async (name: string): Promise<boolean> => {
    const listed = await server.run(`u=$(id -u ${name}); grep -sqE "^Uid:.$u" /proc/[0-9]*/status || grep -sqx "$u" /proc/[0-9]*/loginuid`);
    const used = await server.must("for i in 1 2; do sed 's/.* //' /proc/loadavg; sleep 0.3; done");
    const [first = 0, second = 0] = used.trim().split('\n').map(Number);
    return listed.status === 0 || (name !== 'erin' && second - first > 40);
  };

  it.each(STAYS)('%s', async (_, begin) => {
    expect((await as('erin', `setsid sleep 4100 ${BACKGROUND} & echo begun`)).stdout).toBe('begun\n');
    expect((await as('dave', `${begin} echo begun`)).stdout).toBe('begun\n');
    expect([await running(account()), await running('erin')]).toEqual([true, true]);
    const answer = await revoke();
    expect([answer.status, answer.stderr]).toEqual([0, '']);
    expect(lines(answer, 'failed')).toEqual([]);
    expect([await running(account()), await running('erin')]).toEqual([false, true]);
    await server.must('pkill -u erin sleep');
    // Of deploy nothing but its own program is left, and that goes on.
    expect(await server.must('ps -o stat=,args= -u deploy')).toMatch(/^S\S* +sleep 4400\n$/);
    gone += 1;
  }, 60_000);

  it('says that something may run where nobody can be signalled in one step, as with the setpriv of busybox', async () => {
    await server.must("mv /usr/bin/setpriv /root/setpriv; printf '#!/bin/sh\\nexit 1\\n' > /usr/bin/setpriv; chmod 755 /usr/bin/setpriv");
    try {
      expect((await as('dave', `setsid sleep 4500 ${BACKGROUND} & echo begun`)).stdout).toBe('begun\n');
      const answer = await revoke();
      expect([answer.status, lines(answer, 'failed')]).toEqual([4, ['process - cannot be ended in one step: what forks fast may still run']]);
      expect(await running(account())).toBe(false);
    } finally {
      await server.must('mv /root/setpriv /usr/bin/setpriv');
    }
  }, 60_000);

  it('ends no daemon of root when the account was given uid 0, and says that something may run', async () => {
    await server.must(`usermod -o -u 0 ${account()}`);
    await server.must(`setsid sleep 4200 ${BACKGROUND} &`);
    const answer = await revoke();
    expect([answer.status, lines(answer, 'failed')]).toEqual([4, [`account ${account()} account-not-managed`, `process ${account()} still runs`]]);
    expect((await server.run('pgrep -f "[s]leep 4200"')).status).toBe(0);
    expect(lines(answer, 'account')).toContain(`${id()} ${account()} locked`);
    await server.must('pkill -f "[s]leep 4200"');
  }, 60_000);

  it('names a listening sshd of root that bears their login uid, and lets it be: it may be the way in for everybody', async () => {
    const real = Number(await server.read('/run/sshd.pid'));
    const uid = (await server.must(`id -u ${account()}`)).trim();
    await server.must(`cp /bin/sleep /tmp/sshd; sh -c 'echo ${uid} > /proc/self/loginuid; exec setsid bash -c "exec -a \\"sshd: x [listener]\\" /tmp/sshd 4300"' ${BACKGROUND} &`);
    await server.must('sleep 0.3');
    const answer = await revoke();
    expect([answer.status, lines(answer, 'failed')]).toEqual([4, [`process ${account()} still runs`]]);
    expect(Number(await server.read('/run/sshd.pid'))).toBe(real);
    await server.must('pkill -f "[s]shd: x"');
    expect((await as('erin', 'true')).status).toBe(0);
  }, 60_000);
});
