/** The contract of targets over an AWS account, through the unchanged SDK and the local service. */
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Target } from '../../../src/world.ts';
import { contract } from '../contract.ts';
import { endAccount, everything, makeAccount, manifestThere, targetThere } from './account.ts';
import type { AwsBench, Name } from './account.ts';

describe('the target contract, on AWS IAM', () => {
  let account: AwsBench;
  let mute: Server;
  let mistaken: Target;

  beforeAll(async () => {
    account = await makeAccount();
    mute = createServer(() => undefined);
    await new Promise<void>((resolve) => void mute.listen(0, '127.77.199.1', resolve));
    mistaken = targetThere(account, { place: { settings: { ...account.settings, 'account-id': '000000000000' } } });
  });
  afterAll(async () => {
    mute?.close();
    await endAccount(account);
  });

  contract('aws-iam', () => ({
    bench: account.bench,
    target: targetThere(account),
    manifest: (people) =>
      manifestThere(
        account,
        people.map((name) => (name === 'mallory' ? 'dave' : name) as Name).map((name) => ({ name, rights: ['group billing'] })),
      ),
    inForce: async () => everything(account),
    unreachable: targetThere(account, { client: { endpoint: 'http://127.77.199.2:9', attempts: 1 } }),
    silent: targetThere(account, { client: { endpoint: `http://127.77.199.1:${(mute.address() as AddressInfo).port}` } }),
    // What AWS said before cannot be given again: the receipt is written here, from what it says now.
    replaying: undefined,
    mistaken,
    proof: 'says',
    offers: 'not supported',
  }));
});
