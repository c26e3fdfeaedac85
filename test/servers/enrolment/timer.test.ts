/**
 * Who runs the receiver each minute, with a real cron and a real systemd: that it stopped is seen ten minutes later and named,
 * whichever it is; delivering starts systemd's again, and a dead cron stays named until somebody starts it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs, needsSystemd } from '../../fleet/index.ts';
import type { ServerOptions } from '../../fleet/index.ts';
import { Company } from '../line/company.ts';

interface Drift {
  readonly status: number;
  readonly targets: readonly { readonly differences: readonly { readonly what: string; readonly subject: string }[] }[];
}

const TICKED = '/etc/ssh/keyward/ticked';
interface Kind {
  readonly name: string;
  readonly fleet: ServerOptions;
  readonly reason: string | undefined;
  /** What happened, and what makes it so. */
  readonly stops: readonly (readonly [string, string])[];
  readonly by: 'somebody' | 'delivering';
  /** What else differs when its unit is masked. */
  readonly also: readonly string[];
}

const KINDS: readonly Kind[] = [
  {
    name: 'cron',
    fleet: { withCron: true },
    reason: needs(),
    stops: [['its daemon is dead', 'kill -KILL $(pidof cron)']],
    by: 'somebody',
    also: [],
  },
  {
    name: 'systemd',
    fleet: { systemd: 'service' },
    reason: needsSystemd(),
    stops: [
      ['the timer is stopped', 'systemctl stop keyward.timer'],
      ['the timer is disabled', 'systemctl disable -q --now keyward.timer'],
      [
        'the timer is masked',
        'systemctl stop keyward.timer; ln -sf /dev/null /etc/systemd/system/keyward.timer; systemctl daemon-reload',
      ],
    ],
    by: 'delivering',
    also: ['file /etc/systemd/system/keyward.timer'],
  },
];

for (const { name, fleet, reason, stops, by, also } of KINDS)
  describe.skipIf(reason !== undefined)(
    `the timer by ${name}${reason === undefined ? '' : ` (skipped: ${reason})`}`,
    () => {
      let company: Company;
      beforeAll(async () => {
        company = await Company.found({ servers: ['one'], signers: ['alice'], employees: ['dave'], fleet });
        company.rules('{ name: all, to: { employees: [dave] }, servers: { names: ["*"] } }');
        await company.apply();
      }, 60_000);
      afterAll(() => company?.end());

      const age = (): Promise<string> => company.server('one').must(`touch -d '-11 minutes' ${TICKED}`);
      const runs = async (): Promise<boolean> => (await company.server('one').must(`find ${TICKED} -mmin -2`)) !== '';
      /** Until it ran again, by itself. */
      const itRuns = async (): Promise<void> => {
        const limit = Date.now() + 70_000;
        while (!(await runs())) {
          if (Date.now() > limit) throw new Error('it did not run for 70 seconds');
          await sleep(500);
        }
      };
      const drift = async (): Promise<readonly [number, readonly string[]]> => {
        const { status, targets } = await company.json<Drift>('alice', 'drift');
        return [
          status,
          targets.flatMap(({ differences }) => differences.map(({ what, subject }) => `${what} ${subject}`)),
        ];
      };

      it('leaves the time of each run', async () => {
        await age();
        await itRuns();
        expect(await drift()).toEqual([0, []]);
      }, 90_000);

      it.each(stops)(
        `is named when %s, and runs again by ${by}`,
        async (what, words) => {
          const server = company.server('one');
          await server.must(words);
          await age();
          const differences = ['timer stopped', ...(what.includes('masked') ? also : [])].sort();
          const [status, found] = await drift();
          expect([status, [...found].sort()]).toEqual([2, differences]);
          expect((await company.keyward('alice', 'drift')).stdout).toContain('timer: stopped');
          await company.must('alice', 'deliver');
          if (by === 'delivering') {
            const state = await server.must('systemctl is-active keyward.timer; systemctl is-enabled keyward.timer');
            expect(state).toBe('active\nenabled\n');
          } else {
            expect(await drift()).toEqual([2, differences]);
            await server.must('touch -d @1 /etc/cron.d; cron');
            await itRuns();
            expect(await drift()).toEqual([0, []]);
          }
        },
        120_000,
      );
    },
  );
