/**
 * The texts that are signed, carried and stored: docs/formats.md as code. One file for each text, one engine for all.
 *
 * Belongs here: the grammar, every text's table and laws, what signatures a text needs, which releases follow which, and
 * how grants become manifests. Does not: what a policy file says (core/policy), the form of a key, of a key line or of a
 * signature (core/ssh), hashing and verifying (handed in), where a text lies (disk/).
 */
export * from './reasons.ts';
export * from './grammar.ts';
export * from './shared-rows.ts';
export type { Hash } from './fields.ts';
export * from './manifest.ts';
export * from './release.ts';
export * from './inputs.ts';
export * from './revocation.ts';
export * from './receipt.ts';
export * from './way-words.ts';
export * from './credentials.ts';
export * from './bundle.ts';
export * from './found.ts';
export * from './signatures.ts';
export * from './chain.ts';
export * from './key-line.ts';
export * from './render.ts';
export * from './draft.ts';
