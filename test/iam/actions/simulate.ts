/**
 * SimulatePrincipalPolicy: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html. The
 * policies of a user, group or role as they are seen, a user's groups included, the boundary in force unless another is
 * given; context only from `ContextEntries`, besides what is known of the principal.
 */
import { type Policies, evaluate } from '../evaluate.ts';
import { policiesOf, principalContext } from '../authorize.ts';
import type { Actions, Call } from '../call.ts';
import { IamError } from '../iam-error.ts';
import { paged } from '../paging.ts';
import { ARN } from '../parameters.ts';
import { readPolicy } from '../policy-document.ts';
import { arnOf } from '../principal.ts';
import type { PolicyHolder } from '../state.ts';
import type { Answer } from '../xml.ts';

function source(call: Call): PolicyHolder {
  const arn = call.parameters.text('PolicySourceArn', ARN);
  const { users, groups, roles } = call.seen;
  const holders: PolicyHolder[] = [...users.values(), ...groups.values(), ...roles.values()];
  const found = holders.find((one) => arnOf(call.account.id, one) === arn);
  if (found === undefined) throw new IamError('NoSuchEntity', `The source ARN ${arn} cannot be found.`);
  return found;
}

function policies(call: Call, holder: PolicyHolder): Policies {
  const own = policiesOf(call.seen, holder);
  const more = (call.parameters.list('PolicyInputList') ?? []).map((document, at) => ({
    id: `PolicyInputList.${at + 1}`,
    document,
  }));
  const boundary = call.parameters.list('PermissionsBoundaryPolicyInputList')?.[0];
  for (const document of [...more.map((one) => one.document), ...(boundary === undefined ? [] : [boundary])])
    readPolicy(document);
  const given =
    boundary === undefined ? own.boundary : { id: 'PermissionsBoundaryPolicyInputList.1', document: boundary };
  return { ...own, identity: [...own.identity, ...more], boundary: given };
}

function context(call: Call, holder: PolicyHolder): Map<string, readonly string[]> {
  const principal = { kind: holder.kind === 'role' ? 'role' : 'user', id: holder.id, session: undefined } as const;
  const known = principalContext(call.account, principal, holder, call.now);
  for (const entry of call.parameters.structures('ContextEntries')) {
    known.set(entry.text('ContextKeyName').toLowerCase(), entry.list('ContextKeyValues') ?? []);
  }
  return known;
}

function result(
  of: Policies,
  action: string,
  resource: string,
  known: Map<string, readonly string[]>,
): Record<string, Answer> {
  const { decision, matched, boundaryAllows } = evaluate(of, action, resource, known);
  const deciding = matched.filter((one) => (one.effect === 'Deny') === (decision === 'explicitDeny'));
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: decision,
    MatchedStatements: deciding.map((one) => ({ SourcePolicyId: one.policy, SourcePolicyType: 'IAM Policy' })),
    MissingContextValues: [],
    PermissionsBoundaryDecisionDetail:
      boundaryAllows === undefined ? undefined : { AllowedByPermissionsBoundary: boundaryAllows },
  };
}

function simulate(call: Call): Answer {
  const holder = source(call);
  const [of, known] = [policies(call, holder), context(call, holder)];
  const actions = call.parameters.list('ActionNames') ?? [];
  if (actions.length === 0) throw new IamError('ValidationError', 'ActionNames must not be empty');
  const bad = actions.find((action) => !/^[a-zA-Z0-9-]+:[a-zA-Z0-9]+$/.test(action));
  if (bad !== undefined) throw new IamError('InvalidInput', `Invalid Entity Name: ${bad}`);
  const resources = call.parameters.list('ResourceArns') ?? ['*'];
  const asked = actions.flatMap((action) => resources.map((resource) => ({ action, resource })));
  const numbered = asked.map((one, at) => ({ ...one, at: String(at).padStart(6, '0') }));
  const { page, rest } = paged(call, numbered, (one) => one.at);
  return { EvaluationResults: page.map((one) => result(of, one.action, one.resource, known)), ...rest };
}

export const simulation: Actions = {
  SimulatePrincipalPolicy: {
    needs: (call) => [{ resource: call.parameters.text('PolicySourceArn') }],
    run: simulate,
  },
};
