/**
 * The room private-keys: the only one that sees a secret key.
 *
 * Belongs here: making a private key (make.ts, key-maker.ts), signing texts with one (signing.ts: through ssh-agent, else
 * through `ssh-keygen -Y sign`), and proving the courier's key to a server (connection-key.ts). A secret is asked for by
 * ssh-agent and ssh-keygen alone, lives no longer than the call that needs it, and is never in an argument, the
 * environment, a message or a log.
 *
 * Does not: files (the bytes of a key come from disk/ and go there), deciding who may sign, what a text says, public
 * keys (core/ssh). Private keys on security keys stay on them.
 */
export { openConnectionKey } from './connection-key.ts';
export { openKeyMaker } from './key-maker.ts';
export { makePrivateKey } from './make.ts';
export { Secret } from './secret.ts';
export { openSigning } from './signing.ts';
