/** Addresses, networks and hosts: what Node takes for an address we do, and nothing that sshd would refuse in a key line. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHost, isHostPort, isIpAddress, networkFault } from '../../../src/core/ssh/addresses.ts';

describe('addresses', () => {
  it('agree with Node', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...'0123459af:.:.'.split('')), maxLength: 24 });
    let addresses = 0;
    fc.assert(
      fc.property(
        fc.oneof(
          nearly,
          fc.ipV4(),
          fc.ipV6().map((text) => text.toLowerCase()),
        ),
        (text) => {
          // Node takes 010.0.0.1 for none as well.
          expect(isIpAddress(text)).toBe(isIP(text) !== 0);
          expect(networkFault(text) === undefined).toBe(isIPv4(text) || isIPv6(text));
          addresses += Number(isIpAddress(text));
        },
      ),
      { numRuns: 3000 },
    );
    console.log(`addresses: ${addresses} of 3000 texts are some`);
    expect(addresses).toBeGreaterThan(500);
  });
  it.each([
    ['10.0.0.1/8', '10.0.0.0/8'],
    ['192.168.1.130/25', '192.168.1.128/25'],
    ['2001:db8:1::/32', '2001:db8::/32'],
    ['2001:db8:0:1:0:0:0:1/64', '2001:db8:0:1::/64'],
    ['::1/0', '::/0'],
  ])('%s is no network, %s is', (wrong, right) => {
    expect(networkFault(wrong)?.suggestion).toBe(`Write ${right}, or the address alone.`);
    expect(networkFault(right)).toBeUndefined();
  });
  it('hosts', () => {
    for (const text of ['a', 'db-2.example.com', '3com', 'x1', '::1', '10.0.0.1'])
      expect(isHost(text), text).toBe(true);
    for (const text of [
      '',
      '.',
      'a.',
      '.a',
      'a..b',
      '-a',
      'a-',
      'a_b',
      'A',
      '10.0.4.300',
      '1.2.3',
      '123',
      'a'.repeat(64),
    ])
      expect(isHost(text), text).toBe(false);
    expect([isHostPort('a:1'), isHostPort('[::1]:65535'), isHostPort('a:65536')]).toEqual([true, true, false]);
  });
});
