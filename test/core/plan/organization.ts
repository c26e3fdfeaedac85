/** A whole organization built from a few grants, and the plan between two of them. */
import { instantOf, later, reach } from '../../../src/core/access/index.ts';
import type { EmployeeId, Grant, Instant, Server, ServerId, SubjectId } from '../../../src/core/access/index.ts';
import { planChanges } from '../../../src/core/plan/index.ts';
import type { Change, Plan } from '../../../src/core/plan/index.ts';
import { fingerprint, parsePublicKey } from '../../../src/core/ssh/public-key.ts';
import { draftRelease, manifest, renderer } from '../../../src/core/texts/index.ts';
import type { Fleet } from '../../../src/core/texts/index.ts';
import { sha256 } from '../../../src/verify.ts';
import { crypto, penOf, sha } from '../texts/signing.ts';

export const NOW = instantOf(1_800_000_000);
export const at = (hours: number): Instant => later(NOW, hours * 3600);
export const id = (letter: string): EmployeeId => `emp_${letter.repeat(26)}` as EmployeeId;
export const key = (seed: number) => penOf(seed).key;
export const sid = (digit: string): ServerId => `srv_${digit.repeat(26)}` as ServerId;
export const NOTHING = { pty: false, agentForwarding: false, x11: false, forwardTo: [] };
export const PTY = { ...NOTHING, pty: true };

export function server(digit: string, parts: Partial<Server> = {}): Server {
  const base = {
    name: `web-${digit}`,
    address: 'x',
    port: 22,
    labels: {},
    hostKeys: [key(90)],
    nextHostKeys: [],
    adopt: [],
    accepted: [],
  };
  return { id: sid(digit), ...base, ...parts };
}
export function grant(letter: string, digit: string, parts: Partial<Grant> & { readonly line?: number } = {}): Grant {
  const { line = 1, ...rest } = parts;
  const rule = { name: `rule ${line}`, place: { file: 'access-policy.yaml', line } };
  return { person: id(letter), server: sid(digit), account: letter, allow: PTY, sudo: [], rule, ...rest };
}

/** A whole organization, from which a release is made. */
export interface World extends Partial<Pick<Fleet, 'counted' | 'undone'>> {
  readonly grants: readonly Grant[];
  readonly servers?: readonly Server[];
  readonly keys?: Readonly<Record<string, readonly number[]>>;
  readonly couriers?: readonly number[];
  readonly signers?: Readonly<Record<string, readonly number[]>>;
  readonly threshold?: number;
  readonly takesOver?: Readonly<Record<string, SubjectId>>;
  readonly uid?: Readonly<Record<string, number>>;
  readonly receiver?: string;
  readonly listed?: readonly string[];
  readonly takenBack?: readonly string[];
}

const LETTERS = 'abcdefghjkmnp'.split('');
export function state(world: World) {
  const {
    grants,
    servers = [server('1'), server('2')],
    keys = {},
    couriers = [50],
    signers = { s: [60], t: [61] },
  } = world;
  const people = LETTERS.map((letter) => ({
    kind: 'employee' as const,
    id: id(letter),
    handle: letter,
    account: letter,
    keys: (keys[letter] ?? [letter.charCodeAt(0)]).map(key),
    ...(world.takesOver?.[letter] === undefined ? {} : { takesOver: world.takesOver[letter] }),
    ...(world.uid?.[letter] === undefined ? {} : { uid: world.uid[letter] }),
  }));
  const { counted = [], undone = [] } = world;
  const { server: manifestOf } = renderer({ organization: 'acme', people, couriers: couriers.map(key), counted, undone });
  const manifests = servers.map((one) => manifestOf(one, reach(grants).on(one.id)));
  const parts = {
    organization: 'acme',
    number: 1,
    issued: NOW,
    inputs: sha('inputs'),
    receiver: sha(world.receiver ?? 'receiver'),
    threshold: world.threshold ?? 1,
    signers: Object.entries(signers).map(([letter, seeds]) => ({ id: id(letter), keys: seeds.map(key) })),
    revocations: world.listed ?? [],
    undone: world.takenBack ?? [],
    manifests: manifests.map((one) => sha(manifest.write(one))),
  };
  return { release: draftRelease(undefined, parts, crypto), manifests };
}

export function plan(before: World | undefined, after: World, off: readonly string[] = []): Plan {
  return planChanges(before === undefined ? undefined : state(before), state(after), {
    person: (subject) => subject.charAt(4),
    target: (target) => `web-${target.charAt(4)}`,
    revocation: (hash) => [...(after.listed ?? [])].filter((one) => one === hash).map(() => 'bob-1a2b3c4d')[0],
    fingerprint: (line) => fingerprint(parsePublicKey(line), sha256),
    grants: (person, target) => after.grants.filter((one) => one.person === person && one.server === target),
    isOff: (target) => off.includes(target.charAt(4)),
  });
}

/** `gains-access a@web-1: until …` with the lines of the rules. */
function told({ kind, person, server: where, detail, rules }: Change): string {
  const lines = rules.map(({ place }) => place.line).join(',');
  const what = [person?.name, where?.name].filter((part) => part !== undefined).join('@');
  return `${kind}${what === '' ? '' : ` ${what}`}: ${detail}${lines === '' ? '' : ` [${lines}]`}`;
}
export const changes = (before: World | undefined, after: World): readonly string[] =>
  plan(before, after).changes.map(told);

export const FP = (seed: number): string => fingerprint(key(seed), sha256);
export const A_KEY = FP('a'.charCodeAt(0));
