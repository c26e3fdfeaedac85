/**
 * One person with 20 servers and an admin login at AWS: when AWS answers that everything is denied, counted from the
 * start of the command, and whether the servers wait for AWS. AWS is the local service of the tests, which answers 40 ms
 * late, as over a network; in turns with somebody who has the servers only.
 */
import { spawn } from 'node:child_process';
import { startIam } from '../test/iam/index.ts';
import type { Iam } from '../test/iam/index.ts';
import { needs } from '../test/fleet/index.ts';
import type { Company } from '../test/servers/line/company.ts';
import { newId } from '../src/core/access/index.ts';
import { randomBytes } from 'node:crypto';
import { foundEnrolled, mostServers } from './enrolled-company.ts';
import { atMost, compared, median } from './figure.ts';
import type { Benchmark, Figure } from './figure.ts';
import { entry } from './program.ts';

const TIMES = 3;
const LATENCY_MS = 40;
const ACCOUNT = '123456789012';
const DENY_ALL = 'arn:aws:iam::aws:policy/AWSDenyAll';

/** Seconds after the start of the command. */
interface Took {
  /** Undefined where nothing was to be denied. */
  readonly denied: number | undefined;
  readonly servers: number;
  readonly whole: number;
}

export const offboardAws: Benchmark = {
  name: 'offboard-aws',
  about: 'one person out of 20 servers and AWS: when AWS denies, and whether the servers wait',
  missing: needs,
  async run(tell) {
    const size = mostServers(20);
    const people = Array.from({ length: TIMES }, (_, i) => [`both${i}`, `only${i}`]).flat();
    const company = await foundEnrolled(size, [...people, 'bob'], [`{ name: all, to: { employees: [${[...people, 'bob'].join(', ')}] }, servers: { names: ["*"] } }`]);
    const iam = await startIam({ accountId: ACCOUNT, latency: LATENCY_MS });
    try {
      await giveLogins(company, iam, people.filter((who) => who.startsWith('both')));
      const took = new Map(people.map((who) => [who, undefined as Took | undefined]));
      for (const who of people) {
        const one = await takeOut(company, iam, who, size);
        took.set(who, one);
        tell(`${who}: ${one.denied === undefined ? '' : `denied after ${one.denied.toFixed(2)} s, `}the servers after ${one.servers.toFixed(1)} s, all of it after ${one.whole.toFixed(1)} s`);
      }
      return figures(size, took);
    } finally {
      await Promise.all([iam.stop(), company.end()]);
    }
  },
};

function figures(size: number, took: ReadonlyMap<string, Took | undefined>): readonly Figure[] {
  const of = (start: string, what: keyof Took): number => median([...took].flatMap(([who, one]) => (who.startsWith(start) ? (one?.[what] ?? Number.NaN) : [])));
  return [
    atMost({ name: `AWS's answer to the deny, of a person with ${size} servers and AWS`, value: of('both', 'denied'), unit: 's' }, 1),
    compared({ name: `${size} servers out, with AWS beside them`, value: of('both', 'servers'), unit: 's' }, 'without AWS', of('only', 'servers')),
    compared({ name: `offboarding from ${size} servers and AWS, all of it`, value: of('both', 'whole'), unit: 's' }, 'without AWS', of('only', 'whole')),
  ];
}

function credentials({ endpoint, region, root }: Iam): Record<string, string> {
  return { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_ACCESS_KEY_ID: root.accessKeyId, AWS_SECRET_ACCESS_KEY: root.secretAccessKey };
}

async function giveLogins(company: Company, iam: Iam, who: readonly string[]): Promise<void> {
  const rule = `{ to: { employees: [${who.join(', ')}] }, groups: [support] }`;
  const provider = `  aws: { id: ${newId('aws', randomBytes(16))}, kind: aws-iam, account-id: "${ACCOUNT}", rules: [${rule}] }\n`;
  company.policy((text) => text.replace(/^(?=rules:)/m, `providers:\n${provider}`));
  const must = async (...args: readonly string[]): Promise<void> => {
    const ran = await company.keywardWith(credentials(iam), 'alice', ...args);
    if (ran.status !== 0) throw new Error(`keyward ${args.join(' ')} ended with ${ran.status}\n${ran.stdout}\n${ran.stderr}`);
  };
  await must('provider', 'init', 'aws', '--apply', '--confirm', 'aws');
  await company.approve();
  await must('deliver', '--timeout', '120');
}

function takeOut(company: Company, iam: Iam, who: string, size: number): Promise<Took> {
  iam.calls.clear();
  const args = [entry(), 'offboard', who, '--confirm', who, '--json', '--repo', company.repo];
  return new Promise((resolve, reject) => {
    const began = Date.now();
    const since = (time: number): number => (time - began) / 1000;
    const child = spawn(process.execPath, args, { cwd: company.repo, env: { ...company.env('alice'), ...credentials(iam) }, stdio: ['ignore', 'pipe', 'pipe'] });
    let servers = Number.NaN;
    let said = '';
    let out = '';
    child.stdout.on('data', (part: Buffer) => (out += part.toString()));
    child.stderr.on('data', (part: Buffer) => {
      said += part.toString();
      if (Number.isNaN(servers) && (said.match(/^\d+ of \d+: s\d/gm) ?? []).length === size) servers = since(Date.now());
    });
    child.on('error', reject);
    child.on('close', (status) => {
      const whole = since(Date.now());
      const states = (JSON.parse(out || '{}') as { readonly targets?: readonly { readonly state: string }[] }).targets?.filter(({ state }) => state === 'out').length;
      const deny = iam.calls.list.find(({ action, parameters, outcome }) => action === 'AttachUserPolicy' && parameters['PolicyArn'] === DENY_ALL && outcome === 'ok');
      const shouldDeny = who.startsWith('both');
      if (status !== 0 || states !== size + 1 || shouldDeny !== (deny !== undefined)) return reject(new Error(`offboard ${who} ended with ${status}, ${states} of ${size + 1} out\n${out.slice(-3000)}\n${said}`));
      resolve({ denied: deny === undefined ? undefined : since(deny.at + LATENCY_MS), servers, whole });
    });
  });
}
