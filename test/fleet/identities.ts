/**
 * The user database a fresh server starts with: the system accounts of its root tree, none of its people, no passwords.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The contents of /etc/passwd, /etc/group, /etc/shadow and /etc/gshadow. */
export interface Identities {
  readonly PASSWD: string;
  readonly GROUP: string;
  readonly SHADOW: string;
  readonly GSHADOW: string;
}

const isSystem = (id: number): boolean => id < 1000 || id === 65534;

/** @param tree the root of a Debian-like file system */
export function identities(tree: string): Identities {
  const rows = (file: string): string[][] =>
    readFileSync(join(tree, 'etc', file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(':'));
  const users = rows('passwd').filter(([, , uid]) => isSystem(Number(uid)));
  const groups = rows('group').filter(([, , gid]) => isSystem(Number(gid)));
  const lines = (list: string[][]): string => list.map((row) => `${row.join(':')}\n`).join('');
  return {
    PASSWD: lines(
      users.map((row) => (row[0] === 'root' ? ['root', 'x', '0', '0', 'root', '/root', '/bin/bash'] : row)),
    ),
    GROUP: lines(groups.map(([name = '', , gid = '']) => [name, 'x', gid, ''])),
    SHADOW: lines(users.map(([name = '']) => [name, '*', '20000', '0', '99999', '7', '', '', ''])),
    GSHADOW: lines(groups.map(([name = '']) => [name, '*', '', ''])),
  };
}
