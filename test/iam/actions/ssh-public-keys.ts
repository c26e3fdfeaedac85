/**
 * SSH public keys, five a user: API_UploadSSHPublicKey.html ("must be encoded in ssh-rsa format or PEM format", at
 * least 2048 bits), API_GetSSHPublicKey.html, API_ListSSHPublicKeys.html, API_UpdateSSHPublicKey.html,
 * API_DeleteSSHPublicKey.html under https://docs.aws.amazon.com/IAM/latest/APIReference/.
 */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { type Actions, type Call, must } from '../call.ts';
import { IamError, noSuch } from '../iam-error.ts';
import { newId } from '../ids.ts';
import { paged } from '../paging.ts';
import { onUser } from '../resources.ts';
import { type SshPublicKey, the, type User } from '../state.ts';
import type { Answer } from '../xml.ts';

function fields(blob: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 4 <= blob.length;) {
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return [];
    found.push(blob.subarray(at + 4, end));
    at = end;
  }
  return found;
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function integer(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, 'base64url');
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

/** An RSA key as the blob of an OpenSSH line. */
function sshBlob(key: KeyObject): Buffer {
  const { e = '', n = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([field(Buffer.from('ssh-rsa')), field(integer(e)), field(integer(n))]);
}

function fromLine(body: string): KeyObject {
  const [type, e, n, ...more] = fields(Buffer.from(body.split(/\s+/)[1] ?? '', 'base64'));
  if (type?.toString() !== 'ssh-rsa' || e === undefined || n === undefined || more.length > 0)
    throw new Error('not an RSA key');
  const unsigned = (bytes: Buffer): string => bytes.subarray(bytes[0] === 0 ? 1 : 0).toString('base64url');
  return createPublicKey({ key: { kty: 'RSA', e: unsigned(e), n: unsigned(n) }, format: 'jwk' });
}

function readKey(body: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = body.startsWith('ssh-rsa ') ? fromLine(body) : createPublicKey(body);
  } catch {
    key = undefined;
  }
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key === undefined || key.asymmetricKeyType !== 'rsa' || bits < 2048) {
    throw new IamError('InvalidPublicKey', 'The SSH public key is not an RSA key of at least 2048 bits.');
  }
  return key;
}

function metadata(user: User, one: SshPublicKey): Record<string, Answer> {
  return { UserName: user.name, SSHPublicKeyId: one.id, Status: one.status, UploadDate: new Date(one.uploaded) };
}

function whole(user: User, one: SshPublicKey, body: string): Answer {
  return { SSHPublicKey: { ...metadata(user, one), Fingerprint: one.fingerprint, SSHPublicKeyBody: body } };
}

function keyOf(call: Call, user: User): SshPublicKey {
  const id = call.parameters.text('SSHPublicKeyId', { min: 20, max: 128, pattern: /^\w+$/ });
  const found = user.sshKeys.find((one) => one.id === id);
  if (found === undefined) throw noSuch('Public Key', id);
  return found;
}

function upload(call: Call): Answer {
  const user = call.userToChange(call.parameters.text('UserName'));
  const body = call.parameters.text('SSHPublicKeyBody', { min: 1, max: 16_384 }).trim();
  const blob = sshBlob(readKey(body));
  const line = `ssh-rsa ${blob.toString('base64')}`;
  must(
    !user.sshKeys.some((one) => one.line === line),
    'DuplicateSSHPublicKey',
    'The SSH public key is already associated with the specified IAM user.',
  );
  call.quota('SSHPublicKeysPerUser', user.sshKeys.length, 5);
  const fingerprint = createHash('md5')
    .update(blob)
    .digest('hex')
    .replace(/(..)(?=.)/g, '$1:');
  const [id, uploaded] = [newId('APKA'), call.now];
  const make = (): SshPublicKey => ({ id, line, fingerprint, uploaded, status: 'Active' });
  call.change((state) => the(state.users, user.name).sshKeys.push(make()));
  return whole(user, make(), body);
}

function get(call: Call): Answer {
  const user = call.user(call.parameters.text('UserName'));
  const one = keyOf(call, user);
  const encoding = call.parameters.text('Encoding');
  must(encoding === 'SSH' || encoding === 'PEM', 'UnrecognizedPublicKeyEncoding', `Encoding ${encoding} is not known.`);
  const body = encoding === 'SSH' ? one.line : readKey(one.line).export({ type: 'spki', format: 'pem' }).toString();
  return whole(user, one, body);
}

export const sshPublicKeys: Actions = {
  UploadSSHPublicKey: { needs: onUser, run: upload },
  GetSSHPublicKey: { needs: onUser, run: get },
  ListSSHPublicKeys: {
    needs: onUser,
    run(call) {
      const user = call.user();
      const { page, rest } = paged(call, user.sshKeys, (one) => one.id);
      return { SSHPublicKeys: page.map((one) => metadata(user, one)), ...rest };
    },
  },
  UpdateSSHPublicKey: {
    needs: onUser,
    run(call) {
      const user = call.userToChange(call.parameters.text('UserName'));
      const { id } = keyOf(call, user);
      const status = call.parameters.oneOf('Status', ['Active', 'Inactive']);
      must(status !== undefined, 'ValidationError', 'Status must not be null');
      call.change((state) => {
        for (const one of the(state.users, user.name).sshKeys) if (one.id === id) one.status = status;
      });
      return undefined;
    },
  },
  DeleteSSHPublicKey: {
    needs: onUser,
    run(call) {
      const user = call.userToChange(call.parameters.text('UserName'));
      const { id } = keyOf(call, user);
      call.change((state) => {
        const keys = the(state.users, user.name).sshKeys;
        keys.splice(
          keys.findIndex((one) => one.id === id),
          1,
        );
      });
      return undefined;
    },
  },
};
