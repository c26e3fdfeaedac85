/** Makes a private key in this process, since ssh-keygen would take the passphrase as an argument that others can see. */
import sshpk from 'sshpk';
import { Failure } from '../core/failure.ts';
import { parsePublicKey } from '../core/ssh/index.ts';
import { Secret } from './secret.ts';

/** ssh-keygen asks for five characters; a key file that is copied can be tried without end, so this asks for more. */
const SHORTEST_PASSPHRASE = 8;

export interface NewKey {
  readonly type: 'ed25519';
  readonly passphrase: Secret;
  /** Printable ASCII; stands in the public line and inside the private key. */
  readonly comment: string;
}

export interface MadeKey {
  /** OpenSSH's own format, encrypted with aes256-ctr under bcrypt-pbkdf, as `ssh` and `ssh-keygen` open it. */
  readonly privateKeyText: Secret;
  /** `type base64 comment` */
  readonly publicLine: string;
}

/**
 * Makes a key. Blocks for some 0.3 s: that is what it costs whoever tries passphrases. Throws `key` for a passphrase or
 * a comment that cannot be taken; the message never holds the passphrase.
 */
export function makePrivateKey(wanted: NewKey): MadeKey {
  mustBeMakeable(wanted);
  const { passphrase, comment } = wanted;
  const key = sshpk.generatePrivateKey('ed25519');
  key.comment = comment;
  // The default cipher would be aes128-ctr. @types/sshpk knows no `cipher`.
  const options: object = { passphrase: passphrase.reveal(), cipher: 'aes256-ctr' };
  const privateKeyText = new Secret(key.toBuffer('openssh', options).toString('ascii'));
  const publicLine = `${key.toPublic().toString('ssh').split(' ').slice(0, 2).join(' ')} ${comment}`;
  // Our own strict reading is the last word on every public key, on one of our making as well.
  parsePublicKey(publicLine);
  return { privateKeyText, publicLine };
}

/** Throws `key` for a passphrase or a comment that cannot be taken. */
export function mustBeMakeable({ passphrase, comment }: NewKey): void {
  const words = passphrase.reveal();
  if (words.length < SHORTEST_PASSPHRASE || /\p{Cc}/u.test(words)) {
    throw new Failure('key', `a passphrase has at least ${SHORTEST_PASSPHRASE} characters and no control characters`, {
      next: 'choose a longer one; four unrelated words are easy to keep',
    });
  }
  if (!/^[!-~](?:[ -~]{0,98}[!-~])?$/.test(comment)) {
    throw new Failure('key', 'the comment of a key is 1 to 100 characters of printable ASCII', {
      next: 'give another comment',
    });
  }
}
