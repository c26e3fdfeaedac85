/**
 * The end of a single right before the end of its login, kept by AWS itself. No condition can say which policy or group
 * gave a permission, and a date cannot be compared with a tag. What can be said: from that second on everything is
 * denied but the actions that the rights that remain allow, and, where none of those reaches every resource, everything
 * on other resources. So it never takes from what remains, and may leave of what ended what remains allows as well.
 *
 * It needs what the remaining policies and groups say, so these are read, once an exchange each. Where it cannot be said
 * (the rest allows every action or names those it does not, or it is too long for a policy) the end waits for a delivery.
 */
import { formatInstant } from '../../core/access/index.ts';
import type { Instant } from '../../core/access/index.ts';
import { hashOf } from '../../core/texts/index.ts';
import type { TextCrypto } from '../../core/texts/index.ts';
import type { Caller } from './iam.ts';
import type { Meant } from './meant.ts';
import { MFA_POLICY, policyArn, untilPolicy } from './settings.ts';
import type { AwsSettings } from './settings.ts';

/** A policy that is to be there before it is attached. */
export interface EndPolicy {
  readonly arn: string;
  readonly document: string;
}

/** What somebody is meant to have, with the fences for the ends of single rights, and the ends for which there is none. */
export interface Fenced {
  readonly meant: Meant;
  readonly made: readonly EndPolicy[];
  readonly unkept: readonly Instant[];
}

/** Documents of policies and groups, each read once. */
export class Documents {
  readonly #caller: Caller;
  readonly #read = new Map<string, Promise<readonly unknown[]>>();

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  policy(PolicyArn: string): Promise<readonly unknown[]> {
    return this.#once(PolicyArn, async () => {
      const { Policy } = await this.#caller.call((iam, options) => iam.getPolicy({ PolicyArn }, options));
      const { PolicyVersion } = await this.#caller.call((iam, options) => iam.getPolicyVersion({ PolicyArn, VersionId: Policy?.DefaultVersionId }, options));
      return [documentOf(PolicyVersion?.Document)];
    });
  }

  group(GroupName: string): Promise<readonly unknown[]> {
    return this.#once(`group ${GroupName}`, async () => {
      const [inline, attached] = await Promise.all([
        this.#caller.pages((iam, at, options) => iam.listGroupPolicies({ ...at, GroupName }, options)),
        this.#caller.pages((iam, at, options) => iam.listAttachedGroupPolicies({ ...at, GroupName }, options)),
      ]);
      const own = inline.flatMap((page) => page.PolicyNames ?? []).map(async (PolicyName) => {
        const { PolicyDocument } = await this.#caller.call((iam, options) => iam.getGroupPolicy({ GroupName, PolicyName }, options));
        return [documentOf(PolicyDocument)];
      });
      const others = attached.flatMap((page) => page.AttachedPolicies ?? []).map(({ PolicyArn = '' }) => this.policy(PolicyArn));
      return (await Promise.all([...own, ...others])).flat();
    });
  }

  #once(name: string, read: () => Promise<readonly unknown[]>): Promise<readonly unknown[]> {
    const known = this.#read.get(name) ?? read();
    this.#read.set(name, known);
    return known;
  }
}

function documentOf(encoded: string | undefined): unknown {
  return JSON.parse(decodeURIComponent(encoded ?? 'null'));
}

export async function fenced(documents: Documents, settings: AwsSettings, meant: Meant, crypto: Pick<TextCrypto, 'sha256'>): Promise<Fenced> {
  const made: EndPolicy[] = [];
  const unkept: Instant[] = [];
  for (const { at, groups, policies } of meant.ends) {
    const mfa = meant.mfa ? [documents.policy(policyArn(settings, MFA_POLICY))] : [];
    const rest = await Promise.all([...groups.map((one) => documents.group(one)), ...policies.map((one) => documents.policy(one)), ...mfa]);
    const document = denyAllBut(rest.flat(), formatInstant(at));
    if (document === undefined) unkept.push(at);
    else made.push({ arn: `${untilPolicy(settings, formatInstant(at))}-${hashOf(document, crypto).slice(0, 8)}`, document });
  }
  return { meant: { ...meant, fences: [...meant.fences, ...made.map(({ arn }) => arn)] }, made, unkept };
}

/** What a managed policy may have, white space not counted. */
const LONGEST = 6144;

/** Undefined where it cannot be said. */
export function denyAllBut(rest: readonly unknown[], time: string): string | undefined {
  const allows = rest.flatMap(statementsOf).filter(({ Effect }) => Effect === 'Allow');
  if (allows.some((one) => one['Action'] === undefined)) return undefined;
  const actions = [...new Set(allows.flatMap(({ Action }) => words(Action)))].sort();
  const resources = [...new Set(allows.flatMap(({ Resource }) => (Resource === undefined ? ['*'] : words(Resource))))].sort();
  const isWide = actions.includes('*') || actions.includes('*:*');
  const isEverywhere = resources.includes('*');
  if (isWide && isEverywhere) return undefined;
  const Condition = { DateGreaterThan: { 'aws:CurrentTime': time } };
  const Statement = [
    ...(isWide ? [] : [{ Effect: 'Deny', ...(actions.length === 0 ? { Action: '*' } : { NotAction: actions }), Resource: '*', Condition }]),
    ...(isEverywhere || resources.length === 0 ? [] : [{ Effect: 'Deny', Action: '*', NotResource: resources, Condition }]),
  ];
  const document = JSON.stringify({ Version: '2012-10-17', Statement });
  return document.length > LONGEST ? undefined : document;
}

type Statement = Readonly<Record<string, unknown>>;

function statementsOf(document: unknown): readonly Statement[] {
  const all: unknown = typeof document === 'object' && document !== null && 'Statement' in document ? document.Statement : [];
  return (Array.isArray(all) ? all : [all]) as readonly Statement[];
}

function words(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}
