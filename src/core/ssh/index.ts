/**
 * The room core/ssh: what OpenSSH's own bytes mean.
 *
 * Belongs here: public keys (public-key.ts, with the reasons of refusal and the points of curves), SSHSIG signatures
 * (sshsig.ts), the lines of an authorized_keys file, whose options are made here and nowhere else
 * (authorized-keys-line.ts, addresses.ts), and the wire under them (wire.ts). All of it is decided from bytes alone.
 *
 * Does not: private keys, hashing and verifying (handed in), who a key belongs to, files.
 */
export * from './addresses.ts';
export * from './authorized-keys-line.ts';
export * from './public-key.ts';
export * from './sshsig.ts';
