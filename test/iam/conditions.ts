/**
 * Condition blocks: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 * and, for keys with several values, reference_policies_condition-single-vs-multi-valued-context-keys.html; variables
 * such as `${aws:username}`: reference_policies_variables.html.
 */

/** What is known of a request: condition key in lower case → values. */
export type Context = ReadonlyMap<string, readonly string[]>;

type Test = (actual: string, wanted: string) => boolean;

const number: (test: (a: number, b: number) => boolean) => Test = (test) => (actual, wanted) =>
  test(Number(actual), Number(wanted));
const time: (test: (a: number, b: number) => boolean) => Test = (test) => (actual, wanted) =>
  test(milliseconds(actual), milliseconds(wanted));

function milliseconds(text: string): number {
  return /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

const sameArn: Test = (actual, wanted) => {
  const actualParts = actual.split(':');
  const wantedParts = wanted.split(':');
  if (actualParts.length < 6 || wantedParts.length < 6) return false;
  const tail = (parts: string[]): string[] => [...parts.slice(0, 5), parts.slice(5).join(':')];
  const [a, w] = [tail(actualParts), tail(wantedParts)];
  return a.every((part, at) => wildcard(w[at] ?? '', part));
};

/** Positive operators. `Not…` is the same with the answer turned round. */
const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: (actual, wanted) => actual === wanted,
  StringEqualsIgnoreCase: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  StringLike: (actual, wanted) => wildcard(wanted, actual),
  NumericEquals: number((a, b) => a === b),
  NumericLessThan: number((a, b) => a < b),
  NumericLessThanEquals: number((a, b) => a <= b),
  NumericGreaterThan: number((a, b) => a > b),
  NumericGreaterThanEquals: number((a, b) => a >= b),
  DateEquals: time((a, b) => a === b),
  DateLessThan: time((a, b) => a < b),
  DateLessThanEquals: time((a, b) => a <= b),
  DateGreaterThan: time((a, b) => a > b),
  DateGreaterThanEquals: time((a, b) => a >= b),
  Bool: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  IpAddress: (actual, wanted) => inBlock(actual, wanted),
  ArnEquals: sameArn,
  ArnLike: sameArn,
};

const NEGATIVE: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
};

interface Operator {
  readonly name: string;
  readonly quantifier: 'any' | 'all' | undefined;
  readonly ifExists: boolean;
}

function operator(text: string): Operator {
  const [, quantifier, name = '', ifExists] = /^(ForAnyValue:|ForAllValues:)?([A-Za-z]+?)(IfExists)?$/.exec(text) ?? [];
  const which = quantifier === undefined ? undefined : quantifier === 'ForAnyValue:' ? 'any' : 'all';
  return { name, quantifier: which, ifExists: ifExists !== undefined };
}

export function isOperator(text: string): boolean {
  const { name } = operator(text);
  return name === 'Null' || name in TESTS || name in NEGATIVE;
}

/** `*` any number of characters, `?` exactly one; everything else itself. */
export function wildcard(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === text;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

function inBlock(address: string, block: string): boolean {
  const [base = '', bits = '32'] = block.split('/');
  const toNumber = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return Math.floor(toNumber(address) / size) === Math.floor(toNumber(base) / size);
}

/** Puts the values of variables in; undefined where one has no value: then nothing matches. */
export function withVariables(text: string, context: Context): string | undefined {
  let unknown = false;
  const filled = text.replace(/\$\{([^}]+)\}/g, (_whole, inner: string) => {
    if (inner === '*' || inner === '?' || inner === '$') return inner;
    const [, name = inner, fallback] = /^([^,]+?)\s*,\s*'([^']*)'$/.exec(inner) ?? [];
    const value = context.get(name.trim().toLowerCase());
    if (value?.length === 1 && value[0] !== undefined) return value[0];
    if (fallback !== undefined) return fallback;
    unknown = true;
    return '';
  });
  return unknown ? undefined : filled;
}

function holds(text: string, name: string, wanted: readonly string[], context: Context): boolean {
  const actual = context.get(name.toLowerCase());
  const { name: bare, quantifier, ifExists } = operator(text);
  if (bare === 'Null') return wanted.some((one) => (one === 'true') === (actual === undefined));
  const negative = NEGATIVE[bare];
  const test = TESTS[negative ?? bare];
  if (test === undefined) return false;
  if (actual === undefined || actual.length === 0)
    return ifExists || quantifier === 'all' || (negative !== undefined && quantifier === undefined);
  const values = wanted.map((one) => withVariables(one, context)).filter((one) => one !== undefined);
  const fits = (one: string): boolean => values.some((value) => test(one, value)) === (negative === undefined);
  return quantifier === 'any' ? actual.some(fits) : actual.every(fits);
}

/** Whether every condition of a statement holds. */
export function conditionsHold(
  conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
  context: Context,
): boolean {
  return Object.entries(conditions).every(([text, keys]) =>
    Object.entries(keys).every(([name, wanted]) => holds(text, name, wanted, context)),
  );
}
