/** Limits of a key, as fast-check makes them: all that a policy may say, and no more. */
import fc from 'fast-check';
import type { KeyLimits } from '../../../src/core/ssh/authorized-keys-line.ts';
import { keyCommandFault } from '../../../src/core/ssh/authorized-keys-line.ts';
import { isHost } from '../../../src/core/ssh/addresses.ts';

const port = fc.integer({ min: 1, max: 65535 });
const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,8}(\.[a-z][a-z0-9]{0,5}){0,2}$/).filter(isHost);
const host = fc.oneof(
  name,
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address.toLowerCase()}]`),
);
const target = fc.tuple(host, port).map(([h, p]) => `${h}:${p}`);
const network = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((address) => address.toLowerCase()),
  fc.constantFrom('10.0.0.0/8', '203.0.113.0/24', '192.0.2.7/32', '2001:db8::/32', '0.0.0.0/0', '::/0', 'fe80::1/128'),
);
const command = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(..."\\'`$,; =#%".split('')),
      fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
    ),
    minLength: 1,
    maxLength: 60,
  })
  .filter((text) => keyCommandFault(text) === undefined);

export const limits: fc.Arbitrary<KeyLimits> = fc.record({
  allow: fc.record({
    pty: fc.boolean(),
    agentForwarding: fc.boolean(),
    x11: fc.boolean(),
    forwardTo: fc.array(target, { maxLength: 4 }),
  }),
  from: fc.option(fc.array(network, { minLength: 1, maxLength: 4 }), { nil: undefined }),
  command: fc.option(command, { nil: undefined }),
});
