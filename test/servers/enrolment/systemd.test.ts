/**
 * Servers whose process 1 is a real systemd, with sshd as a service and behind its socket: the timer fires by itself, logind's
 * sessions and what a person left with their service manager end, and a reboot opens nothing again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsSystemd, openSession, trees } from '../../fleet/index.ts';
import type { Session, TestServer } from '../../fleet/index.ts';
import { Company } from '../line/company.ts';

const KINDS = ['service', 'socket'] as const;
/** This machine's own systemd, and that of each tree in KEYWARD_TREES that has one. */
const ALL = trees().flatMap(({ name, tree }) =>
  KINDS.map((kind) => ({ name, tree, kind, reason: needsSystemd(tree) })),
);

/** What erin leaves behind: a service of her own that starts again by itself, a timer, a detached process, a lingering manager. */
const LEFT_BEHIND = `
  mkdir -p ~/.config/systemd/user/default.target.wants
  printf '[Service]\\nExecStart=/bin/sleep 7001\\nRestart=always\\nRestartSec=1\\n[Install]\\nWantedBy=default.target\\n' \
    > ~/.config/systemd/user/mine.service
  export XDG_RUNTIME_DIR=/run/user/$(id -u)
  systemctl --user daemon-reload
  systemctl --user enable -q --now mine.service
  systemd-run --user --quiet --on-active=1 --on-unit-active=1 /bin/sleep 7002
  setsid nohup sleep 7003 > /dev/null 2>&1 < /dev/null &
  sleep 2; echo all-left; exec cat`;

for (const { name, tree, kind, reason } of ALL)
  describe.skipIf(reason !== undefined)(
    `systemd of ${name} as process 1, sshd as a ${kind}${reason === undefined ? '' : ` (skipped: ${reason})`}`,
    () => {
      let company: Company;
      let server: TestServer;
      const enters = async (account: string): Promise<boolean> => (await company.login('one', account)).status === 0;
      const says = async (words: string): Promise<string> => (await server.run(words)).stdout.trim();
      const open = async (account: string): Promise<Session> => {
        const session = openSession(server, account, {
          keyFile: company.key(account).path,
          command: 'echo here; exec cat',
        });
        await session.says('here');
        return session;
      };

      beforeAll(async () => {
        company = await Company.found({
          servers: ['one'],
          signers: ['alice'],
          employees: ['dave', 'erin', 'finn', 'zoe'],
          fleet: { systemd: kind, ...(tree === undefined ? {} : { tree }) },
        });
        server = company.server('one');
        // An OpenSSH since 9.8 would pass over this address for the logins that are refused below.
        if ((await says('sshd -T')).includes('persourcepenalties '))
          await server.must(
            'echo PerSourcePenalties no > /etc/ssh/sshd_config.d/90-patient.conf; systemctl reload ssh',
          );
        company.rules('{ name: all, to: { employees: [dave, erin, finn, zoe] }, servers: { names: ["*"] } }');
        await company.apply();
      }, 120_000);
      afterAll(() => company?.end());

      it('is enrolled, sshd goes by the new settings, and the timer is a unit of systemd', async () => {
        expect(await says('cat /proc/1/comm; systemctl is-system-running')).toBe('systemd\nrunning');
        expect(await says(`systemctl is-active ssh.${kind} keyward.timer; systemctl is-enabled keyward.timer`)).toBe(
          'active\nactive\nenabled',
        );
        expect(await says('ls /etc/cron.d/keyward')).toBe('');
        expect([await enters('dave'), await enters('erin'), await enters('zoe')]).toEqual([true, true, true]);
      });

      it('ends all that somebody left with logind and a service manager, and a reboot starts none of it again', async () => {
        const [hers, other] = [
          openSession(server, 'erin', { keyFile: company.key('erin').path, command: LEFT_BEHIND }),
          await open('zoe'),
        ];
        await hers.says('all-left');
        await server.must('loginctl enable-linger erin');
        const uid = await says('id -u erin');
        const running = await says(`ps -o args= -U ${uid}`);
        for (const one of ['sleep 7001', 'sleep 7003', 'systemd --user', 'erin@notty']) expect(running).toContain(one);
        expect(await says('loginctl show-user erin -P Linger; loginctl --no-legend list-sessions')).toMatch(
          /^yes\n.*erin/s,
        );

        await company.must('alice', 'offboard', 'erin', '--confirm', 'erin');
        await hers.ended;
        await sleep(2500); // RestartSec, and the person's own timer, would have had their turn
        expect(await says(`ps -o args= -U ${uid}; ls /var/lib/systemd/linger`)).toBe('');
        expect(await says('loginctl --no-legend list-sessions')).not.toMatch(/erin/);
        expect(await says(`systemctl is-active user@${uid}.service`)).not.toBe('active');
        expect([other.isOpen(), await enters('erin'), await enters('zoe')]).toEqual([true, false, true]);
        expect(await says('loginctl --no-legend list-sessions')).toMatch(/zoe/);

        await server.stop();
        await server.start();
        expect(await says('systemctl is-system-running --wait')).toBe('running');
        expect(await says(`ps -o args= -U ${uid}`)).toBe('');
        expect([await enters('erin'), await enters('zoe')]).toEqual([false, true]);
        expect(await says('systemctl is-active keyward.timer')).toBe('active');
        expect((await company.keyward('alice', 'drift')).status).toBe(0);
      }, 60_000);

      it('ends a service of the system that runs as somebody who left, and names it when a reboot started it again', async () => {
        const unit =
          '[Service]\nUser=finn\nExecStart=/bin/sleep 7004\nRestart=always\nRestartSec=0\n[Install]\nWantedBy=multi-user.target\n';
        await server.write('/etc/systemd/system/shop.service', unit);
        await server.must('systemctl daemon-reload; systemctl enable -q --now shop.service');
        const running = 'sleep 0.5; ps -o args= -U finn';
        expect(await says(running)).toBe('/bin/sleep 7004');
        await company.must('alice', 'offboard', 'finn', '--confirm', 'finn');
        expect(await says(running)).toBe('');
        expect((await company.keyward('alice', 'drift')).status).toBe(0);

        await server.stop();
        await server.start();
        await says('systemctl is-system-running --wait');
        expect(await says(running)).toBe('/bin/sleep 7004');
        const drift = await company.keyward('alice', 'drift');
        expect([drift.status, drift.stdout]).toEqual([2, expect.stringContaining('running process: finn')]);
        await company.must('alice', 'deliver');
        expect(await says(running)).toBe('');
        expect((await company.keyward('alice', 'drift')).status).toBe(0);
        expect(await says(`systemctl is-active ssh.${kind} dbus.service systemd-logind.service`)).toBe(
          'active\nactive\nactive',
        );
      }, 60_000);

      it('takes away what has ended when the timer fires, with nobody asking', async () => {
        // A full minute: an OpenSSH before 9.1 knows no seconds of an end.
        const end = new Date(Math.ceil((Date.now() + 15_000) / 60_000) * 60_000).toISOString().replace(/\.\d+/, '');
        company.rules(
          '{ name: all, to: { employees: [zoe] }, servers: { names: ["*"] } }',
          `{ name: short, to: { employees: [dave] }, servers: { names: ["*"] }, until: ${end} }`,
        );
        await company.apply();
        const [short, other] = [await open('dave'), await open('zoe')];
        await short.ended; // at the next full minute
        expect(Date.now()).toBeLessThan(Date.parse(end) + 70_000);
        expect(await says('journalctl -q -o cat -u keyward.service')).toContain('keyward.service');
        expect(await says('awk -F: \'$1 == "dave" { print $8 }\' /etc/shadow')).toBe('1');
        expect([other.isOpen(), await enters('dave'), await enters('zoe')]).toEqual([true, false, true]);
      }, 120_000);
    },
  );
