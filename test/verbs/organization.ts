/**
 * An organization in a folder of its own: a policy, employees with keys, signers who sign with ssh-keygen, servers with
 * host keys, and a device with its own settings for everybody. What the verbs read is read from a real disk, what they
 * verify are real signatures; only the terminal is scripted, the clock stands, and no server is there.
 *
 *     const acme = await makeOrganization({ signers: ['alice', 'bob'], threshold: 2, servers: { 'web-1': '' } });
 *     await acme.release(['alice', 'bob']);
 *     await acme.receipt('web-1');
 *     const report = await status(await acme.world('alice'));
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { newId, parseInstant } from '../../src/core/access/index.ts';
import type { Instant, ProviderId, ServerId, SubjectId } from '../../src/core/access/index.ts';
import { parsePublicKey } from '../../src/core/ssh/public-key.ts';
import type { PublicKey } from '../../src/core/ssh/public-key.ts';
import {
  bytesOf,
  joinSigned,
  NAMESPACES,
  receipt as receiptText,
  revocation as revocationText,
  signerSetHash,
} from '../../src/core/texts/index.ts';
import type { Receipt, Release, Revocation } from '../../src/core/texts/index.ts';
import { joinWorld } from '../../src/main.ts';
import { approve } from '../../src/verbs/approve.ts';
import type { ApproveOptions, ApproveReport } from '../../src/verbs/approve.ts';
import { readClone, revocationFile, toBytes } from '../../src/verbs/clone.ts';
import { knownTargets } from '../../src/verbs/known-targets.ts';
import type { Signing, World } from '../../src/world.ts';
import { crypto, penOf, sha } from '../core/texts/signing.ts';
import type { Pen } from '../core/texts/signing.ts';
import { ownFolder } from '../disk/folder.ts';
import { releaseByHand } from './release-by-hand.ts';
import type { ByHand } from './release-by-hand.ts';
import { ScriptedTerminal } from './scripted-terminal.ts';
import type { Script } from './scripted-terminal.ts';

/** Further fields of a line of the policy as YAML writes them in braces: `teams: [support], until: 2027-03-31`. */
type Fields = string;

export interface Wishes {
  readonly name?: string;
  /** When it all begins; the clock stands until it is set. */
  readonly now?: string;
  readonly threshold?: number;
  /** Handles; each is an employee and has a device that signs. */
  readonly signers?: readonly string[];
  readonly teams?: readonly string[];
  readonly employees?: Readonly<Record<string, Fields>>;
  readonly machines?: Readonly<Record<string, Fields>>;
  readonly servers?: Readonly<Record<string, Fields>>;
  /** As `account-id: "123456789012", rules: […]`; each is an AWS account. */
  readonly providers?: Readonly<Record<string, Fields>>;
  /** Each a rule, as YAML writes it in braces. */
  readonly rules?: readonly string[];
}

export interface Organization {
  readonly name: string;
  /** The policy repository. */
  readonly root: string;
  readonly clock: { now(): Instant; set(time: string): void };
  /** The ids of a handle, and of a server's and a provider's name. */
  person(handle: string): SubjectId;
  server(name: string): ServerId;
  provider(name: string): ProviderId;
  /** What somebody logs in with. */
  loginKey(handle: string): PublicKey;
  hostPen(server: string): Pen;
  /** The environment of somebody's device: settings and journal lie in folders of their own. */
  env(handle: string): Record<string, string>;
  /** Somebody's device, asking whom the script answers. The same settings each time. */
  world(handle: string, script?: Script): Promise<World & { readonly terminal: ScriptedTerminal }>;
  /** This device compared the fingerprint of release 1. */
  compare(handle: string): Promise<void>;
  /** Writes a file of the repository, or changes its text; `undefined` takes it away. */
  edit(path: string, text: string | undefined | ((before: string) => string)): void;
  /** The release that the working tree means, signed by these. */
  release(by: readonly string[], changed?: Partial<Release>): Promise<ByHand>;
  /** The same by the verb `approve`, one after the other, with a yes to every question and every risk accepted. */
  approve(by: readonly string[], options?: Partial<ApproveOptions>): Promise<ApproveReport>;
  /** A stored receipt that says the newest release is in force, with `parts` put over it, signed by the host key. */
  receipt(server: string, parts?: Partial<Receipt>): Promise<void>;
  /** A revocation of an employee or machine and of the key they have, signed by anybody, signer or not. */
  revoke(handle: string, by: string, parts?: Partial<Revocation>): Promise<Revoked>;
}

export interface Revoked {
  /** The file in `revoked/`. */
  readonly name: string;
  readonly hash: string;
}

export async function makeOrganization(wishes: Wishes = {}): Promise<Organization> {
  const folder = ownFolder();
  const parts = new Parts(folder, wishes);
  for (const [path, text] of policyFiles(parts)) put(parts.root, path, text);
  return parts;
}

/** A key that ssh-keygen made, once in a test run for each organization's name and handle: making one takes a while. */
function signingKey(organization: string, handle: string): string {
  const file = join(SIGNING_KEYS, `${organization}-${handle}`);
  if (existsSync(file)) return file;
  const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `${handle} signs`, '-f', file]);
  if (made.status !== 0) throw new Error(`ssh-keygen made no key: ${made.stderr.toString()}`);
  return file;
}

const SIGNING_KEYS = mkdtempSync(join(tmpdir(), 'keyward-test-keys-'));
afterAll(() => rmSync(SIGNING_KEYS, { recursive: true, force: true }));

/** ssh-keygen itself, over a key file without a passphrase. */
export const sshKeygen: Signing = {
  async sign(_key, file, namespace, text) {
    const { status, stdout, stderr } = spawnSync('ssh-keygen', ['-Y', 'sign', '-f', file ?? '', '-n', namespace], {
      input: text,
    });
    if (status !== 0) throw new Error(`ssh-keygen did not sign: ${stderr.toString()}`);
    return stdout.toString('latin1');
  },
};

class Parts implements Organization {
  readonly name: string;
  readonly root: string;
  readonly wishes: Wishes;
  readonly clock: Organization['clock'];
  readonly #folder: string;

  constructor(folder: string, wishes: Wishes) {
    this.#folder = folder;
    this.wishes = wishes;
    this.name = wishes.name ?? 'acme';
    this.root = join(folder, 'policy');
    let now = parseInstant(wishes.now ?? '2026-10-01T08:00:00Z');
    this.clock = { now: () => now, set: (time) => void (now = parseInstant(time)) };
    mkdirSync(this.root);
  }

  get signers(): readonly string[] {
    return this.wishes.signers ?? ['alice'];
  }

  person(handle: string): SubjectId {
    return newId(handle in (this.wishes.machines ?? {}) ? 'mch' : 'emp', crypto.sha256(bytesOf(`person ${handle}`)));
  }

  provider(name: string): ProviderId {
    return newId('aws', crypto.sha256(bytesOf(`provider ${name}`)));
  }

  server(name: string): ServerId {
    return newId('srv', crypto.sha256(bytesOf(`server ${name}`)));
  }

  loginKey(handle: string): PublicKey {
    return parsePublicKey(`${penFor(`login ${handle}`).key.line} ${handle}@laptop`);
  }

  hostPen(server: string): Pen {
    return penFor(`host ${server}`);
  }

  /** The signing key's file. */
  signingKeyFile(handle: string): string {
    const file = join(this.#folder, `${handle}-signs`);
    if (!existsSync(file))
      for (const end of ['', '.pub']) copyFileSync(`${signingKey(this.name, handle)}${end}`, `${file}${end}`);
    return file;
  }

  env(handle: string): Record<string, string> {
    const of = (part: string): string => join(this.#folder, 'devices', handle, part);
    return { HOME: of('home'), XDG_CONFIG_HOME: of('config'), XDG_STATE_HOME: of('state'), KEYWARD_REPO: this.root };
  }

  async world(handle: string, script: Script = {}): Promise<World & { readonly terminal: ScriptedTerminal }> {
    const terminal = new ScriptedTerminal(script);
    const joined = await joinWorld({ repo: this.root, terminal, env: this.env(handle) });
    await this.#introduce(handle, joined);
    return { ...joined, terminal, clock: this.clock, signing: sshKeygen };
  }

  async #introduce(handle: string, { settings }: World): Promise<void> {
    const known = await settings.read(this.name);
    if (known.me !== undefined) return;
    if (!this.signers.includes(handle)) return settings.write(this.name, { ...known, me: handle });
    const file = this.signingKeyFile(handle);
    const { line } = parsePublicKey(readFileSync(`${file}.pub`, 'utf8').trim());
    await settings.write(this.name, { ...known, me: handle, signingKey: { publicLine: line, file } });
  }

  async compare(handle: string): Promise<void> {
    const { settings } = await this.world(handle);
    const firstRelease = sha(readFileSync(join(this.root, 'releases/1/release'), 'latin1'));
    await settings.write(this.name, { ...(await settings.read(this.name)), firstRelease });
  }

  edit(path: string, text: string | undefined | ((before: string) => string)): void {
    const absolute = join(this.root, path);
    if (text === undefined) rmSync(absolute);
    else put(this.root, path, typeof text === 'string' ? text : text(readFileSync(absolute, 'utf8')));
  }

  async release(by: readonly string[], changed: Partial<Release> = {}): Promise<ByHand> {
    return releaseByHand(by, (handle) => this.world(handle), changed);
  }

  async approve(by: readonly string[], options: Partial<ApproveOptions> = {}): Promise<ApproveReport> {
    let report: ApproveReport | undefined;
    for (const handle of by) {
      const world = await this.world(handle, { yes: 'all', risks: 'all' });
      report = await approve(world, {
        renew: false,
        newDraft: false,
        dryRun: false,
        show: () => undefined,
        ...options,
      });
    }
    if (report === undefined) throw new Error('somebody must approve');
    return report;
  }

  async receipt(server: string, parts: Partial<Receipt> = {}): Promise<void> {
    const world = await this.world('somebody');
    const clone = await readClone(world, { for: 'look' });
    const target = knownTargets(clone).find((one) => one.name === server);
    const newest = clone.chain?.newest;
    if (target === undefined || newest === undefined) throw new Error(`no signed release has a server ${server}`);
    const value: Receipt = {
      organization: this.name,
      target: target.manifest.target,
      nonce: sha(`nonce ${server} ${this.clock.now()}`),
      time: this.clock.now(),
      enrolled: { times: 1, last: clone.chain?.verified[0]?.value.issued ?? this.clock.now() },
      release: { number: newest.value.number, hash: newest.hash },
      signerSet: { number: newest.value.signerSet, hash: signerSetHash(newest.value, crypto) },
      manifest: target.manifestHash,
      receiver: newest.value.receiver,
      inForce: sha(`in force ${target.manifestHash}`),
      clock: 'right',
      openssh: '9.2p1',
      revocations: [],
      accounts: target.manifest.accounts.map(({ id, account }) => ({ id, account, state: 'open' })),
      ended: [],
      running: [],
      credentials: [],
      root: [],
      differs: [],
      failed: [],
      refused: [],
      conflicts: [],
      looked: [{ what: 'account', count: 20 }, { what: 'sudoers-file', count: 3 }],
      waysIn: [],
      ...parts,
    };
    const text = receiptText.write(value);
    // A provider has no key to sign with.
    const signs = target.manifest.hostKeys.length > 0;
    const signed = { text, signatures: signs ? [this.hostPen(server).sign(text, NAMESPACES.receipt)] : [] };
    put(this.root, `receipts/${server}`, joinSigned(signed));
  }

  async revoke(handle: string, by: string, parts: Partial<Revocation> = {}): Promise<Revoked> {
    const text = revocationText.write({
      organization: this.name,
      signer: newId('emp', crypto.sha256(bytesOf(`person ${by}`))),
      time: this.clock.now(),
      id: this.person(handle),
      keys: [parsePublicKey(this.loginKey(handle).line)],
      ...parts,
    });
    const file = this.signingKeyFile(by);
    const key = parsePublicKey(readFileSync(`${file}.pub`, 'utf8').trim());
    const signature = await sshKeygen.sign(key, file, NAMESPACES.revocation, toBytes(text));
    const hash = sha(text);
    const [path, bytes] = revocationFile(handle, hash, { text, signatures: [signature] });
    put(this.root, path, Buffer.from(bytes).toString('latin1'));
    return { name: path.slice('revoked/'.length), hash };
  }
}

/** The same key for the same words. */
function penFor(words: string): Pen {
  return penOf(new DataView(crypto.sha256(bytesOf(words)).buffer).getUint32(0));
}

function put(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, 'latin1');
}

function policyFiles(parts: Parts): ReadonlyMap<string, string> {
  const { wishes, signers } = parts;
  const employees = { ...Object.fromEntries(signers.map((handle) => [handle, ''])), ...wishes.employees };
  const files = new Map([
    ['access-policy.yaml', policyText(parts, employees)],
    ['.gitattributes', '* -text\n'],
  ]);
  for (const handle of [...Object.keys(employees), ...Object.keys(wishes.machines ?? {})]) {
    const key = parts.loginKey(handle);
    files.set(`keys/${handle}.pub`, `${key.line} ${key.comment}\n`);
  }
  for (const handle of signers)
    files.set(`signers/${handle}.pub`, readFileSync(`${parts.signingKeyFile(handle)}.pub`, 'utf8'));
  for (const name of Object.keys(wishes.servers ?? {}))
    files.set(`servers/${name}.pub`, `${parts.hostPen(name).key.line}\n`);
  return files.set('couriers/pipeline.pub', `${penFor('courier').key.line} pipeline\n`);
}

function policyText(parts: Parts, employees: Readonly<Record<string, Fields>>): string {
  const { name, wishes } = parts;
  const line = (of: string, id: string, fields: Fields): string =>
    `  ${of}: { id: ${id}${fields === '' ? '' : `, ${fields}`} }\n`;
  const section = (
    word: string,
    things: Readonly<Record<string, Fields>>,
    fieldsOf: (thing: string) => string,
  ): string => (Object.keys(things).length === 0 ? '' : `${word}:\n${Object.keys(things).map(fieldsOf).join('')}`);
  const { machines = {}, servers = {}, providers = {}, rules = [], teams = [] } = wishes;
  const address = (server: string): string => `address: ${server}.example.com`;
  return [
    `version: 1\norganization: ${name}\nthreshold: ${wishes.threshold ?? 1}\n`,
    teams.length === 0 ? '' : `teams: [${teams.join(', ')}]\n`,
    section('employees', employees, (handle) => line(handle, parts.person(handle), employees[handle] ?? '')),
    section('machines', machines, (handle) => line(handle, parts.person(handle), machines[handle] ?? '')),
    section('servers', servers, (server) =>
      line(server, parts.server(server), [address(server), servers[server]].filter((part) => part !== '').join(', ')),
    ),
    section('providers', providers, (provider) =>
      line(provider, parts.provider(provider), `kind: aws-iam, ${providers[provider] ?? ''}`),
    ),
    rules.length === 0 ? 'rules: []\n' : `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`,
  ].join('');
}
