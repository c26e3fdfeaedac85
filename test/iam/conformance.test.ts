import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAPTERS, verdict, World } from './conformance.ts';
import { type Iam, startIam } from './index.ts';

const elsewhere = process.env['KEYWARD_TEST_IAM_ENDPOINT'];
const total = Object.values(CHAPTERS).reduce((sum, chapter) => sum + Object.keys(chapter).length, 0);

describe.skipIf(elsewhere !== undefined)('the local IAM service does what AWS says', () => {
  let iam: Iam;
  let world: World;
  let met = 0;

  beforeAll(async () => {
    iam = await startIam();
    world = new World(iam.endpoint, iam.region, iam.root);
  });
  afterAll(async () => {
    console.log(`met ${met} of ${total} expectations in ${iam.calls.list.length} calls`);
    await iam.stop();
  });

  describe.each(Object.entries(CHAPTERS))('%s', (_title, chapter) => {
    it.each(Object.entries(chapter))('%s', async (_name, check) => {
      await check(world);
      met += 1;
    });
  });
});

describe.skipIf(elsewhere !== undefined)('the expectations', () => {
  it('find what a service does wrong, and nothing else', async () => {
    const iam = await startIam({ quotas: { attachedPolicies: 99, groupsOfUser: 99, tags: 999 } });
    iam.faults.plan({ kind: 'InternalFailure', action: 'GenerateCredentialReport', times: Infinity });
    const found = await verdict(new World(iam.endpoint, iam.region, iam.root));
    await iam.stop();
    expect(found.looked).toBe(total);
    expect([...found.unmet.keys()]).toEqual([
      'users and groups: a user has at most 50 tags',
      'users and groups: a user is in at most 10 groups',
      'policies: a user has at most 10 managed policies, and a boundary beside them',
      "reports: the credential report has AWS's columns, the root account first",
      'reports: a report that is younger than four hours is not made again',
    ]);
  });
});

describe.skipIf(elsewhere === undefined)(`the service at ${elsewhere ?? 'KEYWARD_TEST_IAM_ENDPOINT, which is not set,'}`, () => {
  it('is asked for every expectation; those it does not meet are named', { timeout: 600_000 }, async () => {
    const root = {
      accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? 'test',
      secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? 'test',
    };
    const world = new World(elsewhere ?? '', process.env['AWS_REGION'] ?? 'us-east-1', root);
    // One that does not answer at all is not one that meets nothing.
    await world.admin.listUsers({ MaxItems: 1 });
    const { looked, unmet } = await verdict(world);
    const lines = [...unmet].map(([name, why]) => `  not met: ${name}\n           ${why}`);
    console.log([`met ${looked - unmet.size} of ${looked} expectations`, ...lines].join('\n'));
    expect(looked).toBe(total);
  });
});
