/** A first password: random, with one of each kind of character, whatever the account's rules ask for. */
import type { Random } from '../../world.ts';

/** Without what is read as something else: l, 1, I, O, 0. */
const KINDS = ['abcdefghijkmnopqrstuvwxyz', 'ABCDEFGHJKLMNPQRSTUVWXYZ', '23456789', '!@#$%^*()_+-=[]'] as const;
const ALL = KINDS.join('');

export function newPassword(random: Random, least: number): string {
  const length = Math.max(20, least);
  const letters = KINDS.map((kind) => pick(random, kind));
  while (letters.length < length) letters.push(pick(random, ALL));
  // Where the one of each kind stands must not be known.
  for (let i = letters.length - 1; i > 0; i -= 1) {
    const j = below(random, i + 1);
    [letters[i], letters[j]] = [letters[j] ?? '', letters[i] ?? ''];
  }
  return letters.join('');
}

function pick(random: Random, from: string): string {
  return from.charAt(below(random, from.length));
}

/** Each number below `limit`, at most 256, equally often: bytes beyond the last whole multiple are thrown away. */
function below(random: Random, limit: number): number {
  const whole = 256 - (256 % limit);
  for (;;) {
    const [byte = 255] = random(1);
    if (byte < whole) return byte % limit;
  }
}
