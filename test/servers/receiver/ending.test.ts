/** Taken away means gone: everything that can outlive a login ends, and nothing of anybody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs, openSession, ssh, startFleet, trees, type Fleet, type Session, type TestServer } from '../../fleet/index.ts';
import { Bench, lines } from './bench.ts';
import { bare, idOf, requestText, revocationText, sha256 } from './texts.ts';
import type { Person } from './texts.ts';

describe.skipIf(needs() !== undefined).each(trees())('what ends with an access, on $name', ({ tree }) => {
  let fleet: Fleet;
  let server: TestServer;
  let bench: Bench;
  let dave: Person;
  let erin: Person;
  const sessions: Session[] = [];
  beforeAll(async () => {
    fleet = await startFleet(['web-1'], { withCron: true, ...(tree === undefined ? {} : { tree }) });
    server = fleet.server('web-1');
    // OpenSSH from 9.8 on would shut this address out for all the refusals that are asked for here.
    await server.must("! sshd -T | grep -q '^persourcepenalties' || sed -i '1i PerSourcePenalties no' /etc/ssh/sshd_config");
    await server.reloadSshd();
    bench = await Bench.make();
    await bench.enroll(server);
    dave = {
      id: bench.ids.dave,
      account: 'dave',
      keys: [bench.login('dave', 'restrict,pty,port-forwarding')],
      sudo: [{ runAs: 'root', command: 'ALL' }],
    };
    erin = { id: bench.ids.erin, account: 'erin', keys: [bench.login('erin')] };
  });
  afterAll(async () => {
    await Promise.all(sessions.map((session) => session.end()));
    bench?.clean();
    await fleet?.stop();
  });

  const deliver = async (people: readonly Person[], rest = {}, manifest = {}) => {
    const text = bench.manifest(server, people, manifest);
    const answer = await bench.carry(server, requestText([bench.ids.dave]) + (await bench.release([text], rest)) + text);
    expect([answer.status, answer.stderr]).toEqual([0, '']);
    return answer;
  };
  const keep = (session: Session): Session => {
    sessions.push(session);
    return session;
  };
  const asDave = (command: string) => ssh(server, 'dave', { keyFile: bench.keys.dave.path, command });
  const processesOf = async (): Promise<string> =>
    (await server.run("for p in /proc/[0-9]*; do grep -qsx $(id -u dave) $p/loginuid && tr '\\0' ' ' < $p/cmdline; done; ps -o args= -u dave")).stdout;

  it('ends nine kinds of running things, and nothing of the other', async () => {
    await deliver([dave, erin]);
    const key = { keyFile: bench.keys.dave.path };
    const mux = `${bench.folder}/mux`;
    const shell = keep(openSession(server, 'dave', { ...key, args: ['-tt'], command: 'echo here; cat' }));
    const master = keep(openSession(server, 'dave', { ...key, args: ['-M', '-S', mux], options: ['ControlMaster=yes', `ControlPath=${mux}`], command: 'echo here; cat' }));
    const tunnel = keep(openSession(server, 'dave', { ...key, args: ['-v', '-N', '-L', '127.77.0.251:9471:127.0.0.1:22'], options: ['LogLevel=DEBUG'] }));
    const root = keep(openSession(server, 'dave', { ...key, args: ['-tt'], command: 'sudo -n sh -c "echo here; sleep 3001"' }));
    const other = keep(openSession(server, 'erin', { keyFile: bench.keys.erin.path, command: 'echo here; cat' }));
    await Promise.all([shell, master, root, other].map((session) => session.says('here')));
    await tunnel.says('Entering interactive session');
    const planted = await asDave(
      "echo '* * * * * true' | crontab -; echo true | at now + 9 hours 2> /dev/null; tmux new-session -d 'sleep 3002'; " +
        'setsid -f sleep 3003 > /dev/null 2>&1 < /dev/null; (nohup sleep 3004 > /dev/null 2>&1 < /dev/null &); ' +
        'sudo -n setsid -f sleep 3005 > /dev/null 2>&1 < /dev/null; mkdir -p ~/.ssh; ' +
        `echo '${bench.keys['dave-old'].publicLine}' > ~/.ssh/authorized_keys; chmod 700 ~/.ssh; chmod 600 ~/.ssh/authorized_keys; echo planted`,
    );
    expect(planted.stdout).toBe('planted\n');
    const tmux = await server.exists('/usr/bin/tmux'); // not every tree has it
    const before = await bench.carry(server, requestText([bench.ids.dave]));
    expect(lines(before, 'running').map((line) => line.split(' ').slice(2).join(' '))).toEqual([
      'at 1',
      'cron 1',
      expect.stringMatching(/^process \d+$/),
      'session 3',
      'sudo 1',
      ...(tmux ? ['tmux 1'] : []),
      'tunnel 1',
    ]);
    expect(lines(before, 'root')).toEqual([`${bench.ids.dave} dave sudo`]);

    const text = revocationText({ signer: bench.ids.bob, id: bench.ids.dave, keys: [bare(bench.keys.dave)] });
    const answer = await bench.carry(server, requestText([bench.ids.dave]) + text + (await bench.sign(text, 'revocation', ['bob'])));
    expect([answer.status, answer.stderr]).toEqual([0, '']);
    expect(lines(answer, 'ended')).toEqual(lines(before, 'running'));
    expect(lines(answer, 'running')).toEqual([]);
    expect(lines(answer, 'revocation')).toEqual([sha256(text)]);
    expect(lines(answer, 'account')).toEqual([`${bench.ids.dave} dave locked`, `${bench.ids.erin} erin open`]);

    await Promise.all([shell, master, tunnel, root].map((session) => session.ended));
    expect(other.isOpen()).toBe(true);
    expect(await processesOf()).toBe('');
    expect((await server.run('pgrep -f "[s]leep 300"')).stdout).toBe('');
    expect((await asDave('true')).status).toBe(255);
    expect((await ssh(server, 'dave', { keyFile: bench.keys['dave-old'].path, command: 'true' })).status).toBe(255);
    expect((await ssh(server, 'erin', { keyFile: bench.keys.erin.path, command: 'true' })).status).toBe(0);
    expect((await server.run('crontab -l -u dave')).status).not.toBe(0);
    expect((await server.run('atq')).stdout).toBe('');
    // Locked, not merely without a key: a planted key of an open account would be refused by the group alone.
    expect((await server.must('getent shadow dave')).split(':')[7]).toBe('1');
  }, 120_000);

  it('refuses the revoked key on an account that keyward does not manage', async () => {
    await server.addUser('legacy', { authorizedKeys: [bench.keys.dave.publicLine, bench.keys['dave-old'].publicLine] });
    expect((await ssh(server, 'legacy', { keyFile: bench.keys['dave-old'].path, command: 'true' })).status).toBe(0);
    expect((await ssh(server, 'legacy', { keyFile: bench.keys.dave.path, command: 'true' })).status).toBe(255);
  });

  it('brings jobs back when the revocation is undone, under a key that is not revoked', async () => {
    const [held] = lines(await bench.carry(server, requestText()), 'revocation');
    const back = { ...dave, keys: [bench.login('dave-old')] };
    const undone = await deliver([back, erin], { undone: [held ?? ''] }, { revokedKeys: [bare(bench.keys.dave)] });
    expect(lines(undone, 'revocation')).toEqual([]);
    expect(lines(undone, 'account')[0]).toBe(`${bench.ids.dave} dave open`);
    expect((await ssh(server, 'dave', { keyFile: bench.keys['dave-old'].path, command: 'crontab -l; atq' })).stdout).toMatch(/^\* \* \* \* \* true\n\d+\t/);
    expect((await asDave('true')).status).toBe(255); // the old key stays dead
  });

  it('ends the sessions of a key that is revoked while another of the person stays', async () => {
    const both = { ...dave, keys: [bench.login('dave-old'), bench.login('mallory')] };
    await deliver([both, erin], {}, { revokedKeys: [bare(bench.keys.dave)] });
    const thief = keep(openSession(server, 'dave', { keyFile: bench.keys.mallory.path, command: 'echo here; cat' }));
    await thief.says('here');
    const text = revocationText({ signer: bench.ids.bob, keys: [bare(bench.keys.mallory)] });
    const answer = await bench.carry(server, requestText() + text + (await bench.sign(text, 'revocation', ['bob'])));
    expect(lines(answer, 'ended').map((line) => line.split(' ')[2])).toContain('session');
    await thief.ended;
    expect((await ssh(server, 'dave', { keyFile: bench.keys['dave-old'].path, command: 'crontab -l' })).stdout).toBe('* * * * * true\n');
    const again = await bench.carry(server, requestText() + text + (await bench.sign(text, 'revocation', ['bob'])));
    expect(lines(again, 'ended')).toEqual([]);
  });

  it('gives an account to another id only with the word for it, and ends all of the first one', async () => {
    const carla = { id: idOf('emp', 'carla'), account: 'erin', keys: [bench.login('carol')] };
    const text = bench.manifest(server, [carla]);
    const without = await bench.carry(server, requestText() + (await bench.release([text])) + text);
    expect([without.status, lines(without, 'failed')]).toEqual([4, ['account erin account-taken']]);
    await deliver([erin]);
    const first = keep(openSession(server, 'erin', { keyFile: bench.keys.erin.path, command: 'echo here; cat' }));
    await first.says('here');
    await deliver([{ ...carla, from: bench.ids.erin }]);
    await first.ended;
    expect((await ssh(server, 'erin', { keyFile: bench.keys.erin.path, command: 'true' })).status).toBe(255);
    expect((await ssh(server, 'erin', { keyFile: bench.keys.carol.path, command: 'true' })).status).toBe(0);
  });

  it('leaves the courier nothing but the receiver', async () => {
    const courier = { keyFile: bench.keys.courier.path };
    const asked = await ssh(server, 'keyward-courier', { ...courier, command: 'id', input: requestText() });
    expect(asked.stdout.startsWith('keyward-receipt v1\n')).toBe(true);
    expect((await ssh(server, 'keyward-courier', { ...courier, args: ['-tt'], input: '' })).stdout).not.toMatch(/[$#] /);
    const forward = await ssh(server, 'keyward-courier', { ...courier, args: ['-W', '127.0.0.1:22'], timeout: 10_000 });
    expect(forward.stderr).toMatch(/administratively prohibited|forwarding failed/);
    expect((await ssh(server, 'keyward-courier', { ...courier, args: ['-s'], command: 'sftp', input: requestText() })).stdout).toMatch(/^keyward-receipt/);
    const through = (text: string) => server.run(['runuser', '-u', 'keyward-courier', '--', ...text.split(' ')]);
    expect((await through('sudo -n /usr/local/sbin/keyward-receive tick')).status).toBe(1);
    expect((await through('sudo -n /usr/local/sbin/keyward-receive pin')).status).toBe(1);
    expect((await through('sudo -n /bin/sh')).status).toBe(1);
    expect((await through('sudo -n -u dave /bin/sh')).status).toBe(1);
    for (const key of ['alice', 'dave-old', 'mallory'] as const) {
      expect((await ssh(server, 'keyward-courier', { keyFile: bench.keys[key].path, input: requestText() })).status).toBe(255);
    }
  });
});
