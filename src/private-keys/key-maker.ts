/** What world.ts asks for: a new key whose private half goes into a file and is then forgotten. */
import type { KeyMaker } from '../world.ts';
import { makePrivateKey, mustBeMakeable } from './make.ts';
import { Secret } from './secret.ts';

/** Disk's, for a file that is not to be there yet. */
export interface NewFiles {
  /** Writes a new file of mode 0600 and refuses to write over another: `writePrivateFile`. */
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Throws where `write` would find something there already: `mustBeFree`. */
  readonly mustBeFree: (path: string) => Promise<void>;
}

export function openKeyMaker({ write, mustBeFree }: NewFiles): KeyMaker {
  return {
    async check(file, passphrase, comment) {
      mustBeMakeable({ type: 'ed25519', passphrase: new Secret(passphrase), comment });
      await mustBeFree(file);
    },
    async make(file, passphrase, comment) {
      const made = makePrivateKey({ type: 'ed25519', passphrase: new Secret(passphrase), comment });
      await write(file, new TextEncoder().encode(made.privateKeyText.reveal()));
      return made.publicLine;
    },
  };
}
