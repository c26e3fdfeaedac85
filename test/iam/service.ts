/** From a request to an answer: which action, who signed it, whether they may, what it says. */
import { account } from './actions/account.ts';
import { accessKeys } from './actions/access-keys.ts';
import { groups } from './actions/groups.ts';
import { managedPolicies } from './actions/managed-policies.ts';
import { mfaDevices } from './actions/mfa-devices.ts';
import { passwords } from './actions/passwords.ts';
import { policiesOn } from './actions/policies-on.ts';
import { roles } from './actions/roles.ts';
import { serviceCredentials } from './actions/service-credentials.ts';
import { signingCertificates } from './actions/signing-certificates.ts';
import { simulation } from './actions/simulate.ts';
import { sshPublicKeys } from './actions/ssh-public-keys.ts';
import { sts } from './actions/sts.ts';
import { users } from './actions/users.ts';
import { authorize } from './authorize.ts';
import { type Account, type Action, type Actions, Call, type Need } from './call.ts';
import type { SigningKey } from './check-signature.ts';
import { IamError } from './iam-error.ts';
import type { Parameters } from './parameters.ts';
import type { Principal } from './principal.ts';
import type { Answer } from './xml.ts';

const IAM: Actions = {
  ...users,
  ...accessKeys,
  ...policiesOn,
  ...groups,
  ...managedPolicies,
  ...passwords,
  ...signingCertificates,
  ...sshPublicKeys,
  ...serviceCredentials,
  ...mfaDevices,
  ...roles,
  ...simulation,
  ...account,
};

/** API version → service (the first lines of both API references). */
const VERSIONS = { '2010-05-08': 'iam', '2011-06-15': 'sts' } as const;

export type ServiceName = 'iam' | 'sts';

/** Every action the service knows, sorted. */
export const ACTIONS: readonly string[] = [...Object.keys(IAM), ...Object.keys(sts)].sort();

/** The service a request is for, by its version; IAM where it says none that is known. */
export function serviceOf(version: string | undefined): ServiceName {
  return version !== undefined && Object.hasOwn(VERSIONS, version) ? VERSIONS[version as keyof typeof VERSIONS] : 'iam';
}

function actionOf(service: ServiceName, name: string, version: string | undefined): Action {
  const known = service === 'iam' ? IAM : sts;
  const action = Object.hasOwn(known, name) ? known[name] : undefined;
  if (action === undefined || version === undefined || !Object.hasOwn(VERSIONS, version)) {
    throw new IamError(
      'InvalidAction',
      `Could not find operation ${name} for version ${version ?? 'NO_VERSION_SPECIFIED'}`,
    );
  }
  return action;
}

/** The keys that may sign now, as seen: root's, users' active ones, sessions'. */
export function keyFinder(
  holder: Account,
  root: { readonly id: string; readonly secret: string },
): (id: string) => SigningKey | undefined {
  return (id) => {
    if (id === root.id)
      return {
        secret: root.secret,
        token: undefined,
        expires: undefined,
        principal: { kind: 'root', id: holder.id, session: undefined },
      };
    const known = holder.sessions.get(id);
    if (known !== undefined) {
      return {
        secret: known.session.secret,
        token: known.session.token,
        expires: known.session.expires,
        principal: known.principal,
      };
    }
    const user = holder.replica.seen().keys.get(id);
    const key = user?.accessKeys.find((one) => one.id === id && one.status === 'Active');
    if (user === undefined || key === undefined) return undefined;
    return {
      secret: key.secret,
      token: undefined,
      expires: undefined,
      principal: { kind: 'user', id: user.id, session: undefined },
    };
  };
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html, "Permissions" */
function checkUserSession(service: ServiceName, principal: Principal, name: string): void {
  if (principal.kind !== 'user' || principal.session === undefined) return;
  const may = service === 'iam' ? principal.session.mfa || principal.session.console === true : name === 'AssumeRole' || name === 'GetCallerIdentity';
  if (!may) throw new IamError('InvalidClientTokenId', 'The security token included in the request is invalid');
}

/** What an action would need, without carrying it out. */
export function needsOf(call: Call): readonly Need[] {
  return (IAM[call.action] ?? sts[call.action])?.needs(call) ?? [];
}

/** One call of one principal: authorized, then carried out. */
export function answer(
  holder: Account,
  request: {
    readonly service: ServiceName;
    readonly name: string;
    readonly version: string | undefined;
    readonly parameters: Parameters;
    readonly principal: Principal;
    readonly keyId: string;
  },
): Answer {
  const action = actionOf(request.service, request.name, request.version);
  checkUserSession(request.service, request.principal, request.name);
  const call = new Call(holder, request.name, request.parameters, request.principal, request.keyId);
  authorize(call, request.service, action.needs(call));
  return action.run(call);
}
