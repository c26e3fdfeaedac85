/** Lists of servers that people have already: each kind is told from the text, and what cannot be used is named. */
import { expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import { readHostList } from '../../../src/core/policy/index.ts';
import type { HostList } from '../../../src/core/policy/index.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICZl2u5MJCki46CJHtA7jJjaYb8JEh5AZNJTYxO8OsJY';
const read = (text: string, named: Parameters<typeof readHostList>[2] = () => undefined): HostList =>
  readHostList(text, 'list', named);
const rows = ({ hosts }: HostList): string[] =>
  hosts.map(({ name, address, port, user }) => [name, address, port ?? '-', user ?? '-'].join(' '));

const INI = `
; what Ansible has
lonely.example.com
[web]
web-1.example.com ansible_host=10.0.0.1 ansible_port=2222 # the first
web-2.example.com:2200
[db]
db-1 ansible_host="10.0.0.9" ansible_user='pg'
web[08:10].example.com:2201
*.example.com
here ansible_connection=local
secret ansible_host={{ lookup('env', 'X') }}
[prod:children]
web
db
[prod:vars]
ansible_user = admin
[all:vars]
ansible_user=root
ansible_port=22
`;
const YAML = `---
all:
  vars: { ansible_user: root, ansible_port: 22, ansible_become: yes }
  hosts:
    lonely.example.com:
  children:
    prod:
      vars:
        ansible_user: admin
      children:
        web:
          hosts:
            web-1.example.com: { ansible_host: 10.0.0.1, ansible_port: 2222 }
            web-2.example.com: { ansible_port: 2200 }
        db:
          hosts:
            db-1:
              ansible_host: 10.0.0.9
              ansible_user: pg
            "web[08:10].example.com": { ansible_port: 2201 }
            "*.example.com":
            here: { ansible_connection: local }
            secret: { ansible_host: "{{ lookup('env', 'X') }}" }
`;
const EXPECTED = [
  'lonely lonely.example.com 22 root',
  'web-1 10.0.0.1 2222 admin',
  'web-2 web-2.example.com 2200 admin',
  'db-1 10.0.0.9 22 pg',
  'web08 web08.example.com 2201 admin',
  'web09 web09.example.com 2201 admin',
  'web10 web10.example.com 2201 admin',
];

it.each([
  ['INI', INI],
  ['YAML', YAML],
])('an Ansible inventory, %s: groups, their variables, and what only Ansible can work out', (_, text) => {
  const list = read(text);
  expect([list.kind, rows(list).sort()]).toEqual(['inventory', [...EXPECTED].sort()]);
  expect(list.passedOver.map(({ what, why }) => `${what}: ${why}`).sort()).toEqual([
    '*.example.com: a pattern: write the hosts out',
    'here: it is not reached by ssh but by local',
    'secret: Ansible would work out a template here',
  ]);
});

it('a group that holds itself ends, and a YAML alias is no inventory', () => {
  expect(rows(read('[a]\nx\n[a:children]\nb\n[b:children]\na\n'))).toEqual(['x x - -']);
  expect(() => read('all: &a\n  hosts: { x: }\n  children: { b: *a }\n')).toThrow(Failure);
});

it('HostKeyAlias in the ssh arguments of an inventory: the first that ssh would take, or named as not understood', () => {
  const of = (args: string): string => {
    const list = read(`ok\nweb-1 ansible_host=10.0.0.1 ${args}\n`);
    const [over] = list.passedOver;
    return over === undefined ? (list.hosts.find(({ name }) => name === 'web-1')?.hostKeyAlias ?? '-') : `${over.what}: ${over.why}`;
  };
  for (const args of ['-o HostKeyAlias=web-1.pinned', '-oHostKeyAlias=web-1.pinned', '-o "hostkeyalias web-1.pinned"', '-C -o HostKeyAlias="web-1.pinned" -o X=y'])
    for (const word of ['ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args']) expect(of(`${word}='${args}'`), args).toBe('web-1.pinned');
  expect(of(`ansible_ssh_extra_args='-o HostKeyAlias=b' ansible_ssh_common_args='-o HostKeyAlias=a -o HostKeyAlias=c'`)).toBe('a');
  expect(of(`ansible_ssh_common_args='-o HostKeyAlias={{ inventory_hostname }}'`)).toBe('web-1');
  expect(of(`ansible_ssh_common_args='-o ProxyJump=bastion'`)).toBe('-');
  expect(of(`ansible_ssh_common_args='-o ProxyCommand="ssh -o HostKeyAlias=b -W %h:%p b"'`)).toBe('-');
  for (const args of ['-o HostKeyAlias={{ pinned }}', '-4oHostKeyAlias=x', '-o HostKeyAlias', '-o HostKeyAlias=a,b', '-o HostKeyAlias=*', 'HostKeyAlias=x'])
    expect(of(`ansible_ssh_common_args='${args}'`), args).toBe('web-1: HostKeyAlias stands in its ssh arguments in a way that is not understood here: give its host key in a JSON list');
  const groups = read('all:\n  vars: { ansible_ssh_common_args: "-o HostKeyAlias=all" }\n  children:\n    web: { hosts: { a: {}, b: { ansible_ssh_common_args: "-o HostKeyAlias=own" } } }\n');
  expect(groups.hosts.map(({ name, hostKeyAlias }) => [name, hostKeyAlias])).toEqual([['a', 'all'], ['b', 'own']]);
});

it('a known_hosts file: keys of one address together, its own port, and names that are hashed are said', () => {
  const list = read(
    `web-1.example.com,10.0.0.1 ${KEY}\n[db-1]:2222 ${KEY}\n|1|x=|y= ${KEY}\n@cert-authority * ${KEY}\n*.example.com ${KEY}\nbad ssh-ed25519 AAAA\n`,
  );
  expect([list.kind, rows(list)]).toEqual(['known_hosts', ['web-1 web-1.example.com 22 -', 'db-1 db-1 2222 -']]);
  expect(list.hosts.map(({ hostKeys }) => hostKeys.map((key) => key.line))).toEqual([[KEY], [KEY]]);
  expect(list.passedOver.map(({ what }) => what)).toEqual(['|1|x=|y=', '*', '*.example.com', 'bad']);
});

it('a JSON list: names alone or with what is known; a field nobody knows is said', () => {
  const list = read(
    JSON.stringify([
      'web-1',
      { name: 'db', address: '10.0.0.9', port: 22, user: 'admin', hostKeys: [KEY], labels: { role: 'db' } },
      { name: 'x', adress: 'typo' },
      { name: 'y', hostKeys: ['no key'] },
      7,
    ]),
  );
  expect([list.kind, rows(list)]).toEqual(['json', ['web-1 web-1 - -', 'db 10.0.0.9 22 admin']]);
  expect(list.hosts[1]?.labels).toEqual({ role: 'db' });
  expect(list.passedOver.map(({ what }) => what)).toEqual(['entry 3', 'entry 4', 'entry 5']);
});

it('names: the policy’s own by address; the first part where it is the only one, else the whole; never twice', () => {
  const named = (address: string): string | undefined => (address === '10.0.0.9' ? 'database' : undefined);
  expect(
    read('["a.x.org", "a.y.org", "b.x.org", "10.0.0.9", "10.0.0.7"]', named).hosts.map(({ name }) => name),
  ).toEqual(['a-x-org', 'a-y-org', 'b', 'database', '10-0-0-7']);
  const bad = read('["ok", "Ok", "-oProxyCommand=x", "a b", "__proto__"]');
  expect(bad.hosts.map(({ name }) => name)).toEqual(['ok']);
  expect(bad.passedOver.length).toBe(4);
});

it('what is no list, and a list that names nobody, is refused', () => {
  for (const text of ['', '# nothing\n', '{"name": "x"}', '[]', 'all:\n  vars: {}\n', 'x'.repeat(1024 * 1024 + 1)])
    expect(() => read(text)).toThrow(Failure);
});

it('ranges are written out as Ansible does', () => {
  const names = (range: string): string[] => read(`${range}\n`).hosts.map(({ address }) => address);
  expect(names('web[01:03].x.org')).toEqual(['web01.x.org', 'web02.x.org', 'web03.x.org']);
  expect(names('n[8:12:2]')).toEqual(['n8', 'n10', 'n12']);
  expect(names('db-[a:c]')).toEqual(['db-a', 'db-b', 'db-c']);
  expect(names('r[1:2]-n[:1]')).toEqual(['r1-n0', 'r1-n1', 'r2-n0', 'r2-n1']);
  const why = (range: string): string[] => read(`ok\n${range}\n`).passedOver.map((one) => `${one.what}: ${one.why}`);
  expect(['x[01:100]', 'x[3:1]', 'x[1:9:0]', 'x[a:9]', 'x[0:99999]', 'x[0:999]y[0:999]', 'x[7]'].flatMap(why)).toEqual([
    'x[01:100]: a range with zeros in front has ends of one length: [01:100]',
    'x[3:1]: a range that ends before it begins',
    'x[1:9:0]: not a range: [1:9:0]',
    'x[a:9]: not a range: [a:9]',
    'x[0:99999]: a range of more than 10000 hosts',
    'x[0:999]y[0:999]: a range of more than 10000 hosts',
    'x[7]: not a range: [7]',
  ]);
});
