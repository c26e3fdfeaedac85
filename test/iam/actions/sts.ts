/**
 * The part of STS that gives temporary credentials: AssumeRole, GetSessionToken, GetCallerIdentity
 * (https://docs.aws.amazon.com/STS/latest/APIReference/, version 2011-06-15).
 *
 * AssumeRole: the trust policy must name the caller itself, or its account and then the caller's own policies must
 * allow it as well (User Guide, reference_policies_evaluation-logic_policy-eval-basics-single-account). Asked for by a
 * role's session: one hour at most (role chaining). GetSessionToken's credentials "cannot call any IAM API operations
 * unless MFA authentication information is included", and of STS only AssumeRole and GetCallerIdentity.
 */
import { randomBytes } from 'node:crypto';
import { policiesOf, principalContext } from '../authorize.ts';
import { type Actions, type Call, must } from '../call.ts';
import { evaluate, statementFits } from '../evaluate.ts';
import { IamError } from '../iam-error.ts';
import { newId, newSecret } from '../ids.ts';
import { ARN } from '../parameters.ts';
import { readPolicy, type Statement } from '../policy-document.ts';
import { arnOf, callerArn, holderOf, type Principal, type Session } from '../principal.ts';
import { key, type PolicyHolder, type Role, the } from '../state.ts';
import { stepOf } from '../totp.ts';
import type { Answer } from '../xml.ts';

/** Whether the request brings a right MFA code of the caller's; a wrong one ends the call. */
function mfaGiven(call: Call, holder: PolicyHolder | undefined): boolean {
  const serial = call.parameters.optional('SerialNumber');
  const code = call.parameters.optional('TokenCode', { pattern: /^\d{6}$/ });
  if (serial === undefined && code === undefined) return false;
  const device = call.seen.mfa.get(key(serial ?? ''));
  const theirs = device !== undefined && device.owner === holder?.id && holder !== undefined;
  const step =
    theirs && device.seed !== undefined && code !== undefined
      ? stepOf(device.seed, [code], call.now, device.lastStep)
      : undefined;
  must(step !== undefined, 'AccessDenied', 'MultiFactorAuthentication failed with invalid MFA one time pass code.');
  const { serial: found } = device ?? { serial: '' };
  call.change((state) => (the(state.mfa, found).lastStep = step));
  return true;
}

function give(
  call: Call,
  principal: Omit<Principal, 'session'>,
  session: Pick<Session, 'expires' | 'name' | 'mfa' | 'policy'>,
): Answer {
  const [keyId, secret] = [newId('ASIA').slice(0, 20), newSecret()];
  const whole: Session = { keyId, secret, token: randomBytes(96).toString('base64'), issued: call.now, ...session };
  call.account.sessions.set(keyId, { principal: { ...principal, session: whole }, session: whole });
  const expiration = new Date(session.expires);
  return { AccessKeyId: keyId, SecretAccessKey: secret, SessionToken: whole.token, Expiration: expiration };
}

/** How a statement's principals name the caller: itself, its account, or not. */
function naming(call: Call, role: Role, statement: Statement): 'caller' | 'account' | undefined {
  const holder = holderOf(call.seen, call.principal);
  const names = statement.principals ?? [];
  if (names.some((name) => name === '*' || name === 'AWS:*')) return 'caller';
  const byId = names.some((name) => role.trusted.get(name) === holder?.id && holder !== undefined);
  const session = call.principal.kind === 'role' ? callerArn(call.account.id, call.principal, holder) : undefined;
  if (byId || names.some((name) => name === `AWS:${session}`)) return 'caller';
  return names.some((name) => name === `AWS:${call.arn('root')}` || name === `AWS:${call.account.id}`)
    ? 'account'
    : undefined;
}

function assumable(call: Call, role: Role, mfa: boolean): boolean {
  const holder = holderOf(call.seen, call.principal);
  if (holder === undefined) return false;
  const context = principalContext(call.account, call.principal, holder, call.now);
  if (mfa) {
    context.set('aws:multifactorauthpresent', ['true']);
    context.set('aws:multifactorauthage', ['0']);
  }
  const sessionName = call.parameters.raw('RoleSessionName');
  if (sessionName !== undefined) context.set('sts:rolesessionname', [sessionName]);
  const externalId = call.parameters.raw('ExternalId');
  if (externalId !== undefined) context.set('sts:externalid', [externalId]);
  const trust = readPolicy(role.trust, 'trust').filter((one) =>
    statementFits(one, 'sts:AssumeRole', undefined, context),
  );
  const named = trust
    .map((one) => ({ effect: one.effect, by: naming(call, role, one) }))
    .filter((one) => one.by !== undefined);
  const policies = policiesOf(call.seen, holder, call.principal.session?.policy);
  const own = evaluate(policies, 'sts:AssumeRole', arnOf(call.account.id, role), context);
  if (named.some((one) => one.effect === 'Deny') || own.decision === 'explicitDeny') return false;
  if (own.decision === 'allowed') return named.length > 0;
  return own.boundaryAllows !== false && named.some((one) => one.by === 'caller');
}

function assumeRole(call: Call): Answer {
  const arn = call.parameters.text('RoleArn', ARN);
  const name = call.parameters.text('RoleSessionName', { min: 2, max: 64, pattern: /^[\w+=,.@-]*$/ });
  const role = [...call.seen.roles.values()].find((one) => arnOf(call.account.id, one) === arn);
  const caller = holderOf(call.seen, call.principal);
  const who = callerArn(call.account.id, call.principal, caller);
  must(call.principal.kind !== 'root', 'AccessDenied', 'Roles may not be assumed by root accounts.');
  const mfa = mfaGiven(call, caller);
  const refused = new IamError(
    'AccessDenied',
    `User: ${who} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
  );
  if (role === undefined || !assumable(call, role, mfa)) throw refused;
  const policy = call.parameters.optional('Policy', { max: 2048 });
  if (policy !== undefined) readPolicy(policy);
  const chained = call.principal.kind === 'role';
  const seconds = call.parameters.integer('DurationSeconds', 900, 43_200) ?? 3600;
  const most = chained ? 3600 : role.maxSession;
  must(
    seconds <= most,
    'ValidationError',
    'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
  );
  const session = { expires: call.now + seconds * 1000, name, mfa, policy };
  const assumed = {
    AssumedRoleId: `${role.id}:${name}`,
    Arn: `arn:aws:sts::${call.account.id}:assumed-role/${role.name}/${name}`,
  };
  return { Credentials: give(call, { kind: 'role', id: role.id }, session), AssumedRoleUser: assumed };
}

function getSessionToken(call: Call): Answer {
  must(
    call.principal.kind === 'user' && call.principal.session === undefined,
    'AccessDenied',
    'Cannot call GetSessionToken with session credentials',
  );
  const mfa = mfaGiven(call, holderOf(call.seen, call.principal));
  const seconds = call.parameters.integer('DurationSeconds', 900, 129_600) ?? 43_200;
  const session = { expires: call.now + seconds * 1000, name: undefined, mfa, policy: undefined };
  return { Credentials: give(call, { kind: 'user', id: call.principal.id }, session) };
}

function callerIdentity(call: Call): Answer {
  const { principal } = call;
  const UserId = principal.session?.name === undefined ? principal.id : `${principal.id}:${principal.session.name}`;
  return {
    UserId,
    Account: call.account.id,
    Arn: callerArn(call.account.id, principal, holderOf(call.seen, principal)),
  };
}

export const sts: Actions = {
  // Decided by trust policy and caller's policies together, so in the action itself.
  AssumeRole: { needs: () => [], run: assumeRole },
  // "No permissions are required" for either (their pages in the API reference); an explicit deny does not stop
  // GetCallerIdentity.
  GetSessionToken: { needs: () => [{ resource: '*', free: true }], run: getSessionToken },
  GetCallerIdentity: { needs: () => [], run: callerIdentity },
};
