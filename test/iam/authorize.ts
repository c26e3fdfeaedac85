/** Whether a principal may do what a call asks for, and the context keys every request has
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html). */
import { AWS_MANAGED } from './aws-managed-policies.ts';
import type { Account, Call, Need } from './call.ts';
import { evaluate, type NamedPolicy, type Policies } from './evaluate.ts';
import { IamError } from './iam-error.ts';
import { arnOf, callerArn, holderOf, type Principal } from './principal.ts';
import type { ManagedPolicy, PolicyHolder, State, User } from './state.ts';

const ALLOWS_NOTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', NotAction: '*', Resource: '*' }],
});

/** A managed policy by ARN, AWS's or the customer's. */
export function managedPolicy(state: State, arn: string): ManagedPolicy | undefined {
  return AWS_MANAGED.get(arn.toLowerCase()) ?? state.policies.get(arn.toLowerCase());
}

export function defaultDocument(policy: ManagedPolicy): string {
  const version = policy.versions.find((one) => one.id === policy.defaultVersion);
  if (version === undefined) throw new Error(`${policy.arn} has no default version`);
  return version.document;
}

function policiesOn(state: State, holder: PolicyHolder): NamedPolicy[] {
  const inline = [...holder.inline].map(([name, document]) => ({
    id: `${holder.kind}_${holder.name}_${name}`,
    document,
  }));
  const attached = [...holder.attached].flatMap((arn) => {
    const policy = managedPolicy(state, arn);
    return policy === undefined ? [] : [{ id: policy.name, document: defaultDocument(policy) }];
  });
  return [...inline, ...attached];
}

/** The groups of a user, in the order of their names. */
export function groupsOf(state: State, user: User): PolicyHolder[] {
  const groups = [...state.groups.values()].filter((group) => user.groups.has(group.id));
  return groups.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Everything that says what a user or role may do. */
export function policiesOf(state: State, holder: PolicyHolder, sessionPolicy?: string): Policies {
  const user = holder.kind === 'user' ? (holder as User) : undefined;
  const holders = user === undefined ? [holder] : [holder, ...groupsOf(state, user)];
  const boundary = holder.boundary === undefined ? undefined : managedPolicy(state, holder.boundary);
  return {
    identity: holders.flatMap((one) => policiesOn(state, one)),
    boundary:
      holder.boundary === undefined
        ? undefined
        : {
            id: boundary?.name ?? holder.boundary,
            document: boundary === undefined ? ALLOWS_NOTHING : defaultDocument(boundary),
          },
    session: sessionPolicy === undefined ? undefined : { id: 'SessionPolicy', document: sessionPolicy },
  };
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** The keys of the principal: `aws:username`, `aws:PrincipalTag/…` and so on. Keys in lower case. */
export function principalContext(
  account: Account,
  principal: Principal,
  holder: PolicyHolder,
  now: number,
): Map<string, readonly string[]> {
  const session = principal.session;
  const context = new Map<string, readonly string[]>([
    ['aws:principalaccount', [account.id]],
    ['aws:principalarn', [arnOf(account.id, holder)]],
    ['aws:principaltype', [holder.kind === 'user' ? 'User' : 'AssumedRole']],
    ['aws:userid', [session?.name === undefined ? holder.id : `${holder.id}:${session.name}`]],
    ['aws:currenttime', [time(now)]],
    ['aws:epochtime', [String(Math.floor(now / 1000))]],
    ['aws:requestedregion', [account.region]],
    ['aws:securetransport', ['true']],
    ['aws:sourceip', ['127.0.0.1']],
  ]);
  if (holder.kind === 'user') context.set('aws:username', [holder.name]);
  for (const [tag, value] of holder.tags) context.set(`aws:principaltag/${tag.toLowerCase()}`, [value]);
  if (session !== undefined) {
    context.set('aws:tokenissuetime', [time(session.issued)]);
    context.set('aws:multifactorauthpresent', [String(session.mfa)]);
    if (session.mfa) context.set('aws:multifactorauthage', [String(Math.floor((now - session.issued) / 1000))]);
  }
  return context;
}

function checkNeed(call: Call, holder: PolicyHolder, policies: Policies, action: string, need: Need): void {
  const context = principalContext(call.account, call.principal, holder, call.now);
  for (const [name, values] of Object.entries(need.context ?? {})) context.set(name.toLowerCase(), values);
  const evaluation = evaluate(policies, action, need.resource, context);
  if (evaluation.decision === 'allowed' || (need.free === true && evaluation.decision === 'implicitDeny')) return;
  const who = callerArn(call.account.id, call.principal, holder);
  const what = `User: ${who} is not authorized to perform: ${action} on resource: ${need.shown ?? need.resource}`;
  throw new IamError('AccessDenied', `${what} ${evaluation.because}`);
}

/** Throws AccessDenied unless the policies, as they are seen now, allow every need. Root may do everything. */
export function authorize(call: Call, service: 'iam' | 'sts', needs: readonly Need[]): void {
  if (call.principal.kind === 'root') return;
  const holder = holderOf(call.seen, call.principal);
  if (holder === undefined)
    throw new IamError('InvalidClientTokenId', 'The security token included in the request is invalid.');
  const policies = policiesOf(call.seen, holder, call.principal.session?.policy);
  for (const need of needs) checkNeed(call, holder, policies, need.action ?? `${service}:${call.action}`, need);
}
