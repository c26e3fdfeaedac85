/** The next release: its numbers follow, and no revocation that was ever listed is dropped. */
import { describe, expect, it } from 'vitest';
import { DAY, instantOf } from '../../../src/core/access/index.ts';
import type { EmployeeId } from '../../../src/core/access/index.ts';
import { draftRelease, release } from '../../../src/core/texts/index.ts';
import type { DraftParts, Release, Verified } from '../../../src/core/texts/index.ts';
import { crypto, penOf, sha } from './signing.ts';
import { given } from '../given.ts';

const id = (letter: string): EmployeeId => `emp_${letter.repeat(26)}` as EmployeeId;
const SIGNERS = [
  { id: id('b'), keys: [penOf(3).key] },
  { id: id('a'), keys: [penOf(2).key, penOf(1).key] },
];
const PARTS: DraftParts = {
  organization: 'acme',
  number: 1,
  issued: instantOf(1_800_000_000),
  inputs: sha('inputs'),
  receiver: sha('receiver'),
  threshold: 2,
  signers: SIGNERS,
  revocations: [],
  undone: [],
  manifests: [sha('2'), sha('1'), sha('2')],
};
function draft(known: Verified<Release> | undefined, parts: Partial<DraftParts>): Release {
  return draftRelease(known, { ...PARTS, ...parts }, crypto);
}
function first(parts: Partial<DraftParts> = {}): Verified<Release> {
  const value = draft(undefined, parts);
  return { value, hash: sha(release.write(value)) };
}

describe('the next release', () => {
  it('is release 1 with signer set 1 where nothing was before', () => {
    const { value } = first();
    expect(value).toMatchObject({
      number: 1,
      previous: undefined,
      signerSet: 1,
      threshold: 2,
      manifests: [sha('1'), sha('2')].sort(),
    });
    expect(value.expires - value.issued).toBe(90 * DAY);
  });

  it('is the same bytes in whatever order signers, keys and revocations come', () => {
    const known = first({ revocations: [sha('r1')] });
    const parts = { number: 2, revocations: [sha('r1'), sha('r2')], signers: SIGNERS };
    const turned = {
      number: 2,
      revocations: [sha('r2'), sha('r1'), sha('r2')],
      signers: [given(SIGNERS[1]), given(SIGNERS[0])].map((one) => ({ ...one, keys: one.keys.toReversed() })),
    };
    expect(release.write(draft(known, turned))).toBe(release.write(draft(known, parts)));
    expect(draft(known, turned).previous).toBe(known.hash);
  });

  it.each<[string, Partial<DraftParts>, number]>([
    ['nothing', {}, 1],
    ['the threshold', { threshold: 1 }, 2],
    ['a signer less', { signers: [given(SIGNERS[1])], threshold: 1 }, 2],
    ['a key of a signer', { signers: [given(SIGNERS[0]), { id: id('a'), keys: [penOf(1).key] }] }, 2],
    ['a signer more', { signers: [...SIGNERS, { id: id('c'), keys: [penOf(5).key] }] }, 2],
  ])('changes %s: signer set %#', (_, parts, set) => {
    expect(draft(first(), { number: 2, ...parts }).signerSet).toBe(set);
  });

  it('lists every revocation that was ever listed, as counted or as undone', () => {
    const known = first({ revocations: [sha('r1'), sha('r2')], undone: [sha('r2')] });
    expect(known.value).toMatchObject({ counted: [sha('r1')], undone: [sha('r2')] });
    // The files are gone from the repository: the hashes stay all the same, and what is not taken back counts.
    expect(draft(known, { number: 2 })).toMatchObject({ counted: [sha('r1'), sha('r2')].sort(), undone: [] });
    expect(draft(known, { number: 2, undone: [sha('r1'), sha('r2'), sha('never seen')] })).toMatchObject({
      counted: [],
      undone: [sha('r1'), sha('r2')].sort(),
    });
  });
});
