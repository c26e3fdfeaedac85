/** What a plan says of each kind of change, word for word. */
import { describe, expect, it } from 'vitest';
import { sha } from '../texts/signing.ts';
import { A_KEY, at, changes, FP, grant, id, key, NOTHING, NOW, PTY, server } from './organization.ts';
import type { World } from './organization.ts';

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
      'a first key, with limits, of somebody who has sudo',
      { grants: [grant('a', '1', { sudo: [{ runAs: 'root', command: '/bin/a' }] })], keys: { a: [] } },
      { grants: [grant('a', '1', { sudo: [{ runAs: 'root', command: '/bin/a' }], from: ['10.0.0.0/8'] })] },
      ['gains-option a@web-1: pty [1]', `gains-key a@web-1: key ${A_KEY}`],
    ],
    [
      'sudo, by two rules of which one lasts',
      { grants: [grant('a', '1')] },
      {
        grants: [
          grant('a', '1', { sudo: [{ runAs: 'root', command: '/bin/a' }], line: 2, until: at(1) }),
          grant('a', '1', { sudo: [{ runAs: 'root', command: '/bin/a' }], line: 3 }),
        ],
      },
      ['gains-sudo a@web-1: sudo as root: /bin/a [3]'],
    ],
    [
      'the end of an account that was taken over long ago',
      { grants: [grant('a', '1', { until: at(1) })], takesOver: { a: id('h') } },
      { grants: [grant('a', '1')], takesOver: { a: id('h') } },
      ['ends-later a@web-1: access without an end in place of until 2027-01-15T09:00:00Z [1]'],
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
      ['gains-access a@web-2: without an end; pty; 1 key [1]', 'server-added web-2: 1 host key'],
    ],
    [
      'a server with a way in that is known from the beginning',
      { grants: [], servers: [server('1')] },
      { grants: [], servers: [server('1'), server('2', { accepted: [{ kind: 'key', account: 'root', subject: 'SHA256:x' }] })] },
      ['server-added web-2: 1 host key', 'way-in-accepted web-2: key root SHA256:x'],
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
});
