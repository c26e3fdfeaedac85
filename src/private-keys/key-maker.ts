/** What world.ts asks for: a new key whose private half goes into a file and is then forgotten. */
import type { KeyMaker } from '../world.ts';
import { makePrivateKey } from './make.ts';
import { Secret } from './secret.ts';

/** `write` writes a new file of mode 0600 and refuses to write over another (disk's `writePrivateFile`). */
export function openKeyMaker(write: (path: string, bytes: Uint8Array) => Promise<void>): KeyMaker {
  return {
    async make(file, passphrase, comment) {
      const made = makePrivateKey({ type: 'ed25519', passphrase: new Secret(passphrase), comment });
      await write(file, new TextEncoder().encode(made.privateKeyText.reveal()));
      return made.publicLine;
    },
  };
}
