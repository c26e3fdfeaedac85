/**
 * Somebody who logs in, with one key and the real ssh: an employee or a machine.
 */
import type { Answer } from '../test/fleet/command.ts';
import type { TestServer } from '../test/fleet/index.ts';
import type { Narrator } from './narrator.ts';
import type { Device, Stage } from './stage.ts';

export class Person {
  readonly device: Device;
  readonly publicKey: string;
  readonly #narrator: Narrator;

  private constructor(device: Device, publicKey: string, narrator: Narrator) {
    this.device = device;
    this.publicKey = publicKey;
    this.#narrator = narrator;
  }

  static async begin(stage: Stage, narrator: Narrator, name: string, servers: readonly TestServer[]): Promise<Person> {
    const device = stage.device(name);
    await device.must(`ssh-keygen -q -t ed25519 -N '' -C ${name} -f .ssh/id_ed25519`);
    writeSshSettings(device, name, servers);
    return new Person(device, (await device.must('cat .ssh/id_ed25519.pub')).trim(), narrator);
  }

  get name(): string {
    return this.device.name;
  }

  /** `ssh HOST COMMAND`; shown unless `quietly`. All that was said is in `stdout`. */
  async ssh(words: string, quietly: 'quietly' | 'aloud' = 'aloud'): Promise<Answer> {
    const line = `ssh ${words}`;
    return quietly === 'aloud' ? this.types(line) : this.device.run(`{ ${line}\n} 2>&1`);
  }

  /** Types a line, shows it and what came of it; all that was said is in `stdout`. */
  async types(line: string, keep?: (line: string) => boolean): Promise<Answer> {
    this.#narrator.types(this.name, line);
    const answer = await this.device.run(`{ ${line}\n} 2>&1`);
    this.#narrator.output(answer, keep);
    return answer;
  }
}

/** What an employee would have in ~/.ssh: names, and the host keys as their admin gave them. */
export function writeSshSettings(
  device: Device,
  user: string,
  servers: readonly TestServer[],
  key = '.ssh/id_ed25519',
): void {
  const hosts = servers.map(
    ({ name, address, port }) => `Host ${name}\n  HostName ${address}\n  Port ${port}\n  HostKeyAlias ${name}\n`,
  );
  const all = [
    'Host *',
    `User ${user}`,
    `IdentityFile "${device.folder}/${key}"`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    'BatchMode yes',
    'StrictHostKeyChecking yes',
    `UserKnownHostsFile "${device.folder}/.ssh/known_hosts"`,
    'GlobalKnownHostsFile none',
    'ConnectTimeout 10',
    'LogLevel ERROR',
  ];
  device.write('.ssh/config', `${hosts.join('')}${all.join('\n  ')}\n`);
  const known = servers.flatMap(({ name, hostKeys }) => hostKeys.map((line) => `${name} ${line}\n`));
  device.write('.ssh/known_hosts', known.join(''));
}
