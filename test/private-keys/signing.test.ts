/** Signing through a real ssh-agent and the real ssh-keygen; what comes back verifies, and every failure has a next step. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { parsePublicKey } from '../../src/core/ssh/public-key.ts';
import { checkSignature } from '../../src/core/ssh/sshsig.ts';
import { asciiBytes, joinBytes, writeString, writeUint32 } from '../../src/core/ssh/wire.ts';
import { openSigning } from '../../src/private-keys/index.ts';
import { line, makeEcdsa, makeEd25519 } from '../core/ssh/blobs.ts';
import { crypto, makeFolder, PASSPHRASE, startAgent } from './secrets.ts';
import type { Agent, KeyFile } from './secrets.ts';

const NAMESPACE = 'keyward-release-v1';
const SRC = join(import.meta.dirname, '../../src');
const text = asciiBytes('keyward-release v1\n');
const KINDS = {
  ed25519: ['-t', 'ed25519'],
  p256: ['-t', 'ecdsa', '-b', '256'],
  rsa3072: ['-t', 'rsa', '-b', '3072'],
} as const;

let folder: ReturnType<typeof makeFolder>;
let agent: Agent;
const keys = new Map<string, KeyFile>();
let encrypted: KeyFile;
const servers: Server[] = [];

beforeAll(async () => {
  folder = makeFolder();
  agent = await startAgent(folder.path);
  for (const [name, type] of Object.entries(KINDS)) keys.set(name, folder.key(name, type));
  encrypted = folder.key('encrypted', ['-t', 'ed25519'], PASSPHRASE);
  for (const { file } of keys.values()) agent.add(file);
});
afterAll(async () => {
  for (const server of servers) server.close();
  await agent.stop();
  folder.remove();
});

function keyOf(name: string): KeyFile {
  const found = keys.get(name);
  if (found === undefined) throw new Error(`no key ${name}`);
  return found;
}

async function failure(signed: Promise<string>): Promise<Failure> {
  const error: unknown = await signed.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Failure);
  expect(error).toMatchObject({ code: 'signature', next: expect.stringMatching(/.{10}/) as unknown });
  return error as Failure;
}

/** The truth about a signature, from our reader and from ssh-keygen. */
function verifies(armored: string, { key }: KeyFile): boolean {
  writeFileSync(join(folder.path, 'allowed'), `me ${key.line}\n`);
  writeFileSync(join(folder.path, 'sig'), armored);
  const args = [
    '-Y',
    'verify',
    '-f',
    join(folder.path, 'allowed'),
    '-I',
    'me',
    '-n',
    NAMESPACE,
    '-s',
    join(folder.path, 'sig'),
  ];
  const theirs = spawnSync('ssh-keygen', args, { input: text }).status === 0;
  const ours = checkSignature(armored, text, NAMESPACE, key, crypto).ok;
  expect(ours).toBe(theirs);
  return ours;
}

describe.each(Object.keys(KINDS))('%s', (name) => {
  it('through the agent, without a file', async () => {
    const signing = openSigning({ crypto, agent: agent.socket, mayAsk: false });
    expect(verifies(await signing.sign(keyOf(name).key, undefined, NAMESPACE, text), keyOf(name))).toBe(true);
  });
  it('through ssh-keygen, without an agent', async () => {
    const signing = openSigning({ crypto, mayAsk: false });
    expect(verifies(await signing.sign(keyOf(name).key, keyOf(name).file, NAMESPACE, text), keyOf(name))).toBe(true);
  });
  it('by its file, where the agent lacks the key or nobody listens', async () => {
    const other = folder.key(`${name}-other`, KINDS[name as keyof typeof KINDS]);
    for (const socket of [agent.socket, join(folder.path, 'nobody')]) {
      const signing = openSigning({ crypto, agent: socket, mayAsk: false });
      expect(verifies(await signing.sign(other.key, other.file, NAMESPACE, text), other)).toBe(true);
    }
  });
});

describe('cannot sign, and says so', () => {
  const quiet = (socket?: string): ReturnType<typeof openSigning> =>
    openSigning({ crypto, agent: socket, mayAsk: false });
  const fresh = parsePublicKey(makeEd25519().line);

  it.each([
    ['no agent, no file', undefined, /cannot be asked: there is none/],
    ['nobody at the socket', 'nobody', /nobody listens/],
    ['the agent lacks the key', 'agent', /does not hold the key/],
  ])('%s', async (_, socket, expected) => {
    const path = socket === undefined ? undefined : join(folder.path, socket);
    expect((await failure(quiet(path).sign(fresh, undefined, NAMESPACE, text))).message).toMatch(expected);
  });

  it('a passphrase that nobody may be asked for: at once, not after waiting', async () => {
    const before = performance.now();
    const { message, next } = await failure(quiet().sign(encrypted.key, encrypted.file, NAMESPACE, text));
    expect(message).toMatch(/needs its passphrase/);
    expect(next).toContain('ssh-add');
    expect(performance.now() - before).toBeLessThan(5000);
  });

  it('a file of another key, of no key, of nothing, of everybody', async () => {
    const { key } = keyOf('ed25519');
    expect((await failure(quiet().sign(key, keyOf('p256').file, NAMESPACE, text))).message).toMatch(/another key/);
    const none = join(folder.path, 'none');
    writeFileSync(none, 'canary-5678', { mode: 0o600 });
    expect((await failure(quiet().sign(key, none, NAMESPACE, text))).message).not.toContain('canary');
    expect((await failure(quiet().sign(key, join(folder.path, 'nothing'), NAMESPACE, text))).message).toMatch(
      /no key file/,
    );
    const open = join(folder.path, 'open');
    copyFileSync(keyOf('ed25519').file, open);
    chmodSync(open, 0o644);
    expect((await failure(quiet().sign(key, open, NAMESPACE, text))).next).toMatch(/chmod 600/);
  });

  it('a kind that may not sign, and a security key that nobody can touch', async () => {
    const p384 = parsePublicKey(makeEcdsa('P-384').line);
    expect((await failure(quiet().sign(p384, 'x', NAMESPACE, text))).message).toMatch(/cannot sign for keyward/);
    const sk = parsePublicKey(line('sk-ssh-ed25519@openssh.com', fresh.blob.slice(-32), 'ssh:'));
    expect((await failure(quiet().sign(sk, 'x', NAMESPACE, text))).message).toMatch(/touched/);
  });

  /** An agent that holds the key and answers the request to sign with these bytes. */
  async function falseAgent(name: string, answer: Uint8Array, held = fresh): Promise<string> {
    const socket = join(folder.path, name);
    const listed = joinBytes(Uint8Array.of(12), writeUint32(1), writeString(held.blob), writeString('x'));
    const server = createServer((connection) => {
      connection.on('error', () => undefined);
      connection.once('data', (asked: Buffer) => connection.end(asked[4] === 11 ? writeString(listed) : answer));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    return socket;
  }
  const signature = joinBytes(writeString('ssh-ed25519'), writeString(new Uint8Array(64)));
  it.each([
    ['refuses', writeString(Uint8Array.of(5)), /would not sign/],
    ['lies', writeString(joinBytes(Uint8Array.of(14), writeString(signature))), /not one of this key/],
    ['gives nothing', writeString(joinBytes(Uint8Array.of(14), writeString(''))), /not an SSHSIG/],
    ['hangs up', new Uint8Array(0), /closed the connection/],
    ['talks on', joinBytes(writeString(Uint8Array.of(5)), Uint8Array.of(1)), /something else/],
    ['is endless', Uint8Array.of(255, 255, 255, 255), /something else/],
    ['stops in the middle', Uint8Array.of(0, 0, 0, 9, 14), /closed the connection/],
  ])('an agent that %s', async (name, answer, expected) => {
    const socket = await falseAgent(name.replaceAll(' ', '-'), answer);
    expect((await failure(quiet(socket).sign(fresh, undefined, NAMESPACE, text))).message).toMatch(expected);
  });

  it('whose no is not passed over for the file', async () => {
    const socket = await falseAgent('says no', writeString(Uint8Array.of(5)), keyOf('ed25519').key);
    const { file, key } = keyOf('ed25519');
    expect((await failure(quiet(socket).sign(key, file, NAMESPACE, text))).message).toMatch(/would not sign/);
  });

  it('a locked agent holds no keys', async () => {
    agent.lock();
    const { message } = await failure(quiet(agent.socket).sign(keyOf('ed25519').key, undefined, NAMESPACE, text));
    expect(message).toMatch(/does not hold the key/);
  });
});

/** Runs a program on a terminal of its own, by util-linux `script`, and types the words once it is asked for them. */
function onTerminal(program: string, words: string): Promise<string> {
  const file = join(folder.path, 'program.mts');
  writeFileSync(file, program);
  const child = spawn('script', ['-qec', `'${process.execPath}' '${file}'`, '/dev/null'], { timeout: 20_000 });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const before = shown;
    shown += chunk.toString();
    if (!before.includes('Enter passphrase') && shown.includes('Enter passphrase')) child.stdin.write(`${words}\n`);
  });
  return new Promise((resolve) => child.once('close', () => resolve(shown)));
}

describe.skipIf(spawnSync('script', ['--version']).status !== 0)('on a terminal', () => {
  const program = (mayAsk: boolean): string => `
    import { readFileSync, writeFileSync } from 'node:fs';
    import { parsePublicKey } from '${join(SRC, 'core/ssh/index.ts')}';
    import { openSigning } from '${join(SRC, 'private-keys/index.ts')}';
    import { sha256, signatureCrypto } from '${join(SRC, 'verify.ts')}';
    const signing = openSigning({ crypto: { ...signatureCrypto, sha256 }, mayAsk: ${mayAsk} });
    const key = parsePublicKey('${encrypted.key.line}');
    const text = new TextEncoder().encode('keyward-release v1\\n');
    signing.sign(key, '${encrypted.file}', '${NAMESPACE}', text).then(
      (armored) => writeFileSync('${join(folder.path, 'asked')}', armored),
      (error) => console.log(error.code, error.message, error.next),
    );`;
  it('ssh-keygen itself asks for the passphrase', async () => {
    const shown = await onTerminal(program(true), PASSPHRASE);
    expect(shown).toMatch(/Enter passphrase/);
    expect(shown).not.toContain(PASSPHRASE);
    expect(verifies(readFileSync(join(folder.path, 'asked'), 'utf8'), encrypted)).toBe(true);
  });
  it('nobody is asked where nobody may be', async () => {
    const shown = await onTerminal(program(false), PASSPHRASE);
    expect(shown).toMatch(/needs its passphrase/);
    expect(shown).not.toMatch(/Enter passphrase/);
  });
  it('a wrong passphrase is a failure with what to do', async () => {
    expect(await onTerminal(program(true), 'wrong')).toMatch(
      /signature the private key .* could not be used by ssh-keygen try again/,
    );
  });
});
