/**
 * What lies in `releases/`: texts with their signatures, and manifests by their hash. Nothing is believed here but that a
 * manifest has the bytes its hash says.
 */
import { Failure } from '../core/failure.ts';
import { hashOf, manifest as manifestForm, SharedRows } from '../core/texts/index.ts';
import type { Manifest, TextCrypto } from '../core/texts/index.ts';
import type { Signed, World } from '../world.ts';
import { latin1 } from './bytes.ts';

/** A manifest whose bytes have the hash that a signed release names. */
export interface ManifestRead {
  readonly value: Manifest;
  readonly text: string;
  readonly hash: string;
}

export interface StoredReleases {
  readonly releases: readonly Signed[];
  readonly manifests: StoredManifests;
}

/** `releases/<n>/release`, `<signer>.sig` beside it; of `manifest-<hash>` only that it is there. */
export async function readReleases({ repository, crypto }: World): Promise<StoredReleases> {
  const paths: string[] = [];
  const where = new Map<string, string>();
  for (const folder of await repository.list('releases')) {
    const names = /^[1-9]\d{0,8}$/.test(folder) ? await repository.list(`releases/${folder}`) : undefined;
    // What has no business here is read like the rest: a name that cannot be read is told, not passed over.
    if (names === undefined) paths.push(`releases/${folder}`);
    for (const name of names ?? []) {
      const hash = /^manifest-([0-9a-f]{64})$/.exec(name)?.[1];
      if (hash === undefined) paths.push(`releases/${folder}/${name}`);
      else where.set(hash, `releases/${folder}/${name}`);
    }
  }
  const signatures = new Map<string, string[]>();
  const texts = new Map<string, string>();
  for (const [path, bytes] of await repository.read(paths)) {
    const [, folder = '', name = ''] = /^releases\/([1-9]\d{0,8})\/([^/]+)$/.exec(path) ?? [];
    if (name === 'release') texts.set(folder, latin1(bytes));
    else if (name.endsWith('.sig')) signatures.set(folder, [...(signatures.get(folder) ?? []), latin1(bytes)]);
  }
  const releases = [...texts].map(([folder, text]) => ({ text, signatures: signatures.get(folder) ?? [] }));
  return { releases, manifests: new StoredManifests(repository, where, crypto) };
}

/** Manifests by hash. They are read from the disk when they are loaded, and as texts once, however many ask. */
export class StoredManifests {
  readonly #repository: World['repository'];
  readonly #where: ReadonlyMap<string, string>;
  readonly #crypto: TextCrypto;
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #known = new Map<string, ManifestRead>();
  readonly #rows = new SharedRows();
  #whole = false;

  constructor(repository: World['repository'], where: ReadonlyMap<string, string>, crypto: TextCrypto) {
    this.#repository = repository;
    this.#where = where;
    this.#crypto = crypto;
  }

  /** Reads the bytes of these, or of all that lie here. One that is not here is no fault yet. */
  async load(hashes?: readonly string[]): Promise<void> {
    this.#whole ||= hashes === undefined;
    const paths = (hashes ?? [...this.#where.keys()]).flatMap((hash) => this.#where.get(hash) ?? []);
    for (const [path, bytes] of await this.#repository.read(paths)) this.#bytes.set(path.slice(-64), bytes);
  }

  /** Throws `trust` when the repository lacks it or has other bytes in its place. */
  text(hash: string): string {
    const bytes = this.#bytes.get(hash);
    if (bytes !== undefined && hashOf(bytes, this.#crypto) === hash) return latin1(bytes);
    if (bytes === undefined && !this.#whole && this.#where.has(hash))
      throw new Failure('internal', `the manifest ${hash.slice(0, 12)}… was not loaded`);
    throw new Failure('trust', `the manifest ${hash.slice(0, 12)}… of a signed release is ${bytes === undefined ? 'not here' : 'changed'}`, {
      next: 'restore releases/ from version control',
    });
  }

  read(hash: string): ManifestRead {
    const before = this.#known.get(hash);
    if (before !== undefined) return before;
    const text = this.text(hash);
    const made = { value: manifestForm.parse(text, `manifest ${hash.slice(0, 12)}…`, this.#rows), text, hash };
    this.#known.set(hash, made);
    return made;
  }
}
