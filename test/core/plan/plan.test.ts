/** Plans over two worlds that are built from grants; what a plan says is compared with what a slow look at the grants says. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf, later, reach } from '../../../src/core/access/index.ts';
import type { EmployeeId, Grant, Instant, Server, ServerId, SubjectId } from '../../../src/core/access/index.ts';
import { ownGainsFirst, planChanges } from '../../../src/core/plan/index.ts';
import type { Change, Plan } from '../../../src/core/plan/index.ts';
import { draftRelease, manifest, renderer } from '../../../src/core/texts/index.ts';
import type { Fleet } from '../../../src/core/texts/index.ts';
import { fingerprint } from '../../../src/core/ssh/public-key.ts';
import { parsePublicKey } from '../../../src/core/ssh/public-key.ts';
import { sha256 } from '../../../src/verify.ts';
import { crypto, penOf, sha } from '../texts/signing.ts';

const NOW = instantOf(1_800_000_000);
const at = (hours: number): Instant => later(NOW, hours * 3600);
const id = (letter: string): EmployeeId => `emp_${letter.repeat(26)}` as EmployeeId;
const key = (seed: number) => penOf(seed).key;
const sid = (digit: string): ServerId => `srv_${digit.repeat(26)}` as ServerId;
const NOTHING = { pty: false, agentForwarding: false, x11: false, forwardTo: [] };
const PTY = { ...NOTHING, pty: true };

function server(digit: string, parts: Partial<Server> = {}): Server {
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
function grant(letter: string, digit: string, parts: Partial<Grant> & { readonly line?: number } = {}): Grant {
  const { line = 1, ...rest } = parts;
  const rule = { name: `rule ${line}`, place: { file: 'access-policy.yaml', line } };
  return { person: id(letter), server: sid(digit), account: letter, allow: PTY, sudo: [], rule, ...rest };
}

/** A whole organization, from which a release is made. */
interface World extends Partial<Pick<Fleet, 'counted' | 'undone'>> {
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

const LETTERS = 'abcdefgh'.split('');
function state(world: World) {
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
  const manifestOf = renderer({ organization: 'acme', people, couriers: couriers.map(key), counted, undone });
  const manifests = servers.map((one) =>
    manifestOf(
      one,
      grants.filter((each) => each.server === one.id),
    ),
  );
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

function plan(before: World | undefined, after: World, off: readonly string[] = []): Plan {
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
const changes = (before: World | undefined, after: World): readonly string[] => plan(before, after).changes.map(told);

const FP = (seed: number): string => fingerprint(key(seed), sha256);
const A_KEY = FP('a'.charCodeAt(0));

describe('a plan', () => {
  it.each<[string, World, World, readonly string[]]>([
    ['nothing', { grants: [grant('a', '1')] }, { grants: [grant('a', '1')] }, []],
    [
      'the order of rules',
      { grants: [grant('a', '1', { line: 1 }), grant('b', '1')] },
      { grants: [grant('b', '1'), grant('a', '1', { line: 9 })] },
      [],
    ],
    [
      'access',
      { grants: [] },
      {
        grants: [
          grant('a', '1', { line: 7, from: ['10.0.0.0/8'] }),
          grant('a', '1', {
            line: 8,
            from: ['10.0.0.0/8'],
            until: at(1),
            allow: { ...PTY, x11: true, forwardTo: ['db:5432'] },
          }),
        ],
      },
      [
        'gains-access a@web-1: without an end; pty; x11 until 2027-01-15T09:00:00Z; forward to db:5432 until 2027-01-15T09:00:00Z; from 10.0.0.0/8; 1 key [7,8]',
      ],
    ],
    [
      'access with sudo',
      { grants: [] },
      {
        grants: [
          grant('a', '1', { sudo: [{ runAs: 'root', command: '/usr/bin/id' }], line: 3 }),
          grant('a', '1', { line: 4 }),
        ],
      },
      ['gains-access a@web-1: without an end; pty; 1 key [3,4]', 'gains-sudo a@web-1: sudo as root: /usr/bin/id [3]'],
    ],
    [
      'access taken away',
      { grants: [grant('a', '1', { sudo: [{ runAs: 'root', command: 'ALL' }] }), grant('b', '1')] },
      { grants: [grant('b', '1')] },
      ['loses-access a@web-1: everything; sudo as root: ALL'],
    ],
    [
      'options',
      { grants: [grant('a', '1', { allow: PTY })] },
      { grants: [grant('a', '1', { allow: { ...NOTHING, agentForwarding: true, forwardTo: ['db:22'] }, line: 2 })] },
      [
        'gains-option a@web-1: agent-forwarding [2]',
        'gains-option a@web-1: forward to db:22 [2]',
        'loses-option a@web-1: pty',
      ],
    ],
    [
      'sudo',
      { grants: [grant('a', '1', { sudo: [{ runAs: 'root', command: '/bin/a' }] })] },
      {
        grants: [
          grant('a', '1', {
            sudo: [
              { runAs: 'deploy', command: '/bin/a' },
              { runAs: 'root', command: '/bin/a *' },
            ],
            line: 5,
          }),
        ],
      },
      [
        'gains-sudo a@web-1: sudo as deploy: /bin/a [5]',
        'gains-sudo a@web-1: sudo as root: /bin/a * [5]',
        'loses-sudo a@web-1: sudo as root: /bin/a',
      ],
    ],
    [
      'a later end',
      { grants: [grant('a', '1', { until: at(1) })] },
      { grants: [grant('a', '1', { until: at(2), line: 6 })] },
      ['ends-later a@web-1: access until 2027-01-15T10:00:00Z in place of until 2027-01-15T09:00:00Z [6]'],
    ],
    [
      'no end any more',
      { grants: [grant('a', '1', { until: at(1) })] },
      { grants: [grant('a', '1', { line: 6 })] },
      ['ends-later a@web-1: access without an end in place of until 2027-01-15T09:00:00Z [6]'],
    ],
    [
      'an earlier end',
      { grants: [grant('a', '1')] },
      { grants: [grant('a', '1', { until: at(2) })] },
      ['ends-earlier a@web-1: access until 2027-01-15T10:00:00Z in place of without an end'],
    ],
    [
      'a later end for one option only',
      { grants: [grant('a', '1'), grant('a', '1', { until: at(1), allow: { ...PTY, x11: true } })] },
      { grants: [grant('a', '1'), grant('a', '1', { until: at(3), allow: { ...PTY, x11: true }, line: 4 })] },
      ['ends-later a@web-1: x11 until 2027-01-15T11:00:00Z in place of until 2027-01-15T09:00:00Z [4]'],
    ],
    [
      'where it may come from',
      { grants: [grant('a', '1', { from: ['10.0.0.0/8', '192.0.2.1'] })] },
      { grants: [grant('a', '1', { from: ['10.0.0.0/8', '192.0.2.2'], line: 2 })] },
      ['gains-source a@web-1: from 192.0.2.2 [2]', 'loses-source a@web-1: from 192.0.2.1'],
    ],
    [
      'from anywhere',
      { grants: [grant('a', '1', { from: ['10.0.0.0/8'] })] },
      { grants: [grant('a', '1', { line: 2 })] },
      ['gains-source a@web-1: from anywhere [2]'],
    ],
    [
      'not from anywhere',
      { grants: [grant('a', '1')] },
      { grants: [grant('a', '1', { from: ['10.0.0.0/8'] })] },
      ['loses-source a@web-1: from anywhere but 10.0.0.0/8'],
    ],
    [
      'a fixed command',
      { grants: [grant('a', '1')] },
      { grants: [grant('a', '1', { command: '/bin/x' })] },
      ['command-fixed a@web-1: only /bin/x'],
    ],
    [
      'a fixed command no more',
      { grants: [grant('a', '1', { command: '/bin/x' })] },
      { grants: [grant('a', '1', { line: 2 })] },
      ['command-lifted a@web-1: any command, not only /bin/x [2]'],
    ],
    [
      'another fixed command',
      { grants: [grant('a', '1', { command: '/bin/x' })] },
      { grants: [grant('a', '1', { command: '/bin/y', line: 2 })] },
      ['command-changed a@web-1: /bin/y in place of /bin/x [2]'],
    ],
    [
      'a key',
      { grants: [grant('a', '1')] },
      { grants: [grant('a', '1')], keys: { a: [97, 7] } },
      [`gains-key a@web-1: key ${FP(7)}`],
    ],
    [
      'a key less',
      { grants: [grant('a', '1')], keys: { a: [97, 7] } },
      { grants: [grant('a', '1')], keys: { a: [7] } },
      [`loses-key a@web-1: key ${A_KEY}`],
    ],
    [
      'a first key, with limits',
      { grants: [grant('a', '1')], keys: { a: [] } },
      { grants: [grant('a', '1', { from: ['10.0.0.0/8'] })] },
      ['gains-option a@web-1: pty [1]', `gains-key a@web-1: key ${A_KEY}`],
    ],
    [
      'another account',
      { grants: [grant('a', '1')] },
      { grants: [grant('a', '1', { account: 'asmith' })] },
      ['gains-access a@web-1: without an end; pty; 1 key [1]', 'loses-access a@web-1: everything'],
    ],
    [
      'an account taken over, one adopted, a uid',
      { grants: [grant('a', '1'), grant('b', '1'), grant('c', '1')] },
      {
        grants: [grant('a', '1'), grant('b', '1'), grant('c', '1')],
        takesOver: { a: id('h') },
        uid: { c: 7001 },
        servers: [server('1', { adopt: [id('b')] }), server('2')],
      },
      [
        `takes-over-account a@web-1: the account of ${id('h')}, with its home [1]`,
        'adopts-account b@web-1: the account as it is there, with its home [1]',
        'uid-changed c@web-1: uid from what the server chooses to 7001',
      ],
    ],
    [
      'a server',
      { grants: [], servers: [server('1')] },
      { grants: [grant('a', '2')], servers: [server('1'), server('2')] },
      ['gains-access a@web-2: without an end; pty; 1 key [1]', 'server-added web-2: 1 host keys'],
    ],
    [
      'a server less',
      { grants: [grant('a', '2')] },
      { grants: [], servers: [server('1')] },
      ['loses-access a@web-2: everything', 'server-gone web-2: nothing is said about it any more'],
    ],
    [
      'host keys and known ways in',
      { grants: [], servers: [server('1', { accepted: [{ kind: 'group', account: 'x', subject: 'sudo' }] })] },
      {
        grants: [],
        servers: [
          server('1', {
            hostKeys: [key(91)],
            nextHostKeys: [key(92)],
            accepted: [{ kind: 'key', account: 'root', subject: 'SHA256:x' }],
          }),
        ],
      },
      [
        `host-key-added web-1: ${FP(91)}`,
        `host-key-added web-1: ${FP(92)} (next)`,
        `host-key-gone web-1: ${FP(90)}`,
        'way-in-accepted web-1: key root SHA256:x',
        'way-in-not-accepted web-1: group x sudo',
      ],
    ],
    [
      'signers and threshold',
      { grants: [], threshold: 2 },
      { grants: [], threshold: 1, signers: { t: [61, 62], u: [63] } },
      [
        'signer-added u: may sign',
        'signer-gone s: may sign no longer',
        `signer-key-added t: ${FP(62)}`,
        'threshold-lowered: 1 of 2 must sign, in place of 2 of 2',
      ],
    ],
    ['couriers', { grants: [], couriers: [50] }, { grants: [], couriers: [50, 51] }, [`courier-added: ${FP(51)}`]],
    ['the receiver', { grants: [] }, { grants: [], receiver: 'new' }, [`receiver-changed: receiver ${sha('new')}`]],
    [
      'a revocation counted',
      { grants: [grant('a', '1')] },
      {
        grants: [grant('a', '1')],
        counted: [{ organization: 'acme', signer: id('s'), time: NOW, id: id('a'), keys: [] }],
        listed: [sha('r')],
      },
      ['loses-access a@web-1: everything', 'revocation-counted: bob-1a2b3c4d'],
    ],
    [
      'a revocation taken back',
      {
        grants: [grant('a', '1')],
        counted: [{ organization: 'acme', signer: id('s'), time: NOW, id: id('a'), keys: [] }],
        listed: [sha('r')],
      },
      { grants: [grant('a', '1', { line: 4 })], listed: [sha('r')], takenBack: [sha('r')] },
      ['gains-access a@web-1: without an end; pty; 1 key [4]', 'revocation-undone: bob-1a2b3c4d'],
    ],
  ])('tells when there changes %s', (_, before, after, expected) => {
    expect(changes(before, after)).toEqual(expected);
  });

  it('counts everything as gained in the first release, and has no risk there', () => {
    const first = plan(undefined, { grants: [grant('a', '1')] });
    expect(first.changes.map((one) => one.kind)).toEqual([
      'gains-access',
      'server-added',
      'server-added',
      'signer-added',
      'signer-added',
      'courier-added',
    ]);
    expect(first.risks).toEqual([]);
    expect(first.looked).toEqual({ people: 1, servers: 2, accesses: 1 });
  });

  it('refuses to compare where a manifest is missing', () => {
    const whole = state({ grants: [] });
    const names = {
      person: () => undefined,
      target: () => undefined,
      revocation: () => undefined,
      fingerprint: String,
      grants: () => [],
      isOff: () => false,
    };
    expect(() => planChanges(undefined, { ...whole, manifests: whole.manifests.slice(1) }, names)).toThrow(
      /lists 2 manifests, 1 are here/,
    );
    expect(() => planChanges({ ...whole, manifests: [] }, whole, names)).toThrow(/0 are here/);
  });

  it('shows exactly the triples gained and lost, and says nothing where nothing changes', () => {
    let looked = 0;
    const drawn = fc.record({
      letter: fc.constantFrom('a', 'b', 'c'),
      digit: fc.constantFrom('1', '2'),
      hours: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      allow: fc.record({
        pty: fc.boolean(),
        agentForwarding: fc.boolean(),
        x11: fc.boolean(),
        forwardTo: fc.subarray(['db:22']),
      }),
      sudo: fc.subarray([
        { runAs: 'root', command: '/bin/a' },
        { runAs: 'root', command: 'ALL' },
      ]),
    });
    const grants = fc
      .array(drawn, { maxLength: 6 })
      .map((all) =>
        all.map(({ letter, digit, hours, allow, sudo }) =>
          grant(letter, digit, { allow, sudo, ...(hours === undefined ? {} : { until: at(hours) }) }),
        ),
      );
    const triples = (all: readonly Grant[]) => new Set(all.map((one) => `${one.person} ${one.server} ${one.account}`));
    fc.assert(
      fc.property(grants, grants, (before, after) => {
        const found = plan({ grants: before }, { grants: after }).changes;
        const of = (kind: string) =>
          found.filter((one) => one.kind === kind).map((one) => `${one.person?.id} ${one.server?.id} ${one.account}`);
        const [old, next] = [triples(before), triples(after)];
        expect(of('gains-access').sort()).toEqual([...next].filter((one) => !old.has(one)).sort());
        expect(of('loses-access').sort()).toEqual([...old].filter((one) => !next.has(one)).sort());
        // Whoever has more at some moment than before is told, and nobody else is.
        for (const letter of 'abc') {
          for (const digit of '12') {
            const more = abilities(after, letter, digit).filter(
              (one) => !abilities(before, letter, digit).includes(one),
            );
            const less = abilities(before, letter, digit).filter(
              (one) => !abilities(after, letter, digit).includes(one),
            );
            const own = found.filter((one) => one.person?.id === id(letter) && one.server?.id === sid(digit));
            expect(own.some((one) => one.direction === 'widens')).toBe(more.length > 0);
            expect(own.some((one) => one.direction === 'narrows')).toBe(less.length > 0);
            looked += 1;
          }
        }
        const directions = found
          .slice(
            0,
            found.findIndex((one) => one.person === undefined),
          )
          .map((one) => one.direction);
        expect(directions).toEqual(directions.toSorted().reverse());
      }),
      { numRuns: 150 },
    );
    console.log(`pairs looked at: ${looked}`);
  });

  it('tells a signer first what the signer gains', () => {
    const { changes: all } = plan(
      { grants: [grant('c', '1')] },
      { grants: [grant('a', '1'), grant('b', '1'), grant('b', '2')] },
    );
    expect(ownGainsFirst(all, id('b')).map((one) => `${one.kind} ${one.person?.name}`)).toEqual([
      'gains-access b',
      'gains-access b',
      'gains-access a',
      'loses-access c',
    ]);
  });
});

/** The slow way: everything a person may do at some moments, as words. */
function abilities(grants: readonly Grant[], letter: string, digit: string): readonly string[] {
  const own = reach(grants).between(id(letter), sid(digit))?.grants ?? [];
  return [0, 1.5, 2.5, 9].flatMap((hours) => {
    const holding = own.filter((one) => one.until === undefined || at(hours) <= one.until);
    return holding.flatMap(({ allow, sudo }) => [
      `${hours} login`,
      ...Object.entries(allow)
        .filter(([, value]) => value === true)
        .map(([name]) => `${hours} ${name}`),
      ...allow.forwardTo.map((target) => `${hours} ${target}`),
      ...sudo.map(({ runAs, command }) => `${hours} ${runAs} ${command}`),
    ]);
  });
}

describe('risks', () => {
  const names = (before: World, after: World, off: readonly string[] = []) =>
    plan(before, after, off).risks.map((risk) => risk.name);
  const all = (letters: string, digit = '1') => letters.split('').map((letter) => grant(letter, digit));

  it('name more than a handful who lose everything, and nobody who keeps something', () => {
    expect(names({ grants: all('abcdef') }, { grants: all('a') })).toEqual([]);
    expect(names({ grants: all('abcdefg') }, { grants: all('a') })).toEqual(['many-lose:6']);
    expect(names({ grants: all('abcdefg') }, { grants: all('abcdefg', '2') })).toEqual([]);
    expect(names({ grants: all('abcdefgh') }, { grants: [] })).toEqual(['many-lose:8']);
    expect(plan({ grants: all('abcdefg') }, { grants: all('a') }).risks[0]?.message).toBe(
      '6 people lose all access: b, c, d, e, f, g',
    );
  });

  it('name a server that is left out without a receipt of its removal', () => {
    const [before, after] = [{ grants: all('ab', '2') }, { grants: [], servers: [server('1')] }];
    expect(names(before, after)).toEqual(['abandoned:web-2']);
    expect(plan(before, after).risks[0]?.message).toContain('what it grants to 2 people stays there');
    expect(names(before, after, ['2'])).toEqual([]);
    expect(names({ grants: [] }, { grants: [], servers: [server('1', { removed: NOW }), server('2')] })).toEqual([]);
  });

  it('name a lower threshold', () => {
    expect(names({ grants: [], threshold: 2 }, { grants: [], threshold: 1 })).toEqual(['threshold-lowered']);
    expect(names({ grants: [], threshold: 1 }, { grants: [], threshold: 2 })).toEqual([]);
  });

  it('name couriers of whom none stays', () => {
    expect(names({ grants: [] }, { grants: [], couriers: [51] })).toEqual(['last-courier']);
    expect(names({ grants: [], couriers: [50, 51] }, { grants: [], couriers: [51, 52] })).toEqual([]);
  });
});
