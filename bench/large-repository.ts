/** A policy repository of any size, with people in teams and servers with labels, and a signed release in it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeKey } from '../test/fleet/client.ts';
import { keyLine } from './new-key.ts';
import { must } from './program.ts';
import type { Place } from './program.ts';

export interface Size {
  readonly people: number;
  readonly servers: number;
  readonly rules: number;
  /** A rule reaches one server in so many. */
  readonly oneIn: 50 | 200;
}

const PER_TEAM = 25;

export class LargeRepository {
  readonly folder = mkdtempSync(join(tmpdir(), 'keyward-large-'));
  readonly place: Place;
  readonly size: Size;

  private constructor(size: Size) {
    this.size = size;
    const cwd = join(this.folder, 'policy');
    mkdirSync(cwd);
    const of = (part: string): string => join(this.folder, part);
    const env = {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: of('home'),
      XDG_CONFIG_HOME: of('config'),
      XDG_STATE_HOME: of('state'),
      XDG_CACHE_HOME: of('cache'),
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
    };
    this.place = { cwd, env };
  }

  /** Everything written, release 1 signed, and then one rule more, so that there is something to plan. */
  static async make(size: Size): Promise<LargeRepository> {
    const large = new LargeRepository(size);
    const { folder, place } = large;
    const keys = { sign: await makeKey(folder, 'sign'), courier: await makeKey(folder, 'courier') };
    await must(place, ['init', '--organization', 'acme', '--me', 'p0', '--signing-key', keys.sign.path, '--courier-key', keys.courier.path]);
    large.#write(size.rules);
    await must(place, ['approve', '--confirm', 'release-1', '-q']);
    large.#policy(size.rules + 1);
    return large;
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(rules: number): void {
    const { people, servers } = this.size;
    for (const name of ['keys', 'servers']) mkdirSync(join(this.place.cwd, name), { recursive: true });
    for (let i = 0; i < people; i += 1) writeFileSync(join(this.place.cwd, `keys/p${i}.pub`), `${keyLine()} p${i}@laptop\n`);
    for (let i = 0; i < servers; i += 1) writeFileSync(join(this.place.cwd, `servers/s${i}.pub`), `${keyLine()}\n`);
    this.#policy(rules);
  }

  /** Each rule gives a team two roles in one environment; with a zone besides it reaches a quarter of that. */
  #policy(rules: number): void {
    const { people, servers, oneIn } = this.size;
    const zone = (i: number): string => (oneIn === 50 ? '' : `, zone: z${(i >> 2) & 3}`);
    const teams = Math.max(1, Math.ceil(people / PER_TEAM));
    const id = (prefix: string, n: number): string => `${prefix}_${String(n).padStart(26, '0')}`;
    const count = (n: number, line: (i: number) => string): string => Array.from({ length: n }, (_, i) => line(i)).join('');
    const text = [
      `version: 1\norganization: acme\nthreshold: 1\nteams: [${Array.from({ length: teams }, (_, i) => `team-${i}`).join(', ')}]\n`,
      `employees:\n${count(people, (i) => `  p${i}: { id: ${id('emp', i)}, teams: [team-${i % teams}] }\n`)}`,
      `servers:\n${count(servers, (i) => `  s${i}: { id: ${id('srv', i)}, address: 10.${i >> 16}.${(i >> 8) & 255}.${i & 255}, labels: { role: r${i % 50}, env: e${(i / 50) & 1}, zone: z${(i / 100) & 3} } }\n`)}`,
      `rules:\n${count(rules, (i) => `  - { name: rule ${i}, to: { teams: [team-${i % teams}] }, servers: { labels: { role: [r${i % 50}, r${(i * 3 + 1) % 50}], env: e${i & 1}${zone(i)} } }, sudo: [{ run-as: deploy, commands: [/usr/bin/systemctl restart app${i % 7}] }] }\n`)}`,
    ].join('');
    writeFileSync(join(this.place.cwd, 'access-policy.yaml'), text);
  }
}
