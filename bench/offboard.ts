/**
 * One person with live sessions on 50 servers: `keyward offboard`, until every receipt and every refused login is in,
 * against an Ansible playbook and against xargs with ssh, which take the key, the account and the processes and prove
 * nothing; and against xargs with what it takes to prove as much: a login before, one that is refused, another's. Each run takes out somebody else, and all have the same: an account, a key and an open session on each server.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command, needs, openSession } from '../test/fleet/index.ts';
import type { Answer, CommandOptions, Session, TestServer } from '../test/fleet/index.ts';
import type { Company } from '../test/servers/line/company.ts';
import { bareLogins } from './bare-logins.ts';
import type { Floor } from './bare-logins.ts';
import { eachOf, foundEnrolled, mostServers } from './enrolled-company.ts';
import { compared, median } from './figure.ts';
import type { Benchmark, Figure } from './figure.ts';

const TIMES = 3;
const PROGRAM = fileURLToPath(new URL('../bin/run.js', import.meta.url));

/** One way of taking somebody out. */
interface Way {
  readonly name: string;
  /** Somebody keyward granted, or a plain account with a plain authorized_keys. */
  readonly managed: boolean;
  /** What the figure of the other is measured by. */
  readonly most?: number;
  takeOut(company: Company, who: string): Promise<Answer>;
}

/** Seconds: until it was done, and of processor time on the machine that did it, the servers' own not counted. */
interface Took {
  readonly wall: number;
  readonly cpu: number;
}

export const offboard: Benchmark = {
  name: 'offboard',
  about: 'one person with live sessions out of 50 servers',
  missing: needs,
  async run(tell) {
    const size = mostServers(50);
    const ways: Way[] = [KEYWARD, XARGS, XARGS_PROVED];
    const ansible = await command(['ansible-playbook', '--version']).then((answer) => answer.status === 0, () => false);
    if (ansible) ways.push(ANSIBLE);
    else tell('ansible-playbook: not installed');
    const managed = Array.from({ length: TIMES }, (_, i) => person(KEYWARD, i));
    const company = await foundEnrolled(size, [...managed, 'bob'], [ruleFor([...managed, 'bob'])]);
    try {
      const took = new Map(ways.map((way) => [way, [] as Took[]]));
      const floors: Floor[] = [];
      for (let i = 0; i < TIMES; i += 1) {
        for (const way of ways) took.get(way)?.push(await once(company, way, person(way, i)));
        floors.push(await bareLogins(company));
      }
      for (const [{ name }, times] of took) tell(`${name}: ${times.map(({ wall, cpu }) => `${wall.toFixed(1)} s (${cpu.toFixed(1)} s of processor time here)`).join(', ')}`);
      return [...figures(size, took), ...floor(size, floors, took.get(XARGS) ?? [])];
    } finally {
      await company.end();
    }
  },
};

function figures(size: number, took: ReadonlyMap<Way, readonly Took[]>): readonly Figure[] {
  const of = (way: Way, what: keyof Took): number => median((took.get(way) ?? []).map((one) => one[what]));
  const others = [...took.keys()].filter((way) => way !== KEYWARD);
  return others.flatMap((other) => [
    compared({ name: `offboarding from ${size} servers, all proved`, value: of(KEYWARD, 'wall'), unit: 's', ...(other.most === undefined ? {} : { most: other.most }) }, other.name, of(other, 'wall')),
    compared({ name: `offboarding from ${size} servers, processor time here`, value: of(KEYWARD, 'cpu'), unit: 's' }, other.name, of(other, 'cpu')),
  ]);
}

/** What no way that logs in can do better than, held against the third of what is asked for. */
function floor(size: number, floors: readonly Floor[], xargs: readonly Took[]): readonly Figure[] {
  const against = median(xargs.map(({ wall }) => wall));
  return [
    compared({ name: `a login on ${size} servers that does nothing`, value: median(floors.map(({ logins }) => logins)), unit: 's' }, XARGS.name, against),
    compared({ name: 'the same, and a key that is refused', value: median(floors.map(({ both }) => both)), unit: 's' }, XARGS.name, against),
  ];
}

function person(way: Way, i: number): string {
  return `${way.managed ? 'leaver' : way.name.slice(0, 5)}${way.most === undefined && !way.managed ? 'proved' : ''}${i}`;
}

function ruleFor(people: readonly string[]): string {
  return `{ name: all, to: { employees: [${people.join(', ')}] }, servers: { names: ["*"] } }`;
}

/** Gives a session everywhere, takes the person out, sees that all sessions have ended; how long the middle part took. */
async function once(company: Company, way: Way, who: string): Promise<Took> {
  const servers = [...company.fleet.servers.values()];
  if (!way.managed) await eachOf(servers, (server) => server.addUser(who, { authorizedKeys: [company.key('bob').publicLine] }));
  const sessions = await openOn(company, servers, who, way.managed ? who : 'bob');
  const began = performance.now();
  const { stderr } = await way.takeOut(company, who);
  const wall = (performance.now() - began) / 1000;
  await Promise.all(sessions.map((session) => session.ended));
  const [, user, system] = /([\d.]+) ([\d.]+)\s*$/.exec(stderr) ?? [];
  return { wall, cpu: Number(user) + Number(system) };
}

/** Runs it; the last line on standard error is the processor time of it and all that it waited for. */
function timed(argv: readonly string[], options: CommandOptions): Promise<Answer> {
  return command(['bash', '-c', `TIMEFORMAT='%U %S'; time "$@"`, 'timed', ...argv], { timeout: 600_000, ...options });
}

async function openOn(company: Company, servers: readonly TestServer[], who: string, key: string): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  await eachOf(servers, async (server) => {
    const session = openSession(server, who, { keyFile: company.key(key).path, command: 'echo here; exec sleep 3600' });
    await session.says('here');
    sessions.push(session);
  });
  return sessions;
}

const KEYWARD: Way = {
  name: 'keyward',
  managed: true,
  async takeOut(company, who) {
    const args = ['offboard', who, '--confirm', who, '--json', '--repo', company.repo];
    const ran = await timed([process.execPath, PROGRAM, ...args], { env: company.env('alice') });
    const report = JSON.parse(ran.stdout || '{}') as { readonly targets?: readonly { readonly state: string; readonly proof?: string }[] };
    const proved = report.targets?.filter(({ state, proof }) => state === 'out' && proof === 'refused').length;
    if (ran.status === 0 && proved === company.fleet.servers.size) return ran;
    throw new Error(`offboard ended with ${ran.status}, ${proved} of ${company.fleet.servers.size} proved\n${ran.stdout.slice(-3000)}\n${ran.stderr}`);
  },
};

/** What both of the others do on a server, as root over ssh. */
const TAKE = (who: string): string => `rm -f /home/${who}/.ssh/authorized_keys && usermod -e 1 ${who} && { pkill -KILL -u ${who} || :; }`;

/** On each server: the login works, the taking, the login is refused, somebody else's still works. */
const PROVED = `ssh "$@" -i "$THEIRS" "$WHO@$HOST" true && ssh "$@" -i "$ROOT" "root@$HOST" "$TAKE" &&
  ! ssh "$@" -i "$THEIRS" "$WHO@$HOST" true 2> /dev/null && ssh "$@" -i "$ROOT" "root@$HOST" true`;

const XARGS_PROVED: Way = {
  name: 'xargs -P 50 with ssh, and the same proof',
  managed: false,
  async takeOut(company, who) {
    const options = ['-F', 'none', '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-o', `UserKnownHostsFile=${knownHosts(company)}`];
    const list = [...company.fleet.servers.values()].map(({ address, port }) => `${address} -p ${port}`).join('\n');
    const ssh = ['xargs', '-P', '50', '-L', '1', 'sh', '-c', `HOST=$1; shift; set -- "$@" ${options.join(' ')}; ${PROVED}`, 'ssh'];
    const env = { TAKE: TAKE(who), WHO: who, THEIRS: company.key('bob').path, ROOT: company.key('root').path };
    const answer = await timed(ssh, { input: list, env });
    if (answer.status !== 0) throw new Error(`xargs with a proof ended with ${answer.status}: ${answer.stderr}`);
    return answer;
  },
};

const XARGS: Way = {
  name: 'xargs -P 50 with ssh',
  managed: false,
  most: 1 / 3,
  async takeOut(company, who) {
    const known = knownHosts(company);
    const options = ['-F', 'none', '-i', company.key('root').path, '-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${known}`];
    const list = [...company.fleet.servers.values()].map(({ address, port }) => `-p ${port} root@${address}`).join('\n');
    const ssh = ['xargs', '-P', '50', '-L', '1', 'sh', '-c', 'ssh "$@" "$TAKE"', 'ssh', ...options];
    const answer = await timed(ssh, { input: list, env: { TAKE: TAKE(who) } });
    if (answer.status !== 0) throw new Error(`xargs ended with ${answer.status}: ${answer.stderr}`);
    return answer;
  },
};

const ANSIBLE: Way = {
  name: 'ansible-playbook, forks 50, pipelining',
  managed: false,
  most: 1 / 3,
  async takeOut(company, who) {
    const known = knownHosts(company);
    const of = (name: string, text: string): string => {
      writeFileSync(join(company.folder, name), text);
      return join(company.folder, name);
    };
    const inventory = of('inventory', [...company.fleet.servers.values()].map(({ name, address, port }) => `${name} ansible_host=${address} ansible_port=${port}\n`).join(''));
    const playbook = of('offboard.yml', PLAYBOOK);
    const settings = of('ansible.cfg', `[defaults]\nforks = 50\ngathering = explicit\ninterpreter_python = /usr/bin/python3\n[ssh_connection]\npipelining = True\nssh_args = -F none -o ControlMaster=auto -o ControlPersist=60s -o UserKnownHostsFile=${known}\n`);
    const run = ['ansible-playbook', '-i', inventory, '-u', 'root', '--private-key', company.key('root').path, '-e', `who=${who}`, playbook];
    const answer = await timed(run, { env: { ANSIBLE_CONFIG: settings, HOME: company.folder } });
    if (answer.status !== 0) throw new Error(`ansible-playbook ended with ${answer.status}: ${answer.stdout.slice(-3000)}${answer.stderr.slice(-1000)}`);
    return answer;
  },
};

const PLAYBOOK = `- hosts: all
  gather_facts: false
  tasks:
    - name: the key goes
      ansible.builtin.file: { path: "/home/{{ who }}/.ssh/authorized_keys", state: absent }
    - name: the account expires
      ansible.builtin.user: { name: "{{ who }}", expires: 86400 }
    - name: the processes end
      ansible.builtin.command: pkill -KILL -u {{ who }}
      register: ended
      failed_when: ended.rc > 1
`;

function knownHosts(company: Company): string {
  const file = join(company.folder, 'bench_known_hosts');
  const lines = [...company.fleet.servers.values()].flatMap(({ address, port, hostKeys }) =>
    hostKeys.map((key) => `${port === 22 ? address : `[${address}]:${port}`} ${key}\n`),
  );
  writeFileSync(file, lines.join(''));
  return file;
}
