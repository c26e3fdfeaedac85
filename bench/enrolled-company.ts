/**
 * A company with many servers that keyward looks after, made in seconds: the policy is written at once, and each server
 * is given the very script that `server enroll` would run, by root on it, without a connection for each.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { newId, parseId } from '../src/core/access/index.ts';
import { parsePublicKey } from '../src/core/ssh/public-key.ts';
import { splitSigned } from '../src/core/texts/index.ts';
import { readPrograms } from '../src/receiver/index.ts';
import { rootScript } from '../src/targets/servers/root-script.ts';
import { Company } from '../test/servers/line/company.ts';

/** So many are worked on at the same time. */
const AT_ONCE = 8;

/** `s001` and so on. */
export function serverNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `s${String(i + 1).padStart(3, '0')}`);
}

/** All of them enrolled, and the release delivered that these rules make. Alice signs and carries. */
export async function foundEnrolled(servers: number, employees: readonly string[], rules: readonly string[]): Promise<Company> {
  const company = await Company.found({ servers: serverNames(servers), signers: ['alice'], employees, enrolled: false });
  try {
    const ids = new Map([...company.fleet.servers.keys()].map((name) => [name, newId('srv', randomBytes(16))]));
    writeServers(company, ids);
    company.rules(...rules);
    await company.approve();
    await install(company, ids);
    const delivered = await company.keyward('alice', 'deliver', '--timeout', '120');
    if (delivered.status !== 0) throw new Error(`deliver ended with ${delivered.status}\n${delivered.stdout.slice(-3000)}\n${delivered.stderr}`);
    return company;
  } catch (error) {
    await company.end();
    throw error;
  }
}

function writeServers(company: Company, ids: ReadonlyMap<string, string>): void {
  mkdirSync(join(company.repo, 'servers'), { recursive: true });
  const lines = [...ids].map(([name, id]) => {
    const { address, port, hostKeys } = company.server(name);
    writeFileSync(join(company.repo, `servers/${name}.pub`), `${hostKeys.map(bare).join('\n')}\n`);
    return `  ${name}: { id: ${id}, address: ${address}, port: ${port} }\n`;
  });
  company.policy((text) => `${text.replace(/^servers:.*\n/m, '')}\nservers:\n${lines.join('')}`);
}

async function install(company: Company, ids: ReadonlyMap<string, string>): Promise<void> {
  const folder = join(company.repo, 'releases/1');
  const release = splitSigned(readFileSync(join(folder, 'release'), 'latin1') + readFileSync(join(folder, 'alice.sig'), 'latin1'), 'release');
  const programs = await readPrograms();
  const couriers = [parsePublicKey(company.key('alice-courier').publicLine)];
  await eachOf([...company.fleet.servers.values()], async (server) => {
    const target = parseId(ids.get(server.name) ?? '', 'srv');
    const hostKeys = server.hostKeys.map((line) => parsePublicKey(bare(line)));
    const nonce = randomBytes(32).toString('hex');
    const prologue = { phase: 'install', organization: 'acme', target, nonce, hostKeys, couriers, release, wait: 1800 } as const;
    await server.must(['sh', '-s'], { input: rootScript(prologue, programs), timeout: 120_000 });
  });
}

/** A few at a time. */
export async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>, atOnce = AT_ONCE): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

function bare(line: string): string {
  return line.split(' ').slice(0, 2).join(' ');
}

/** The largest number of servers a benchmark starts; BENCH_SERVERS makes it smaller for a machine with less room. */
export function mostServers(wanted: number): number {
  return Math.min(wanted, Number(process.env['BENCH_SERVERS'] ?? wanted));
}
