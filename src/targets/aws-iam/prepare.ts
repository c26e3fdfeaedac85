/** Makes what setup.ts describes, with an administrator's own rights; what is there already is compared, never changed. */
import type { AbortSignalLike, Outcome, Prepared, TargetPlace, Wanted } from '../../world.ts';
import { abortOf, Caller, isDenied, nameOf, NOT_SEEN_YET, openIam, SETTLE, Stopped, whyNot } from './iam.ts';
import type { IamOptions } from './iam.ts';
import { policyArn, readSettings } from './settings.ts';
import type { AwsSettings } from './settings.ts';
import { partsOf } from './setup.ts';
import type { Part } from './setup.ts';

/** Without `makes` it only says what is needed, and reaches nobody. */
export async function prepare(place: TargetPlace, wanted: Wanted, makes: boolean, signal: AbortSignalLike, options: IamOptions = {}): Promise<Outcome<readonly Prepared[]>> {
  const settings = readSettings(place.settings ?? {});
  const parts = partsOf(settings, wanted);
  if (!makes) return { kind: 'done', value: parts.map((part) => ({ ...told(part), state: 'to-make' })) };
  const abort = abortOf(signal);
  const iam = await openIam(options);
  try {
    const caller = new Caller(iam, abort.signal, options.settle ?? SETTLE);
    const account = await accountHere(caller);
    if (account !== settings.accountId) return { kind: 'refused', why: `these rights belong to the AWS account ${account ?? 'unknown'}, and ${place.name} is ${settings.accountId}` };
    const made: Prepared[] = [];
    for (const part of parts) made.push({ ...told(part), state: await make(caller, settings, part) });
    return { kind: 'done', value: made };
  } catch (error) {
    if (error instanceof Stopped) return { kind: 'unknown', why: 'stopped; what was made stays, and the next run goes on' };
    return { kind: isDenied(error) ? 'refused' : 'unknown', why: whyNot(error) };
  } finally {
    abort.release();
    iam.destroy();
  }
}

function told({ kind, name, document, trust }: Part): Omit<Prepared, 'state'> {
  return { kind, name, ...(document === undefined ? {} : { document }), ...(trust === undefined ? {} : { trust }) };
}

/** By the ARN of whoever asks: GetUser without a name for a user, the account's roles for a role. */
async function accountHere(caller: Caller): Promise<string | undefined> {
  const pages = await caller.call((iam, options) => iam.listRoles({ MaxItems: 1 }, options));
  const arn = pages.Roles?.[0]?.Arn ?? (await caller.call((iam, options) => iam.getUser({}, options))).User?.Arn;
  return arn?.split(':')[4];
}

async function make(caller: Caller, settings: AwsSettings, part: Part): Promise<Prepared['state']> {
  if (part.kind === 'group') return made(() => caller.call((iam, options) => iam.createGroup({ GroupName: part.name, Path: part.path }, options)));
  if (part.kind === 'policy') return makePolicy(caller, settings, part);
  const RoleName = part.name;
  const state = await made(() => caller.call((iam, options) => iam.createRole({ RoleName, Path: part.path, AssumeRolePolicyDocument: part.trust }, options)));
  // Its own policy is written again: a newer keyward may need less, or more.
  await caller.call((iam, options) => iam.putRolePolicy({ RoleName, PolicyName: 'keyward', PolicyDocument: part.document }, options), NOT_SEEN_YET);
  return state === 'made' ? state : trusted(caller, part);
}

/** Who may take it is changed only where somebody was named; else a difference is said. */
async function trusted(caller: Caller, { name: RoleName, trust: PolicyDocument, trustIsNamed }: Part): Promise<Prepared['state']> {
  const { Role } = await caller.call((iam, options) => iam.getRole({ RoleName }, options));
  if (sameDocument(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? ''), PolicyDocument ?? '')) return 'there';
  if (trustIsNamed !== true) return 'differs';
  await caller.call((iam, options) => iam.updateAssumeRolePolicy({ RoleName, PolicyDocument }, options));
  return 'made';
}

/** White space says nothing. */
function sameDocument(one: string, other: string): boolean {
  const plain = (text: string): string => JSON.stringify(JSON.parse(text === '' ? 'null' : text));
  return plain(one) === plain(other);
}

async function makePolicy(caller: Caller, settings: AwsSettings, { name, path, document }: Part): Promise<Prepared['state']> {
  const state = await made(() => caller.call((iam, options) => iam.createPolicy({ PolicyName: name, Path: path, PolicyDocument: document }, options)));
  if (state === 'made') return state;
  const PolicyArn = policyArn(settings, name);
  const { Policy } = await caller.call((iam, options) => iam.getPolicy({ PolicyArn }, options));
  const { PolicyVersion } = await caller.call((iam, options) => iam.getPolicyVersion({ PolicyArn, VersionId: Policy?.DefaultVersionId }, options));
  return decodeURIComponent(PolicyVersion?.Document ?? '') === document ? 'there' : 'differs';
}

async function made(work: () => Promise<unknown>): Promise<'made' | 'there'> {
  try {
    await work();
    return 'made';
  } catch (error) {
    if (nameOf(error) !== 'EntityAlreadyExistsException') throw error;
    return 'there';
  }
}
