/**
 * One organization with two signers of two, and real servers that are enrolled with it. Belongs here: rendering the
 * enrolment, carrying bundles, reading answers. Not: expectations.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ssh, type Answer, type KeyPair, type TestServer } from '../../fleet/index.ts';
import { bare, idOf, makeKeys, manifestText, releaseText, requestText, sha256, sign } from './texts.ts';
import type { ManifestParts, Person, ReleaseParts, SignerSet } from './texts.ts';

const program = (name: string): string => readFileSync(new URL(`../../../src/receiver/${name}`, import.meta.url), 'utf8');

export const RECEIVE = program('keyward-receive');
export const LOOK = program('keyward-look');
const ENROLL = program('keyward-enroll');
export const RECEIVER_HASH = sha256(RECEIVE + LOOK);

const NAMES = ['alice', 'alice-spare', 'bob', 'carol', 'courier', 'dave', 'dave-old', 'erin', 'mallory'] as const;
export type KeyName = (typeof NAMES)[number];

/** Which programs are installed; tests of killing install others. */
export interface Programs {
  readonly receive?: string;
  readonly look?: string;
}

export class Bench {
  readonly folder: string;
  readonly keys: Record<KeyName, KeyPair>;
  readonly set: SignerSet;
  readonly ids = { alice: idOf('emp', 'alice'), bob: idOf('emp', 'bob'), carol: idOf('emp', 'carol'), dave: idOf('emp', 'dave'), erin: idOf('emp', 'erin') };
  number = 1;

  private constructor(folder: string, keys: Record<KeyName, KeyPair>) {
    this.folder = folder;
    this.keys = keys;
    this.set = {
      number: 1,
      threshold: 2,
      signers: [
        [this.ids.alice, keys.alice],
        [this.ids.alice, keys['alice-spare']],
        [this.ids.bob, keys.bob],
        [this.ids.carol, keys.carol],
      ],
    };
  }

  static async make(): Promise<Bench> {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-bench-'));
    return new Bench(folder, await makeKeys(folder, NAMES));
  }

  clean(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  target(server: TestServer): string {
    return idOf('srv', server.name);
  }

  /** `restrict,pty` and the key: what most people get. */
  login(name: KeyName, options = 'restrict,pty'): { readonly line: string } {
    return { line: `${options} ${bare(this.keys[name])}` };
  }

  manifest(server: TestServer, people: readonly Person[] = [], rest: Partial<ManifestParts> = {}): string {
    return manifestText({ target: this.target(server), hostKeys: server.hostKeys, couriers: [this.keys.courier], people, ...rest });
  }

  /** A release of the next number with these manifests, signed by Alice and Bob unless said otherwise. */
  async release(manifests: readonly string[], rest: Partial<ReleaseParts> = {}, by: readonly KeyName[] = ['alice', 'bob']): Promise<string> {
    const written = releaseText({ set: this.set, receiver: RECEIVER_HASH, number: rest.number ?? (this.number += 1), manifests, ...rest });
    return written + (await this.sign(written, 'release', by));
  }

  sign(written: string, kind: string, by: readonly KeyName[]): Promise<string> {
    return sign(this.folder, written, `keyward-${kind}-v1`, by.map((name) => this.keys[name]));
  }

  /** What keyward renders for a server; section 10 of docs/formats.md. */
  async script(server: TestServer, phase: string, rest: Partial<Record<string, string>> = {}, programs: Programs = {}): Promise<string> {
    const receive = programs.receive ?? RECEIVE;
    const look = programs.look ?? LOOK;
    const values: Record<string, string | undefined> = {
      phase,
      organization: 'acme',
      target: this.target(server),
      nonce: sha256('enrolling'),
      host_keys: server.hostKeys.map((line) => line.split(' ').slice(0, 2).join(' ')).join('\n'),
      couriers: bare(this.keys.courier),
      receipt: '-',
      keep: 'no',
      by: '-',
      ...rest,
    };
    const release = rest['release'] ?? (await this.release([], { number: 1, receiver: sha256(receive + look) }));
    delete values['release'];
    const variables = Object.entries(values).map(([name, value]) => `keyward_${name}='${value}'\n`);
    const parts = Object.entries({ release, receive, look, enroll: ENROLL }).map(
      ([name, text]) => `${name}) cat <<'KEYWARD-END'\n${text}KEYWARD-END\n;;\n`,
    );
    return `${variables.join('')}keyward_part() {\ncase $1 in\n${parts.join('')}esac\n}\neval "$(keyward_part enroll)"\n`;
  }

  /** Installs and confirms, as keyward does. */
  async enroll(server: TestServer, programs: Programs = {}): Promise<void> {
    const script = await this.script(server, 'install', {}, programs);
    const installed = await server.run(['sh', '-s'], { input: script });
    if (installed.status !== 0) throw new Error(`not enrolled, ${installed.status}:\n${installed.stdout}\n${installed.stderr}`);
    const confirmed = await this.carry(server, requestText());
    if (confirmed.status !== 0) throw new Error(`not confirmed, ${confirmed.status}: ${confirmed.stderr}`);
  }

  /** Over ssh, as the courier does. */
  carry(server: TestServer, bundle: string): Promise<Answer> {
    return ssh(server, 'keyward-courier', { keyFile: this.keys.courier.path, input: bundle, timeout: 60_000 });
  }

  /** As root on the server, without ssh, in the shell asked for. */
  receive(server: TestServer, bundle: string | Uint8Array, shell: readonly string[] = []): Promise<Answer> {
    return server.run([...shell, '/usr/local/sbin/keyward-receive'], { input: bundle, timeout: 60_000 });
  }
}

/** The first text of an answer, line by line. */
export function receiptOf(answer: Answer): string[] {
  return (answer.stdout.split('-----BEGIN')[0] ?? '').split('\n').filter((line) => line !== '');
}

/** The lines of a receipt that begin with this word, without it. */
export function lines(answer: Answer, word: string): string[] {
  return receiptOf(answer).filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
}

/** Hashes, owners and modes of all that keyward or a distribution's account tools may write, one line each. */
export async function everything(server: TestServer, leaveOut: readonly string[] = []): Promise<string> {
  const out = leaveOut.map((path) => `! -path '${path}'`).join(' ');
  const roots = '/etc /usr/local /var/spool/cron /home /root';
  return server.must(
    `find ${roots} ${out} -type f -exec sha256sum {} + 2>/dev/null | sort -k 2; ` +
      `find ${roots} ${out} \\( -type l -printf '%p -> %l\\n' -o -printf '%p %m %U:%G\\n' \\) | sort`,
  );
}
