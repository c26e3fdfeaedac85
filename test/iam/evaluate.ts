/**
 * Evaluating policies for one action on one resource:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. An explicit deny anywhere
 * wins; identity policies must allow; where there is a boundary or a session policy, each of them must allow as well.
 */
import { conditionsHold, type Context, wildcard, withVariables } from './conditions.ts';
import { readPolicy, type Statement } from './policy-document.ts';

export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny';

/** A policy and what to call it in an answer. */
export interface NamedPolicy {
  readonly id: string;
  readonly document: string;
}

export interface Policies {
  readonly identity: readonly NamedPolicy[];
  /** Undefined: there is no boundary. A boundary whose policy is gone is a document that allows nothing. */
  readonly boundary: NamedPolicy | undefined;
  readonly session: NamedPolicy | undefined;
}

export interface Evaluation {
  readonly decision: Decision;
  /** Ids of the policies with a statement that matched. */
  readonly matched: readonly { readonly policy: string; readonly effect: 'Allow' | 'Deny' }[];
  /** Undefined without a boundary. */
  readonly boundaryAllows: boolean | undefined;
  /** Which kind of policy decided, as error messages put it. */
  readonly because: string;
}

function resourceFits(pattern: string, resource: string, context: Context): boolean {
  const filled = withVariables(pattern, context);
  return filled !== undefined && wildcard(filled, resource);
}

/** Whether a statement's action, resource and conditions fit; principals are looked at elsewhere. */
export function statementFits(
  statement: Statement,
  action: string,
  resource: string | undefined,
  context: Context,
): boolean {
  const acts = (pattern: string): boolean => wildcard(pattern.toLowerCase(), action.toLowerCase());
  if (statement.actions?.some(acts) === false || statement.notActions?.some(acts) === true) return false;
  if (resource !== undefined) {
    const fits = (pattern: string): boolean => resourceFits(pattern, resource, context);
    if (statement.resources?.some(fits) === false || statement.notResources?.some(fits) === true) return false;
  }
  return conditionsHold(statement.conditions, context);
}

function effects(policy: NamedPolicy, action: string, resource: string, context: Context): ('Allow' | 'Deny')[] {
  return readPolicy(policy.document)
    .filter((statement) => statementFits(statement, action, resource, context))
    .map((statement) => statement.effect);
}

export function evaluate(policies: Policies, action: string, resource: string, context: Context): Evaluation {
  const identity = policies.identity.map((policy) => ({
    policy: policy.id,
    found: effects(policy, action, resource, context),
  }));
  const boundary = policies.boundary && effects(policies.boundary, action, resource, context);
  const session = policies.session && effects(policies.session, action, resource, context);
  const matched = identity.flatMap(({ policy, found }) => found.map((effect) => ({ policy, effect })));
  const boundaryAllows = boundary && boundary.includes('Allow') && !boundary.includes('Deny');
  const answer = (decision: Decision, because: string): Evaluation => ({ decision, matched, boundaryAllows, because });
  if (matched.some((one) => one.effect === 'Deny'))
    return answer('explicitDeny', 'with an explicit deny in an identity-based policy');
  if (boundary?.includes('Deny')) return answer('explicitDeny', 'with an explicit deny in a permissions boundary');
  if (session?.includes('Deny')) return answer('explicitDeny', 'with an explicit deny in a session policy');
  if (matched.length === 0)
    return answer('implicitDeny', `because no identity-based policy allows the ${action} action`);
  if (boundaryAllows === false)
    return answer('implicitDeny', `because no permissions boundary allows the ${action} action`);
  if (session?.includes('Allow') === false)
    return answer('implicitDeny', `because no session policy allows the ${action} action`);
  return answer('allowed', '');
}
