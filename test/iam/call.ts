/** One call as the actions see it, and what an action is. */
import type { Clock } from './clock.ts';
import { type Code, IamError, noSuch } from './iam-error.ts';
import type { Parameters } from './parameters.ts';
import { holderOf, type Principal, type Session } from './principal.ts';
import type { Change, Replica } from './replica.ts';
import { type Group, key, type PolicyHolder, type Role, type State, type User } from './state.ts';
import type { Answer } from './xml.ts';

/** When a key was last used; kept beside the states, since it lags behind nothing that a rule depends on. */
export interface LastUse {
  readonly at: number;
  readonly service: string;
  readonly region: string;
}

export interface Quotas {
  readonly users: number;
  readonly groups: number;
  readonly roles: number;
  readonly policies: number;
  readonly groupsOfUser: number;
  readonly attachedPolicies: number;
  readonly tags: number;
}

/** Defaults of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. */
export const QUOTAS: Quotas = {
  users: 5000,
  groups: 300,
  roles: 1000,
  policies: 1500,
  groupsOfUser: 10,
  attachedPolicies: 10,
  tags: 50,
};

/** What one account has beside its states. */
export interface Account {
  readonly id: string;
  readonly region: string;
  readonly clock: Clock;
  readonly replica: Replica;
  readonly quotas: Quotas;
  /** At most so many entries on a page, however many were asked for. */
  readonly pageCap: number;
  /** How long the credential report takes, in milliseconds. */
  readonly reportTakes: number;
  readonly sessions: Map<string, { readonly principal: Principal; readonly session: Session }>;
  readonly lastUse: Map<string, LastUse>;
  readonly passwordLastUsed: Map<string, number>;
  report: { readonly started: number; readonly ready: number; readonly csv: string } | undefined;
  readonly created: number;
}

/** What a call needs to be allowed: a resource and what is known of it. The action is the call's own where left out. */
export interface Need {
  readonly resource: string;
  /** How the message names the resource, where that is not its ARN. */
  readonly shown?: string;
  readonly action?: string;
  readonly context?: Readonly<Record<string, readonly string[]>>;
  /** Allowed without a policy that says so; an explicit deny still counts. */
  readonly free?: boolean;
}

export interface Action {
  readonly needs: (call: Call) => readonly Need[];
  readonly run: (call: Call) => Answer;
}

export type Actions = Readonly<Record<string, Action>>;

/** A call that was signed by somebody. */
export class Call {
  readonly account: Account;
  readonly action: string;
  readonly parameters: Parameters;
  readonly principal: Principal;
  readonly keyId: string;
  readonly now: number;
  /** What reads go by. */
  readonly seen: State;
  /** What decides whether a write is possible. */
  readonly latest: State;

  constructor(account: Account, action: string, parameters: Parameters, principal: Principal, keyId: string) {
    this.account = account;
    this.action = action;
    this.parameters = parameters;
    this.principal = principal;
    this.keyId = keyId;
    this.now = account.clock.now();
    this.seen = account.replica.seen();
    this.latest = account.replica.latest;
  }

  change(change: Change): void {
    this.account.replica.change(change);
  }

  /** `arn:aws:iam::<account>:<rest>` */
  arn(rest: string): string {
    return `arn:aws:iam::${this.account.id}:${rest}`;
  }

  /** The name in `UserName`, or the caller's own where the action lets it be left out. */
  userName(): string {
    const given = this.parameters.optional('UserName', { min: 1, max: 128, pattern: /^[\w+=,.@-]+$/ });
    if (given !== undefined) return given;
    const own = this.principal.kind === 'user' ? holderOf(this.seen, this.principal) : undefined;
    if (own === undefined)
      throw new IamError('ValidationError', 'Must specify userName when calling with non-User credentials');
    return own.name;
  }

  /** A user to be read: as seen. */
  user(name = this.userName()): User {
    return found(this.seen.users, 'user', name);
  }

  group(name = this.parameters.text('GroupName')): Group {
    return found(this.seen.groups, 'group', name);
  }

  role(name = this.parameters.text('RoleName')): Role {
    return found(this.seen.roles, 'role', name);
  }

  /** A user to be changed: there, and already seen. What was made a moment ago is not found by the next write either
   * (User Guide, "Changes that I make are not always immediately visible"). */
  userToChange(name = this.userName()): User {
    this.user(name);
    return found(this.latest.users, 'user', name);
  }

  groupToChange(name = this.parameters.text('GroupName')): Group {
    this.group(name);
    return found(this.latest.groups, 'group', name);
  }

  roleToChange(name = this.parameters.text('RoleName')): Role {
    this.role(name);
    return found(this.latest.roles, 'role', name);
  }

  /** Throws LimitExceeded where one more would be too many. */
  quota(what: string, have: number, limit: number): void {
    if (have >= limit) throw new IamError('LimitExceeded', `Cannot exceed quota for ${what}: ${limit}`);
  }
}

function found<T extends PolicyHolder>(map: ReadonlyMap<string, T>, kind: string, name: string): T {
  const one = map.get(key(name));
  if (one === undefined) throw noSuch(kind, name);
  return one;
}

/** Throws `code` unless the condition holds. */
export function must(condition: boolean, code: Code, message: string): asserts condition {
  if (!condition) throw new IamError(code, message);
}
