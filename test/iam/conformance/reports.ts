/** The credential report. */
import { assert, type Chapter, type World } from './world.ts';

async function report(world: World): Promise<string[][]> {
  for (let tries = 0; tries < 20; tries += 1) {
    if ((await world.admin.generateCredentialReport({})).State === 'COMPLETE') break;
  }
  const { Content } = await world.admin.getCredentialReport({});
  return Buffer.from(Content ?? [])
    .toString()
    .split('\n')
    .map((line) => line.split(','));
}

export const reports: Chapter = {
  "the credential report has AWS's columns, the root account first": async (world) => {
    const [columns = [], root = []] = await report(world);
    assert.deepEqual(columns.slice(0, 9), [
      'user',
      'arn',
      'user_creation_time',
      'password_enabled',
      'password_last_used',
      'password_last_changed',
      'password_next_rotation',
      'mfa_active',
      'access_key_1_active',
    ]);
    assert.equal(root[0], '<root_account>');
    assert.equal(root.length, columns.length);
  },
  'a report that is younger than four hours is not made again': async (world) => {
    const before = await report(world);
    await world.user();
    assert.deepEqual(await report(world), before);
  },
};
