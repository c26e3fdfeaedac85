/** Scene 10: an access key that somebody made by hand is drift, and the pipeline's role is enough to take it away. */
import type { AwsCast } from './admin-logins.ts';
import { equal } from './checks.ts';

export async function findKeyByHand({ narrator, checks, account, alice, pipeline, login }: AwsCast): Promise<void> {
  narrator.chapter('An access key made by hand');
  narrator.says('Somebody with an administrator\'s rights makes carol an access key, past the policy and its signers. It works:');
  const made = await alice.types('AWS_PROFILE=admin aws iam create-access-key --user-name carol', (said) => /"(UserName|AccessKeyId)"|^An error/.test(said));
  const of = (name: string): string => new RegExp(`"${name}": "([^"]*)"`).exec(made.stdout)?.[1] ?? '';
  const key = { accessKeyId: of('AccessKeyId'), secretAccessKey: of('SecretAccessKey') };
  await checks.that('a call signed with it is answered', async () => equal(await account.asks(key, 'getUser'), 'ok'));
  narrator.gap();
  narrator.says('At night the pipeline looks at all that there is, on servers and at AWS:');
  const found = await pipeline.types('keyward drift');
  await checks.that('the key is drift, by its name: exit status 2', () =>
    found.status === 2 && found.stdout.includes(`carol/${key.accessKeyId}`) ? true : `status ${found.status}: ${found.stdout}`,
  );
  await checks.that('and it is all that differs anywhere', () => {
    const differs = found.stdout.split('\n').filter((said) => /^ {6}\S.*: /.test(said));
    return equal(differs.length, 1);
  });
  const righted = await pipeline.types('keyward deliver --server aws-production');
  await checks.that('the pipeline puts it right with the role that only takes away', () => equal(righted.status, 0));
  await checks.that('a call signed with the key is refused', async () => equal(await account.asks(key, 'getUser'), 'InvalidClientTokenId'));
  await checks.that('and her own login goes on', async () => equal(await account.asks(login.session), 'ok'));
}
