/**
 * A company on real servers: everything through the built command line as child processes, one device for each signer,
 * nobody asked. What tests and attacks of the whole line begin with.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { builtProgram } from '../../built.ts';
import { makeKey, ssh, startFleet } from '../../fleet/index.ts';
import type { Answer, Fleet, KeyPair, LoginOptions, TestServer } from '../../fleet/index.ts';

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CompanyWishes {
  readonly servers: readonly string[];
  /** Each works on a device of their own, over one shared folder. */
  readonly signers: readonly string[];
  readonly employees?: readonly string[];
  readonly machines?: Readonly<Record<string, string>>;
  readonly threshold?: number;
  /** False: the servers are there and nobody enrolled them yet. */
  readonly enrolled?: boolean;
  readonly fleet?: Parameters<typeof startFleet>[1];
}

export class Company {
  readonly folder = mkdtempSync(join(tmpdir(), 'keyward-company-'));
  readonly repo = join(this.folder, 'policy');
  readonly keys = new Map<string, KeyPair>();
  readonly fleet: Fleet;
  readonly signers: readonly string[];

  readonly #threshold: number;

  private constructor(fleet: Fleet, { signers, threshold = 1 }: CompanyWishes) {
    this.fleet = fleet;
    this.signers = signers;
    this.#threshold = threshold;
    mkdirSync(this.repo);
  }

  /** Everybody onboarded, release 1 signed, every server enrolled; no rule yet. */
  static async found(wishes: CompanyWishes): Promise<Company> {
    builtProgram();
    const company = new Company(await startFleet([...wishes.servers], wishes.fleet), wishes);
    try {
      await company.#begin(wishes);
      await company.approve();
      // Who did not sign release 1 compares its fingerprint, as a person would.
      for (const who of wishes.signers.slice(company.#threshold)) await company.must(who, 'init', '--me', who, '--confirm', 'first-release');
      await Promise.all([...company.fleet.servers.values()].map((server) => server.addRootKey(company.key('root').publicLine)));
      if (wishes.enrolled !== false) await company.enrollAll(wishes.servers);
      return company;
    } catch (error) {
      await company.end();
      throw error;
    }
  }

  async #begin({ signers, employees = [], machines = {}, threshold = 1 }: CompanyWishes): Promise<void> {
    const [first = 'alice', ...others] = signers;
    await this.#makeKeys(['root', ...signers.flatMap((who) => [`${who}-sign`, `${who}-courier`, who]), ...employees, ...Object.keys(machines)]);
    const device = (who: string): string[] => ['--me', who, '--signing-key', this.key(`${who}-sign`).path, '--courier-key', this.key(`${who}-courier`).path];
    await this.must(first, 'init', '--organization', 'acme', ...device(first));
    for (const who of [...others, ...employees]) await this.must(first, 'onboard', who, '--key', `${this.key(who).path}.pub`);
    for (const [name, owner] of Object.entries(machines)) await this.must(first, 'onboard', name, '--owner', owner, '--key', `${this.key(name).path}.pub`);
    await this.must(first, 'key', 'add', first, '--key', `${this.key(first).path}.pub`);
    for (const who of others) await this.must(who, 'init', ...device(who));
    if (threshold > 1) this.policy((text) => text.replace(`threshold: 1 `, `threshold: ${threshold} `));
  }

  async #makeKeys(names: readonly string[]): Promise<void> {
    mkdirSync(join(this.folder, 'keys'));
    for (const name of names) this.keys.set(name, await makeKey(join(this.folder, 'keys'), name));
  }

  key(name: string): KeyPair {
    const found = this.keys.get(name);
    if (found === undefined) throw new Error(`no key of ${name}`);
    return found;
  }

  server(name: string): TestServer {
    return this.fleet.server(name);
  }

  env(who: string): Record<string, string> {
    const of = (part: string): string => join(this.folder, 'devices', who, part);
    return {
      PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin:/usr/sbin`,
      HOME: of('home'),
      XDG_CONFIG_HOME: of('config'),
      XDG_STATE_HOME: of('state'),
      XDG_CACHE_HOME: join(this.folder, 'cache'),
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
    };
  }

  /** `keyward …` on somebody's device, in the repository. */
  keyward(who: string, ...args: readonly string[]): Promise<Ran> {
    return this.keywardWith({}, who, ...args);
  }

  keywardWith(env: Readonly<Record<string, string>>, who: string, ...args: readonly string[]): Promise<Ran> {
    return this.#run(builtProgram(), env, who, args);
  }

  /** Of another version: a folder with `bin/` and all that it needs. */
  keywardOf(program: string | undefined, who: string, ...args: readonly string[]): Promise<Ran> {
    return this.#run(program ?? builtProgram(), {}, who, args);
  }

  #run(program: string, env: Readonly<Record<string, string>>, who: string, args: readonly string[]): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [join(program, 'bin/run.js'), ...args], {
        cwd: this.repo,
        env: { ...this.env(who), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (part: Buffer) => out.push(part));
      child.stderr.on('data', (part: Buffer) => err.push(part));
      child.on('error', reject);
      child.on('close', (status) => resolve({ status: status ?? 1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }));
    });
  }

  /** The same, and anything but these exit statuses fails the test with what was said. */
  async must(who: string, ...args: readonly string[]): Promise<Ran> {
    const ran = await this.keyward(who, ...args);
    if (ran.status !== 0) throw new Error(`keyward ${args.join(' ')} ended with ${ran.status}\n${ran.stdout}\n${ran.stderr}`);
    return ran;
  }

  async json<T>(who: string, ...args: readonly string[]): Promise<T> {
    const { stdout } = await this.keyward(who, ...args, '--json');
    return JSON.parse(stdout) as T;
  }

  /** Changes the text of the policy. */
  policy(change: (text: string) => string): void {
    const path = join(this.repo, 'access-policy.yaml');
    const before = readFileSync(path, 'utf8');
    const after = change(before);
    if (after === before) throw new Error('the policy did not change');
    writeFileSync(path, after);
  }

  /** The rules of the policy, as YAML writes them in braces. */
  rules(...rules: readonly string[]): void {
    this.policy((text) => text.replace(/^rules:.*\n(?: {2}- .*\n)*/m, `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`));
  }

  /** Signed by as many as it takes, one after the other. */
  async approve(...by: readonly string[]): Promise<void> {
    for (const who of by.length > 0 ? by : this.signers.slice(0, this.#threshold)) {
      const ran = await this.keyward(who, 'approve', ...this.confirmed());
      if (ran.status !== 0 && ran.status !== 6) throw new Error(`approve by ${who} ended with ${ran.status}\n${ran.stdout}\n${ran.stderr}`);
    }
  }

  /** A yes to the next numbers a release may have. */
  confirmed(): readonly string[] {
    return Array.from({ length: 40 }, (_, i) => ['--confirm', `release-${i + 1}`]).flat();
  }

  /** Approved by as many as it takes and delivered by the first. */
  async apply(): Promise<void> {
    await this.approve();
    await this.must(this.signers[0] ?? '', 'deliver');
  }

  /** Several at once, as one would. */
  async enrollAll(names: readonly string[]): Promise<Ran> {
    const file = join(this.folder, 'servers.json');
    const list = names.map((name) => {
      const { address, port, hostKeys } = this.server(name);
      return { name, address, port, hostKeys };
    });
    writeFileSync(file, JSON.stringify(list));
    return this.must(this.signers[0] ?? '', 'server', 'enroll', '--from', file, '--identity', this.key('root').path, '--accept', 'there at enrolment', '--parallel', '4');
  }

  async enroll(server: TestServer, ...more: readonly string[]): Promise<Ran> {
    const file = this.writeHostKeys(server);
    const where = ['--address', server.address, '--port', String(server.port), '--identity', this.key('root').path, '--host-key', file];
    return this.must(this.signers[0] ?? '', 'server', 'enroll', server.name, ...where, '--accept', 'there at enrolment', ...more);
  }

  /** A server's host keys, as somebody brought them from its console. */
  writeHostKeys(server: TestServer): string {
    const file = join(this.folder, `${server.name}.host`);
    writeFileSync(file, `${server.hostKeys.join('\n')}\n`);
    return file;
  }

  /** A real login. */
  login(server: string, account: string, login: LoginOptions & { readonly as?: string } = {}): Promise<Answer> {
    const { as = account, ...rest } = login;
    return ssh(this.server(server), account, { keyFile: this.key(as).path, command: 'true', ...rest });
  }

  async end(): Promise<void> {
    await this.fleet.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
