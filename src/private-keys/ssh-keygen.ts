/**
 * Signs with `ssh-keygen -Y sign`, which asks for the passphrase or the touch itself, on the terminal: keyward sees
 * neither. The text goes in on standard input, the signature comes out on standard output; no file is written.
 */
import { spawn } from 'node:child_process';
import { Failure } from '../core/failure.ts';

/** A signature is under 16 KiB; whatever talks more is not ssh-keygen. */
const LONGEST_OUTPUT = 64 * 1024;

export interface KeygenRequest {
  readonly file: string;
  readonly namespace: string;
  readonly text: Uint8Array;
  /** May ssh-keygen ask on the terminal? If not, it is started without one and can only fail. */
  readonly mayAsk: boolean;
}

/** The armored signature, not yet verified. Throws `signature` with what to do. */
export async function signWithKeygen({ file, namespace, text, mayAsk }: KeygenRequest): Promise<string> {
  const { status, stdout, stderr } = await run(['-Y', 'sign', '-q', '-n', namespace, '-f', file], text, mayAsk);
  if (status === 0) return stdout;
  throw failed(file, stderr, mayAsk);
}

function run(
  args: readonly string[],
  input: Uint8Array,
  mayAsk: boolean,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh-keygen', args, {
      // Its own session has no terminal to ask on; the variable keeps a graphical asker away as well.
      detached: !mayAsk,
      env: mayAsk ? process.env : { ...process.env, SSH_ASKPASS_REQUIRE: 'never' },
      stdio: ['pipe', 'pipe', mayAsk ? 'inherit' : 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('latin1');
      if (stdout.length > LONGEST_OUTPUT) child.kill();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < LONGEST_OUTPUT) stderr += chunk.toString('latin1');
    });
    child.once('error', () =>
      reject(
        new Failure('signature', 'ssh-keygen could not be started', {
          next: 'install the OpenSSH client, 8.1 or newer',
        }),
      ),
    );
    child.once('close', (status) => resolve({ status, stdout, stderr }));
    // It may end before it has read everything; its status tells why.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** From words that ssh-keygen is known to say; its own text is not passed on, since it may quote a path or a key. */
function failed(file: string, stderr: string, mayAsk: boolean): Failure {
  if (/No such file/i.test(stderr)) {
    return new Failure('signature', `there is no key file ${file}`, {
      next: 'name the private key of this device again: `keyward init`',
    });
  }
  if (/bad permissions|UNPROTECTED/i.test(stderr)) {
    return new Failure('signature', `the private key ${file} can be read by others`, {
      next: `run: chmod 600 ${file}`,
    });
  }
  const passphrase = /passphrase/i.test(stderr);
  const why = passphrase
    ? 'needs its passphrase, and nobody may be asked for it here'
    : 'could not be used by ssh-keygen';
  const next = mayAsk
    ? 'try again with the right passphrase, and touch the security key when it blinks'
    : `add the key to an agent first (ssh-add ${file}), or run this on a terminal`;
  return new Failure('signature', `the private key ${file} ${why}`, { next });
}
