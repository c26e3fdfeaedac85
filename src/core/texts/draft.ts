/** The release that follows the one in force: what of it can be worked out without a policy. */
import { DAY, later } from '../access/index.ts';
import type { Instant, Signer } from '../access/index.ts';
import type { Hash } from './fields.ts';
import { byBytes } from './grammar.ts';
import type { Release, SignerSet } from './release.ts';
import { signerSetHash } from './signatures.ts';
import type { TextCrypto, Verified } from './signatures.ts';

/** After so many days a release is no longer newly taken. */
const RELEASE_DAYS = 90;

/** What the policy, the repository and the clock say. */
export interface DraftParts {
  readonly organization: string;
  /** Above the last release, and above every number the signer ever signed. */
  readonly number: number;
  readonly issued: Instant;
  readonly inputs: Hash;
  readonly receiver: Hash;
  readonly threshold: number;
  readonly signers: readonly Signer[];
  /** Every verified revocation in the repository, by hash. */
  readonly revocations: Iterable<Hash>;
  /** Those of them that the policy takes back. */
  readonly undone: Iterable<Hash>;
  readonly manifests: Iterable<Hash>;
}

/** The next release after `known`, or release 1. Its lists of revocations are complete: none that was listed is dropped. */
export function draftRelease(
  known: Verified<Release> | undefined,
  parts: DraftParts,
  crypto: Pick<TextCrypto, 'sha256'>,
): Release {
  const undone = new Set(parts.undone);
  const before = known === undefined ? [] : [...known.value.counted, ...known.value.undone];
  const all = [...new Set([...before, ...parts.revocations])].sort();
  return {
    organization: parts.organization,
    number: parts.number,
    previous: known?.hash,
    issued: parts.issued,
    expires: later(parts.issued, RELEASE_DAYS * DAY),
    inputs: parts.inputs,
    receiver: parts.receiver,
    ...nextSignerSet(known?.value, parts, crypto),
    counted: all.filter((hash) => !undone.has(hash)),
    undone: all.filter((hash) => undone.has(hash)),
    manifests: [...new Set(parts.manifests)].sort(),
  };
}

/** The set of these signers: under the known number while nothing in it changes, else under the next. */
function nextSignerSet(
  known: SignerSet | undefined,
  { threshold, signers }: Pick<DraftParts, 'threshold' | 'signers'>,
  crypto: Pick<TextCrypto, 'sha256'>,
): SignerSet {
  const lines = signers.flatMap(({ id, keys }) => keys.map((key) => ({ id, key })));
  const named = new Map(
    lines.map((line) => [`${line.id} ${line.key.line}`, line] as const).sort(([a], [b]) => byBytes(a, b)),
  );
  const same = { signerSet: known?.signerSet ?? 1, threshold, signers: [...named.values()] };
  if (known === undefined || signerSetHash(known, crypto) === signerSetHash(same, crypto)) return same;
  return { ...same, signerSet: known.signerSet + 1 };
}
