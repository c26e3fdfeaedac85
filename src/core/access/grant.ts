/** A rule of the policy, compiled: one person, one server, one account, with limits. */
import type { SubjectId, TargetId } from './ids.ts';
import type { Instant } from './instant.ts';
import type { Place } from '../failure.ts';

/** What a key may do beyond running a command: everything that is not said is refused. */
export interface Allow {
  readonly pty: boolean;
  readonly agentForwarding: boolean;
  readonly x11: boolean;
  /** `host:port` a local forwarding may reach; none means no forwarding. */
  readonly forwardTo: readonly string[];
}

/** One thing that may be done through sudo. */
export interface Sudo {
  /** An account there, or `ALL`. */
  readonly runAs: string;
  /** A command as a person writes it, `/usr/bin/systemctl restart nginx`, or `ALL`; not yet in sudoers' spelling. */
  readonly command: string;
}

/** One thing an admin login has at a provider, in the provider's own words: `group`, `billing-read`. */
export interface Right {
  readonly what: string;
  readonly value: string;
}

/** The rule that says so: its name, and where it stands. */
export interface RuleSource {
  readonly name: string;
  readonly place: Place;
}

export interface Grant {
  readonly person: SubjectId;
  /** The target: a server, or a provider, where only `until`, `rights` and the rule say anything. */
  readonly server: TargetId;
  readonly account: string;
  /** Holds up to this second; absent: does not end. Already the earlier of the rule's end and the person's. */
  readonly until?: Instant;
  readonly allow: Allow;
  /** Addresses and networks it may come from; absent: from anywhere. Equal in all grants of one person and server. */
  readonly from?: readonly string[];
  /** The one command it runs whatever is asked for. Equal in all grants of one person and server. */
  readonly command?: string;
  readonly sudo: readonly Sudo[];
  /** At a provider. */
  readonly rights?: readonly Right[];
  readonly rule: RuleSource;
}

export const ALLOW_NOTHING: Allow = { pty: false, agentForwarding: false, x11: false, forwardTo: [] };

/** What two grants allow together. */
export function addAllow(a: Allow, b: Allow): Allow {
  return {
    pty: a.pty || b.pty,
    agentForwarding: a.agentForwarding || b.agentForwarding,
    x11: a.x11 || b.x11,
    forwardTo: [...new Set([...a.forwardTo, ...b.forwardTo])].sort(),
  };
}
