/**
 * What stands in the manifests of signed releases, and since when: a line is followed back through the releases in which
 * it stands without a break. A line that had ended before the next release was issued had stopped standing.
 */
import type { Instant, SubjectId } from '../core/access/index.ts';
import { compareEnds, laterEnd } from '../core/access/index.ts';
import { everInForce } from '../core/texts/index.ts';
import type { AccountLine, KeyLine, Manifest, RightLine, SudoLine, VerifiedRelease } from '../core/texts/index.ts';
import type { Clone } from './clone.ts';

/** What one person is given on one target. */
export interface Held {
  readonly account: AccountLine;
  readonly keys: readonly KeyLine[];
  readonly sudo: readonly SudoLine[];
  /** At a provider. */
  readonly rights: readonly RightLine[];
}

/** Everybody who is given something that has not ended at a moment; an account with neither key nor right gives nothing. */
export function heldAt(manifest: Manifest, moment: Instant): ReadonlyMap<SubjectId, Held> {
  const keys = byPerson(manifest.keys, moment);
  const sudo = byPerson(manifest.sudo, moment);
  const rights = byPerson(manifest.rights, moment);
  return new Map(
    manifest.accounts.flatMap((account): readonly (readonly [SubjectId, Held])[] => {
      const of = <Line>(lines: ReadonlyMap<SubjectId, readonly Line[]>): readonly Line[] => lines.get(account.id) ?? [];
      const held = { account, keys: of(keys), sudo: of(sudo), rights: of(rights) };
      return held.keys.length === 0 && held.rights.length === 0 ? [] : [[account.id, held]];
    }),
  );
}

function byPerson<Line extends KeyLine | SudoLine | RightLine>(
  lines: readonly Line[],
  moment: Instant,
): ReadonlyMap<SubjectId, readonly Line[]> {
  const found = new Map<SubjectId, Line[]>();
  for (const line of lines) {
    if (compareEnds(moment, line.end) > 0) continue;
    const own = found.get(line.id);
    if (own === undefined) found.set(line.id, [line]);
    else own.push(line);
  }
  return found;
}

/** A line by what it gives, its end left out: an extended grant is the same grant. */
export const lineName = {
  reach: ({ id, account }: AccountLine | KeyLine | RightLine): string => `reach ${id} ${account}`,
  key: ({ id, account, line }: KeyLine): string => `key ${id} ${account} ${line}`,
  sudo: ({ id, account, runAs, command }: SudoLine): string => `sudo ${id} ${account} ${runAs} ${command}`,
  right: ({ id, account, what, value }: RightLine): string => `right ${id} ${account} ${what} ${value}`,
};

/** The names of all that somebody holds. */
export function namesOf({ keys, sudo, rights }: Held): readonly string[] {
  return [...keys.map(lineName.key), ...sudo.map(lineName.sudo), ...rights.map(lineName.right)];
}

/** Every line of a manifest by its name, with its latest end. */
type Lines = ReadonlyMap<string, Instant | undefined>;

export class Standing {
  readonly #clone: Clone;
  readonly #lines = new Map<string, Lines>();
  readonly #back = new Map<VerifiedRelease, readonly VerifiedRelease[]>();
  readonly #targets = new Map<string, ReadonlyMap<string, string>>();
  readonly #hashes: ReadonlySet<string>;
  readonly releases: readonly VerifiedRelease[];

  constructor(clone: Clone) {
    this.#clone = clone;
    this.releases = everInForce(clone.chain);
    this.#hashes = new Set(this.releases.flatMap((one) => one.value.manifests));
  }

  /** The manifests of a release by target. Throws `trust` where one is not here: then nobody could look. */
  manifestsOf(release: VerifiedRelease): ReadonlyMap<string, Manifest> {
    return new Map([...this.#hashesOf(release)].map(([target, hash]) => [target, this.#manifest(hash)]));
  }

  /** Of one target. */
  manifestOf(release: VerifiedRelease, target: string): Manifest | undefined {
    const hash = this.#hashesOf(release).get(target);
    return hash === undefined ? undefined : this.#manifest(hash);
  }

  /** Whether all these lines stand in the manifest of this hash; no when it is not here. */
  standIn(hash: string | undefined, names: readonly string[]): boolean {
    if (hash === undefined || !this.#hashes.has(hash)) return false;
    const lines = this.#linesOf(hash);
    return names.every((name) => lines.has(name));
  }

  /** Whether it is this very manifest that the release has for the target: then all of it stands there. */
  isOf(release: VerifiedRelease, target: string, hash: string | undefined): boolean {
    return hash !== undefined && this.#hashesOf(release).get(target) === hash;
  }

  /**
   * The first release of the unbroken run, up to this one, in which the line stands; undefined: not in this one. `stands`:
   * the line is known to be of this release, so that where nothing changed no manifest is taken apart.
   */
  since<L extends { readonly end: Instant | undefined }>(upTo: VerifiedRelease | undefined, target: string, line: L, nameOf: (line: L) => string, stands: boolean): VerifiedRelease | undefined {
    if (upTo === undefined) return undefined;
    const own = stands ? this.#hashesOf(upTo).get(target) : undefined;
    let name: string | undefined;
    let first: VerifiedRelease | undefined;
    for (const release of this.#backFrom(upTo)) {
      const hash = this.#hashesOf(release).get(target);
      if (hash === undefined) break;
      // Of the manifest it is from, and without an end, it neither fails to stand there nor has ended.
      if (hash !== own || (line.end !== undefined && first !== undefined)) {
        const lines = this.#linesOf(hash);
        if (!lines.has((name ??= nameOf(line)))) break;
        if (first !== undefined && compareEnds(first.value.issued, lines.get(name)) > 0) break;
      }
      first = release;
    }
    return first;
  }

  /** The newest first. */
  #backFrom(upTo: VerifiedRelease): readonly VerifiedRelease[] {
    const known = this.#back.get(upTo);
    if (known !== undefined) return known;
    const back = this.releases.slice(0, this.releases.indexOf(upTo) + 1).reverse();
    this.#back.set(upTo, back);
    return back;
  }

  #hashesOf(release: VerifiedRelease): ReadonlyMap<string, string> {
    const known = this.#targets.get(release.hash);
    if (known !== undefined) return known;
    const made = new Map(release.value.manifests.map((hash) => [this.#manifest(hash).target as string, hash]));
    this.#targets.set(release.hash, made);
    return made;
  }

  #manifest(hash: string): Manifest {
    return this.#clone.manifest(hash).value;
  }

  #linesOf(hash: string): Lines {
    const known = this.#lines.get(hash);
    if (known !== undefined) return known;
    const made = new Map<string, Instant | undefined>();
    const add = (name: string, end: Instant | undefined): void => {
      made.set(name, made.has(name) ? laterEnd(made.get(name), end) : end);
    };
    const { keys, sudo, rights } = this.#manifest(hash);
    for (const line of keys) {
      add(lineName.reach(line), line.end);
      add(lineName.key(line), line.end);
    }
    for (const line of sudo) add(lineName.sudo(line), line.end);
    for (const line of rights) {
      add(lineName.reach(line), line.end);
      add(lineName.right(line), line.end);
    }
    this.#lines.set(hash, made);
    return made;
  }
}
