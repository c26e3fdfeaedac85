/** What surrounds a run: variables that somebody left, what begins while it opens accounts, what ends while it looks. */
import { describe, expect, it } from 'vitest';
import { needs, type TestServer } from '../../fleet/index.ts';
import { type Bench, lines, RECEIVE } from './bench.ts';
import { staged } from './stage.ts';
import { requestText } from './texts.ts';

/** Names the receiver asks for with a value for when they are not set. */
const ASKED = [...new Set([...RECEIVE.matchAll(/\$\{([a-z_]+):?[-+]/g)].map(([, name = '']) => name))].sort();

describe.skipIf(needs() !== undefined)('what surrounds a run', () => {
  let server: TestServer;
  let bench: Bench;
  staged((stage) => ({ server, bench } = stage));

  it('no variable of whoever starts it is believed', async () => {
    expect(ASKED).toEqual(['known', 'round', 'taken', 'told', 'why']);
    const dave = { id: bench.ids.dave, account: 'dave', keys: [bench.login('dave')] };
    const manifest = bench.manifest(server, [dave]);
    const bundle = requestText([dave.id]) + (await bench.release([manifest])) + manifest;
    await server.must('mkdir -p /srv/theirs');
    const known = ` ${bench.ids.alice} ${bench.ids.bob} `;
    const planted = ['env', 'told=/srv/theirs', 'round=9', 'calm=yes', 'taken=new', `known=${known}`, 'why=because', 'TZ=Asia/Tokyo', 'ENV=/nowhere', 'CDPATH=/srv'];
    const answer = await server.run([...planted, '/usr/local/sbin/keyward-receive'], { input: bundle, timeout: 60_000 });
    expect([answer.status, answer.stderr, lines(answer, 'account')]).toEqual([0, '', [`${dave.id} dave open`]]);
    const before = await server.must('readlink /etc/ssh/keyward/current');
    const tick = await server.run([...planted, '/usr/local/sbin/keyward-receive', 'tick'], { timeout: 60_000 });
    const looked = await server.run([...planted, '/usr/local/sbin/keyward-receive'], { input: requestText([dave.id]), timeout: 60_000 });
    expect([tick.status, tick.stderr, looked.status, looked.stderr]).toEqual([0, '', 0, '']);
    expect(await server.must('readlink /etc/ssh/keyward/current')).toBe(before);
    expect(await server.exists('/srv/theirs')).toBe(true);
  });

  it('who starts something for those who are out, while others are let in, is told', async () => {
    const dave = bench.ids.dave;
    const erin = { id: bench.ids.erin, account: 'erin', keys: [bench.login('erin')] };
    const theirs = 'setsid setpriv --reuid=$(id -u dave) --clear-groups sleep 300 > /dev/null 2>&1 < /dev/null 9>&- &';
    await server.must(`mv /usr/sbin/useradd /usr/sbin/useradd.real; ${theirs}`);
    await server.write('/usr/sbin/useradd', `#!/bin/sh\n${theirs}\nsleep 0.2\nexec /usr/sbin/useradd.real "$@"\n`, 0o755);
    const manifest = bench.manifest(server, [erin]);
    const answer = await bench.carry(server, requestText([dave]) + (await bench.release([manifest])) + manifest);
    expect(lines(answer, 'ended')).toEqual([`${dave} dave process 1`]);
    expect(lines(answer, 'running')).toEqual([`${dave} dave process 1`]);
    await server.must('mv /usr/sbin/useradd.real /usr/sbin/useradd');
    const next = await bench.carry(server, requestText([dave]));
    expect(lines(next, 'running')).toEqual([`${dave} dave process 1`]);
  });

  it('a process that ends while its service is looked up hides no other one’s', async () => {
    const [program] = /^stop_services\(\) \{[\s\S]*?\n\}/m.exec(RECEIVE) ?? [];
    // Reading the first fails, as of one that has ended since it was found; the second is of a service.
    const script = `set -eu; work=$(mktemp -d); : > $work/out
      sleep 60 > /dev/null 2>&1 & one=$!; sleep 60 > /dev/null 2>&1 & two=$!; pids="$one $two"
      echo '0::/system.slice/theirs.service' > $work/cgroup
      mount --bind /proc/1/mem /proc/$one/cgroup; mount --bind $work/cgroup /proc/$two/cgroup
      ! cat /proc/$one/cgroup > /dev/null 2>&1 || exit 9
      systemctl() { [ "$1" != show ] || echo "$*" > $work/asked; }
      ${program ?? 'exit 8'}
      stop_services; cat $work/asked; umount /proc/$one/cgroup /proc/$two/cgroup; kill $pids`;
    expect(await server.must(script)).toBe('show -p Id -p User theirs.service\n');
  });
});
