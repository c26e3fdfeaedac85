/**
 * An admin at work: a device with a clone of the policy repository, keys of their own, and the real command line.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from '../test/fleet/command.ts';
import type { Narrator } from './narrator.ts';
import type { Device, Stage } from './stage.ts';

export class Admin {
  readonly device: Device;
  readonly #narrator: Narrator;

  private constructor(device: Device, narrator: Narrator) {
    this.device = device;
    this.#narrator = narrator;
  }

  /** A pipeline's runner: a clone, and what its settings say; nobody works there. */
  static async runner(stage: Stage, narrator: Narrator, settings: Readonly<Record<string, string>>): Promise<Admin> {
    const device = stage.runner('pipeline', settings);
    await device.must(`git clone -q ${join(stage.folder, 'acme-access.git')} acme-access 2>&1`);
    device.work = join(device.folder, 'acme-access');
    return new Admin(device, narrator);
  }

  /** A device with a signing key, a courier key and a clone of the repository that all share. */
  static async begin(stage: Stage, narrator: Narrator, name: string): Promise<Admin> {
    const device = stage.device(name);
    const admin = new Admin(device, narrator);
    for (const key of ['sign', 'courier'])
      await device.must(`ssh-keygen -q -t ed25519 -N '' -C ${name}-${key} -f ${key}`);
    await device.must(`git clone -q ${join(stage.folder, 'acme-access.git')} acme-access 2>&1`);
    device.work = join(device.folder, 'acme-access');
    return admin;
  }

  get name(): string {
    return this.device.name;
  }

  /** Types a line, shows it and what came of it: all that was said, in its order, is in `stdout`. */
  async types(line: string, keep?: (line: string) => boolean): Promise<Answer> {
    this.#narrator.types(this.name, line);
    const answer = await this.device.run(`{ ${line}\n} 2>&1`);
    this.#narrator.output(answer, keep);
    return answer;
  }

  /** A file of the clone. */
  read(path: string): string {
    return readFileSync(join(this.device.work, path), 'utf8');
  }

  /** Opens the policy in an editor: each text is replaced by another; throws where one is not there. */
  edits(changes: readonly (readonly [from: string | RegExp, to: string])[]): void {
    const path = join(this.device.work, 'access-policy.yaml');
    const text = changes.reduce(
      (before, [from, to]) => {
        const after = before.replace(from, to);
        if (after === before) throw new Error(`the policy has no ${String(from)}`);
        return after;
      },
      readFileSync(path, 'utf8'),
    );
    writeFileSync(path, text);
  }

  /** Commits what lies there, if anything, and pushes. */
  async push(message: string): Promise<void> {
    await this.device.must(`git add -A && { git diff --cached --quiet || git commit -q -m '${message}'; }`);
    await this.device.must('git push -q origin HEAD 2>&1');
  }

  async pull(): Promise<void> {
    await this.device.must('git pull -q --ff-only 2>&1');
  }
}
