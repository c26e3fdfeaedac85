/**
 * Characters that deceive whoever reads a policy: those that cannot be seen or turn the direction of text, and letters
 * that look like others. What a reviewer sees must be what is read.
 */

/**
 * Not to be seen, or not what they look like: controls but for tab and line ends, formats (zero width, bidi), separators,
 * spaces other than the ordinary one, private use, lone surrogates, and all that renderers may ignore (Unicode's own
 * property).
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]/u;
const PLAIN = /^[\n\t -~]*$/;

export interface Hidden {
  /** From 1; the column counts UTF-16 units. */
  readonly line: number;
  readonly column: number;
  /** `U+200B`. */
  readonly name: string;
}

/** The first deceiving character of each line, at most `most` of them. */
export function hiddenCharacters(text: string, most: number): readonly Hidden[] {
  const found: Hidden[] = [];
  if (PLAIN.test(text)) return found;
  for (const [index, line] of text.split('\n').entries()) {
    const match = PLAIN.test(line)
      ? null
      : HIDDEN.exec((line.endsWith('\r') ? line.slice(0, -1) : line).replaceAll('\t', ' '));
    if (match !== null) found.push({ line: index + 1, column: match.index + 1, name: codeName(match[0]) });
    if (found.length >= most) break;
  }
  return found;
}

export function codeName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** As a terminal may show it: what is hidden stands as `<U+200B>`. */
export function visible(text: string): string {
  if (PLAIN.test(text) && !text.includes('\t')) return text;
  const all = new RegExp(HIDDEN.source, 'gu');
  return text.replaceAll('\t', ' ').replace(all, (character) => `<${codeName(character)}>`);
}

/** Letters of other scripts that are drawn like an ASCII one. Not complete: names must be ASCII in any case. */
const TWINS: Readonly<Record<string, string>> = {
  а: 'a', в: 'b', с: 'c', ԁ: 'd', е: 'e', һ: 'h', і: 'i', ј: 'j', к: 'k', ӏ: 'l', м: 'm', п: 'n', о: 'o', р: 'p', ԛ: 'q',
  г: 'r', ѕ: 's', т: 't', у: 'y', ѵ: 'v', ԝ: 'w', х: 'x', α: 'a', β: 'b', ε: 'e', ι: 'i', κ: 'k', ν: 'v', ο: 'o', ρ: 'p',
  τ: 't', υ: 'u', χ: 'x', ı: 'i', ɡ: 'g', ʟ: 'l', 'ℓ': 'l', ß: 'ss', ø: 'o', æ: 'ae', œ: 'oe', đ: 'd', ł: 'l',
  '‐': '-', '‑': '-', '–': '-', '—': '-', '−': '-',
}; // prettier-ignore

/** The ASCII name that `text` looks like, when it looks like one; hidden characters fall away. */
export function asciiTwin(text: string): string | undefined {
  const plain = text.normalize('NFKD').toLowerCase();
  let twin = '';
  for (const character of plain) {
    if (/[a-z0-9_-]/.test(character)) twin += character;
    else if (TWINS[character] !== undefined) twin += TWINS[character];
    else if (!/\p{M}/u.test(character) && !HIDDEN.test(character)) return undefined;
  }
  return twin === '' ? undefined : twin;
}

/** Two ASCII names with the same outline are easily taken for each other: `alice` and `a1ice`, `rn` and `m`. */
export function outline(name: string): string {
  return name
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replace(/[1i]/g, 'l')
    .replaceAll('0', 'o')
    .replaceAll('5', 's')
    .replaceAll('_', '-');
}
