/** Whose host key is believed for a server of a list: the address first, then what the list calls it; nobody's otherwise. */
import { expect, it } from 'vitest';
import type { PublicKey } from '../../src/core/ssh/public-key.ts';
import { enrollFrom } from '../../src/verbs/enroll-from.ts';
import type { World } from '../../src/world.ts';
import { penOf } from '../core/texts/signing.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';

const INVENTORY = `[web]
web-1.example.com ansible_host=10.0.0.1
web-2.example.com ansible_host=10.0.0.2
web-3.example.com ansible_host=10.0.0.3
`;

it('a HostKeyAlias is the only name that is looked up, as ssh does with it', async () => {
  const acme = await makeOrganization({ signers: ['alice'] });
  await acme.release(['alice']);
  await acme.compare('alice');
  const own = await acme.world('alice', { yes: 'all' });
  const asked: unknown[] = [];
  const believed: string[] = [];
  const enroller: World['enroller'] = {
    ...own.enroller,
    knownHostKeys: async (...request) => {
      asked.push(request);
      return request[2] === 'web-2.pinned' ? [] : [penOf(1).key];
    },
    look: async ({ address }) => {
      believed.push(address);
      return { kind: 'unknown', why: 'nobody is there' };
    },
  };
  const list = [1, 2].map((n) => `web-${n}.example.com ansible_host=10.0.0.${n} ansible_port=2222 ansible_ssh_common_args='-o HostKeyAlias=web-${n}.pinned'\n`).join('');
  const options = { list, label: 'inventory', servers: [], user: 'root', labels: {}, limits: { parallel: 1, timeout: 5, signal: GO }, dryRun: false };
  const { servers } = await enrollFrom({ ...own, enroller }, options);
  expect(asked).toEqual([['10.0.0.1', 2222, 'web-1.pinned'], ['10.0.0.2', 2222, 'web-2.pinned']]);
  expect(believed).toEqual(['10.0.0.1']);
  expect(servers.map(({ state, why }) => [state, why])).toEqual([['unknown', 'nobody is there'], ['untrusted', expect.stringContaining('no host key of web-2.pinned is known')]]);
});

it('an inventory’s own name of a host is looked up where its address stands nowhere', async () => {
  const acme = await makeOrganization({ signers: ['alice'] });
  await acme.release(['alice']);
  await acme.compare('alice');
  const [byAddress, byName] = [penOf(1).key, penOf(2).key];
  const known: Readonly<Record<string, PublicKey>> = { '10.0.0.1': byAddress, 'web-1.example.com': byName, 'web-2.example.com': byName };
  const believed = new Map<string, readonly string[]>();
  const own = await acme.world('alice', { yes: 'all' });
  const enroller: World['enroller'] = {
    ...own.enroller,
    knownHostKeys: async (address) => [known[address]].filter((key) => key !== undefined),
    look: async ({ address, hostKeys }) => {
      believed.set(address, hostKeys.map(({ line }) => line));
      return { kind: 'unknown', why: 'nobody is there' };
    },
  };
  const options = { list: INVENTORY, label: 'inventory', servers: [], user: 'root', labels: {}, limits: { parallel: 1, timeout: 5, signal: GO }, dryRun: false };
  const { servers } = await enrollFrom({ ...own, enroller }, options);
  expect([...believed]).toEqual([['10.0.0.1', [byAddress.line]], ['10.0.0.2', [byName.line]]]);
  expect(servers.map(({ name, state }) => [name, state])).toEqual([['web-1', 'unknown'], ['web-2', 'unknown'], ['web-3', 'untrusted']]);
});
