/**
 * What keyward remembers in the account: the release it took, on the tags of one of its own roles, and held revocations,
 * on the tags of the user they are about, else of that role. A revocation proves itself, so a tag is as good a place as
 * any: who changes one can hide it, and can never make one up.
 */
import type { Signed } from '../../world.ts';
import { joinSigned, reasonOf, splitSigned } from '../../core/texts/index.ts';
import { TAGS } from './settings.ts';

export type TagMap = ReadonlyMap<string, string>;

export interface Tagged {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

export function tagMap(tags: readonly Tagged[] | undefined): TagMap {
  return new Map((tags ?? []).flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? '']])));
}

export interface Remembered {
  readonly release?: { readonly number: number; readonly hash: string };
  readonly signerSet?: { readonly number: number; readonly hash: string };
  readonly manifest?: string;
}

const NUMBERED = /^([1-9]\d{0,8}) ([0-9a-f]{64})$/;

export function remembered(tags: TagMap): Remembered {
  const numbered = (key: string) => {
    const [, number, hash] = NUMBERED.exec(tags.get(key) ?? '') ?? [];
    return number === undefined || hash === undefined ? undefined : { number: Number(number), hash };
  };
  const release = numbered(TAGS.release);
  const signerSet = numbered(TAGS.signerSet);
  const manifest = tags.get(TAGS.manifest);
  return {
    ...(release === undefined ? {} : { release }),
    ...(signerSet === undefined ? {} : { signerSet }),
    ...(manifest !== undefined && /^[0-9a-f]{64}$/.test(manifest) ? { manifest } : {}),
  };
}

/** AWS allows 256 characters of letters, digits, blanks and `_.:/=+-@`; a blank at an end may be lost, so none is kept. */
const PIECE = 240;
const ESCAPES: Readonly<Record<string, string>> = { '@': '@a', '\n': '@n', ' ': '@s' };
const MEANT: Readonly<Record<string, string>> = { a: '@', n: '\n', s: ' ' };

/** The tags that hold one signed text; `name` begins their keys, such as the first eight digits of its hash. */
export function textTags(name: string, signed: Signed): readonly { readonly Key: string; readonly Value: string }[] {
  const spelled = joinSigned(signed).replaceAll(/[@\n ]/g, (one) => ESCAPES[one] ?? one);
  const pieces = spelled.match(new RegExp(`.{1,${PIECE}}`, 'g')) ?? [];
  return pieces.map((Value, at) => ({ Key: `${TAGS.text}${name}:${String(at).padStart(2, '0')}`, Value }));
}

/** Every text that these tags hold whole; a torn one is passed over, since it proves nothing. */
export function textsOf(tags: TagMap, kind: string): readonly Signed[] {
  const pieces = new Map<string, string>();
  for (const [key, value] of [...tags].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!key.startsWith(TAGS.text)) continue;
    const name = key.slice(0, key.lastIndexOf(':'));
    pieces.set(name, (pieces.get(name) ?? '') + value);
  }
  return [...pieces.values()].flatMap((spelled) => {
    const text = spelled.replaceAll(/@([ans])/g, (_, letter: string) => MEANT[letter] ?? '');
    try {
      return [splitSigned(text, kind)];
    } catch (error) {
      if (reasonOf(error) === undefined) throw error;
      return [];
    }
  });
}

/** The keys of the tags that hold texts no longer needed. */
export function textKeys(tags: TagMap, name: string): readonly string[] {
  return [...tags.keys()].filter((key) => key.startsWith(`${TAGS.text}${name}:`));
}
