/**
 * Reading policy documents, and refusing those that IAM refuses with MalformedPolicyDocument.
 * Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { isOperator } from './conditions.ts';
import { IamError } from './iam-error.ts';

export interface Statement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[] | undefined;
  readonly notActions: readonly string[] | undefined;
  readonly resources: readonly string[] | undefined;
  readonly notResources: readonly string[] | undefined;
  /** `AWS:arn…`, `Service:ec2.amazonaws.com`, `*`; only in trust policies. */
  readonly principals: readonly string[] | undefined;
  /** Operator → condition key → values. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** An identity's policy has resources and no principal, a role's trust policy the other way round. */
export type DocumentKind = 'identity' | 'trust';

function malformed(message: string): IamError {
  return new IamError('MalformedPolicyDocument', message);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function texts(value: unknown, what: string): string[] | undefined {
  if (value === undefined) return undefined;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw malformed(`Syntax errors in policy: empty ${what}.`);
  return list.map((one) => {
    if (typeof one !== 'string') throw malformed(`Syntax errors in policy: ${what} must be text.`);
    return one;
  });
}

function conditions(value: unknown): Statement['conditions'] {
  if (value === undefined) return {};
  if (!isObject(value)) throw malformed('Syntax errors in policy: Condition.');
  const read: Record<string, Record<string, string[]>> = {};
  for (const [operator, keys] of Object.entries(value)) {
    if (!isOperator(operator)) throw malformed(`Invalid Condition type : ${operator}.`);
    if (!isObject(keys)) throw malformed('Syntax errors in policy: Condition.');
    const entry: Record<string, string[]> = {};
    for (const [name, values] of Object.entries(keys)) {
      const list: unknown[] = Array.isArray(values) ? values : [values];
      entry[name] = list.map(String);
    }
    read[operator] = entry;
  }
  return read;
}

function principals(value: unknown): string[] | undefined {
  if (value === undefined) return undefined;
  if (value === '*') return ['*'];
  if (!isObject(value)) throw malformed('Syntax errors in policy: Principal.');
  return Object.entries(value).flatMap(([kind, names]) =>
    (texts(names, 'Principal') ?? []).map((name) => `${kind}:${name}`),
  );
}

function checkShape(statement: Statement, kind: DocumentKind): void {
  if ((statement.actions === undefined) === (statement.notActions === undefined)) {
    throw malformed('Policy statement must contain actions.');
  }
  const resources = [statement.resources, statement.notResources].filter((one) => one !== undefined).length;
  if (kind === 'identity' && resources !== 1) throw malformed('Policy statement must contain resources.');
  if (kind === 'identity' && statement.principals !== undefined)
    throw malformed('Policy document should not specify a principal.');
  if (kind === 'trust' && resources !== 0) throw malformed('Has prohibited field Resource.');
  if (kind === 'trust' && statement.principals === undefined) throw malformed('Missing required field Principal.');
  for (const action of [...(statement.actions ?? []), ...(statement.notActions ?? [])]) {
    if (action !== '*' && !/^[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+$/.test(action)) {
      throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
    }
  }
  for (const resource of [...(statement.resources ?? []), ...(statement.notResources ?? [])]) {
    if (resource !== '*' && !/^arn:(?:[^:]*:){4}./.test(resource)) {
      throw malformed(`Resource ${resource} must be in ARN format or "*".`);
    }
  }
}

function readStatement(value: unknown, kind: DocumentKind): Statement {
  if (!isObject(value)) throw malformed('Syntax errors in policy.');
  const known = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Principal', 'Condition'];
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw malformed(`Syntax errors in policy: unknown field ${unknown}.`);
  const sid = value['Sid'];
  if (sid !== undefined && (typeof sid !== 'string' || !/^[A-Za-z0-9]*$/.test(sid))) {
    throw malformed(
      'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
    );
  }
  const effect = value['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed('Missing required field Effect.');
  const statement: Statement = {
    sid,
    effect,
    actions: texts(value['Action'], 'Action'),
    notActions: texts(value['NotAction'], 'NotAction'),
    resources: texts(value['Resource'], 'Resource'),
    notResources: texts(value['NotResource'], 'NotResource'),
    principals: principals(value['Principal']),
    conditions: conditions(value['Condition']),
  };
  checkShape(statement, kind);
  return statement;
}

const READ = new Map<string, readonly Statement[]>();

/** The statements of a document; throws MalformedPolicyDocument. Documents already read are kept, they never change. */
export function readPolicy(text: string, kind: DocumentKind = 'identity'): readonly Statement[] {
  const known = READ.get(`${kind} ${text}`);
  if (known !== undefined) return known;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('Syntax errors in policy.');
  }
  if (!isObject(value)) throw malformed('Syntax errors in policy.');
  const version = value['Version'];
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') {
    throw malformed('The policy must contain a valid version string.');
  }
  const list: unknown[] = Array.isArray(value['Statement']) ? value['Statement'] : [value['Statement']];
  if (value['Statement'] === undefined || list.length === 0) throw malformed('Syntax errors in policy: no Statement.');
  const statements = list.map((one) => readStatement(one, kind));
  const sids = statements.map((one) => one.sid).filter((sid) => sid !== undefined);
  if (new Set(sids).size !== sids.length) throw malformed('Statement IDs (SID) in a single policy must be unique.');
  READ.set(`${kind} ${text}`, statements);
  return statements;
}
