/** Whoever signs a flood of revocations keeps neither the one that is carried now nor those of others from their way. */
import { expect, test } from 'vitest';
import { instantOf, parseId } from '../../src/core/access/index.ts';
import { revocation, writeBundle } from '../../src/core/texts/index.ts';
import { fitting } from '../../src/verbs/carry.ts';
import type { HeldRevocation } from '../../src/verbs/clone.ts';

const id = (letter: string): ReturnType<typeof parseId<'emp'>> => parseId(`emp_${letter.repeat(26)}`, 'emp');
const JUNK = `-----BEGIN SSH SIGNATURE-----\n${`${'A'.repeat(70)}\n`.repeat(150)}-----END SSH SIGNATURE-----\n`;

function held(signer: string, n: number, signatures: readonly string[] = []): HeldRevocation {
  const value = { organization: 'acme', signer: id(signer), time: instantOf(1_790_000_000 + n), id: id('c'), keys: [] };
  const signed = { text: revocation.write(value), signatures };
  return { name: `carol-${signer}${n}`, hash: String(n), value, signed, listed: false };
}

test.each([
  ['many', Array.from({ length: 3000 }, (_, n) => held('m', n)), 256],
  ['large', Array.from({ length: 300 }, (_, n) => held('m', n, [JUNK, JUNK])), 11],
])('a flood of %s by one: the first goes, and so does what another signed', (_, flood, howMany) => {
  const first = held('a', 0).signed;
  const other = held('b', 0);
  const taken = fitting([first], [...flood, other]);
  expect(taken).toHaveLength(howMany);
  expect([taken[0], taken.includes(other.signed)]).toEqual([first, true]);
  expect(writeBundle({ nonce: '0'.repeat(64), about: [], revocations: taken, releases: [] }).length).toBeLessThan(256 * 1024);
});
