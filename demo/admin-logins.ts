/** Scene 9: an AWS account is one more target: two sign, a person with the apply role gives. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Credentials } from '../test/iam/conformance/world.ts';
import { Admin } from './admin.ts';
import { ACCOUNT_ID, AwsAccount } from './aws-account.ts';
import type { Cast } from './cast.ts';
import { equal, type Seen } from './checks.ts';

/** What the last scenes have beside the rest of the cast. */
export interface AwsCast extends Cast {
  readonly account: AwsAccount;
  /** A runner with a clone, a courier's key and AWS's key for one role; signs nothing, gives nothing. */
  readonly pipeline: Admin;
  readonly login: CarolsLogin;
}

/** What carol holds. */
export interface CarolsLogin {
  readonly password: string;
  readonly nextCode: () => string;
  /** Of her session at the console. */
  readonly session: Credentials;
}

const PROVIDER = (id: string): string => `providers:
  aws-production:
    id: ${id}
    kind: aws-iam
    account-id: "${ACCOUNT_ID}"
    groups: [audit]
    accepted:
      - user: arn:aws:iam::${ACCOUNT_ID}:user/alice-admin
        reason: an administrator, with MFA
      - user: arn:aws:iam::${ACCOUNT_ID}:user/pipeline
        reason: may take the roles that look and take away
    rules:
      - to: { employees: [carol] }
        groups: [audit]
        console: true
        mfa: required
`;

const SHORT = /^(✓|  Waits|  All sig|exit|! )/;

export async function giveAdminLogins(cast: Cast): Promise<AwsCast> {
  const { stage, narrator, alice } = cast;
  narrator.chapter('Admin logins on AWS');
  narrator.says(`An AWS account is one more target. Here it is a process on this machine that speaks IAM's protocol and
    checks each signature; keyward speaks to it with AWS's own SDK, as it would to AWS. Alice is an administrator there.
    She writes it into the policy, with the pipeline as one more courier:`);
  narrator.gap();
  const account = await AwsAccount.begin(stage);
  const { alice: key, device } = await account.setUp();
  account.writeProfiles(alice.device, { admin: key });
  const policy = PROVIDER(`aws_${await randomId(alice)}`);
  await alice.pull();
  await alice.device.must(`ssh-keygen -q -t ed25519 -N '' -C pipeline -f ../pipeline && cp ../pipeline.pub couriers/`);
  alice.edits([[/^(?=rules:)/m, policy]]);
  narrator.text(policy);
  await prepareAccount(cast, account);
  account.writeProfiles(alice.device, { admin: key, apply: await account.assume('keyward-acme-apply', key, device) });
  await signRelease(cast);
  const pipeline = await beginPipeline(cast, account);
  await giveByPerson({ ...cast, account, pipeline });
  return { ...cast, account, pipeline, login: await useLogin(cast, account) };
}

/** Nobody else is told it, as of a server's. */
function randomId(alice: Admin): Promise<string> {
  return alice.device.must("head -c 4096 /dev/urandom | tr -dc 0-9a-hjkmnp-tv-z | head -c 26");
}

async function prepareAccount({ narrator, checks, alice }: Cast, { world: { admin } }: AwsAccount): Promise<void> {
  narrator.gap();
  narrator.says('The account needs a boundary for every login, the group, and three roles: look, take away, apply.');
  const made = await alice.types(
    `AWS_PROFILE=admin keyward provider init aws-production --apply --trust arn:aws:iam::${ACCOUNT_ID}:user/pipeline --confirm aws-production`,
    (said) => /^(✓|✗|!|aws-|exit)/.test(said),
  );
  await checks.that('the account has the boundary, the group and the three roles', async () => {
    const [roles, groups, policies] = await Promise.all([admin.listRoles({}), admin.listGroups({}), admin.listPolicies({ Scope: 'Local' })]);
    const names = [...(roles.Roles ?? []).map((one) => one.RoleName), ...(groups.Groups ?? []).map((one) => one.GroupName), ...(policies.Policies ?? []).map((one) => one.PolicyName)];
    const lacks = ['keyward-acme-look', 'keyward-acme-take-away', 'keyward-acme-apply', 'audit', 'boundary'].filter((name) => !names.includes(name));
    return made.status === 0 && lacks.length === 0 ? true : `status ${made.status}, it lacks ${lacks.join(', ')}`;
  });
  await admin.attachGroupPolicy({ GroupName: 'audit', PolicyArn: 'arn:aws:iam::aws:policy/IAMReadOnlyAccess' });
}

async function signRelease({ narrator, checks, alice, dana }: Cast): Promise<void> {
  narrator.gap();
  narrator.says(`What the group may do is Alice's to attach: she lets it read IAM. Then release 4, as ever: two sign.`);
  const first = await alice.types('keyward approve --confirm release-4 --commit', (said) => SHORT.test(said) || /^ {2}\+ .*aws-production|^ {6}access.*aws-production/.test(said));
  await alice.push('AWS, sign release 4');
  await dana.pull();
  const second = await dana.types('keyward approve --confirm release-4 --commit', (said) => SHORT.test(said));
  await dana.push('Sign release 4');
  await alice.pull();
  await checks.that('it takes two signatures as well', () => equal(`${first.status} ${second.status}`, '6 0'));
}

async function beginPipeline({ stage, narrator, alice }: Cast, account: AwsAccount): Promise<Admin> {
  const status = JSON.parse(await alice.device.must('keyward status --json')) as { readonly firstRelease?: { readonly hash: string } };
  const pipeline = await Admin.runner(stage, narrator, {
    KEYWARD_FIRST_RELEASE: status.firstRelease?.hash ?? '',
    KEYWARD_COURIER_KEY: join(stage.folder, 'pipeline/courier'),
    AWS_PROFILE: 'take-away',
    CI: 'true',
  });
  await alice.device.must(`cp ../pipeline '${join(pipeline.device.folder, 'courier')}'`);
  const runner = await account.world.key('pipeline');
  account.writeProfiles(pipeline.device, { runner, 'take-away': { role: 'keyward-acme-take-away', source: 'runner' } });
  return pipeline;
}

async function giveByPerson({ narrator, checks, account, alice, pipeline }: Omit<AwsCast, 'login'>): Promise<void> {
  narrator.gap();
  narrator.says(`AWS checks no signatures, so the role decides. The pipeline's may look and take away. It holds a release that
    two have signed, and gives nothing:`);
  const tried = await pipeline.types('keyward deliver --server aws-production');
  await checks.that("with the pipeline's role carol gets no login: exit status 4", async () =>
    tried.status === 4 && !(await isThere(account)) ? true : `status ${tried.status}: ${tried.stdout}`,
  );
  narrator.gap();
  narrator.says('Alice has taken the role apply, with a code of her MFA device. The first password goes into a file that she names.');
  const given = await alice.types('AWS_PROFILE=apply keyward deliver --passwords ../passwords --commit');
  await alice.push('Receipts');
  await checks.that('carol has a login, by the groups that were signed and under the boundary', async () => {
    const { User } = await account.world.admin.getUser({ UserName: 'carol' });
    const { Groups = [] } = await account.world.admin.listGroupsForUser({ UserName: 'carol' });
    const has = [User?.Path, User?.PermissionsBoundary?.PermissionsBoundaryArn?.split('/').at(-1), ...Groups.map((one) => one.GroupName)].join(' ');
    return given.status === 0 ? equal(has, '/keyward/acme/ boundary audit') : `status ${given.status}`;
  });
  await checks.that('her first password is in a file of mode 0600, and on no screen', () => {
    const path = join(alice.device.folder, 'passwords');
    const [line = '', ...more] = readFileSync(path, 'utf8').trim().split('\n');
    const password = line.split(' ')[2] ?? '';
    const mode = (statSync(path).mode & 0o777).toString(8);
    return mode === '600' && more.length === 0 && password.length >= 14 && !given.stdout.includes(password) ? true : `mode ${mode}, ${more.length + 1} lines`;
  });
}

async function isThere({ world }: AwsAccount): Promise<boolean> {
  const { Users = [] } = await world.admin.listUsers({});
  return Users.some((user) => user.UserName === 'carol');
}

/** In the browser, then with the session's credentials as `aws login` takes them. */
async function useLogin({ narrator, checks, alice, carol }: Cast, account: AwsAccount): Promise<CarolsLogin> {
  const first = readFileSync(join(alice.device.folder, 'passwords'), 'utf8').trim().split(' ')[2] ?? '';
  const password = `${first.slice(0, 10)}-Of-My-Own-7`;
  narrator.gap();
  narrator.says(`Carol signs in to the console, must choose a password of her own, and sets up MFA, the one thing she may do
    without it. With a code she is in, and takes the session's credentials to her shell, as \`aws login\` does.`);
  await checks.that('the console takes the first password once: she must set another', async () => equal((await account.signIn('carol', first)).said, 'must set a new password'));
  const plain = await account.signIn('carol', first, { newPassword: password });
  if (plain.credentials === undefined) throw new Error(`carol could not sign in: ${plain.said}`);
  const without = await account.asks(plain.credentials);
  await checks.that('without MFA she may read nothing, though her group may', () => equal(without, 'AccessDenied'));
  const device = await account.giveMfa('carol', plain.credentials);
  const { credentials } = await account.signIn('carol', password, { code: device.next() });
  if (credentials === undefined) throw new Error('carol could not sign in with MFA');
  account.writeProfiles(carol.device, { default: credentials });
  const works = await carol.types('aws iam get-group --group-name audit', (said) => /"(UserName|Arn)": ".*carol"|^An error/.test(said));
  await checks.that('a call that she signs is answered', () => says(works, 'user/keyward/acme/carol'));
  const own = await account.asks(credentials, 'createAccessKey');
  await checks.that('the boundary keeps her from making an access key', () => equal(own, 'AccessDenied'));
  return { password, nextCode: () => device.next(), session: credentials };
}

export function says({ status, stdout }: { readonly status: number; readonly stdout: string }, text: string): Seen {
  return status === 0 && stdout.includes(text) ? true : `status ${status}: ${stdout}`;
}
