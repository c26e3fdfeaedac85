/** Key files: each belongs to somebody, and each key to one of them only. */
import type { KeyFile, KeyFolder, KeyLine } from '../key-files.ts';
import { KEY_FOLDERS, keyIdentity } from '../key-files.ts';
import { nearest } from '../nearest.ts';
import type { PolicyRule } from './index.ts';

const keysOnce: PolicyRule = ({ keys, report }) => {
  const before = new Map<string, { readonly file: KeyFile; readonly line: KeyLine }>();
  // Signers first: a second use of a signer's key is told where it is wrong.
  for (const folder of ['signers', 'couriers', 'servers', 'keys'] satisfies KeyFolder[]) {
    for (const file of keys[folder].values()) {
      for (const line of file.lines) {
        const identity = keyIdentity(line.key);
        const other = before.get(identity);
        if (other === undefined) before.set(identity, { file, line });
        else report.error(...twice(file, line, other.file, other.line));
      }
    }
  }
};

function twice(
  file: KeyFile,
  line: KeyLine,
  other: KeyFile,
  otherLine: KeyLine,
): Parameters<Parameters<PolicyRule>[0]['report']['error']> {
  const there = `${other.path}:${otherLine.place.line ?? 1}`;
  if (file === other) return ['key-twice', line.place, `This key stands in ${there} already.`, 'Keep one of them.'];
  if (other.folder === 'signers' && file.folder !== 'signers') {
    return [
      'signer-key-reused',
      line.place,
      `This key signs for ${other.name} (${there}) and must be used for nothing else.`,
      'Take another key here.',
    ];
  }
  if (file.folder === 'servers' && other.folder === 'servers') {
    return [
      'host-key-twice',
      line.place,
      `${other.name} has the same host key (${there}): either could pass for the other.`,
      'Make new host keys on one of them.',
    ];
  }
  return [
    'key-twice',
    line.place,
    `This key is also that of ${other.name} (${there}).`,
    'Each key belongs to one of them only; make another.',
  ];
}

const keyFilesBelongToSomebody: PolicyRule = ({ policy, keys, report }) => {
  if (!policy.whole) return;
  for (const [folder, names, what] of [
    ['keys', policy.named.people, 'employee or machine'],
    ['servers', policy.named.servers, 'server'],
  ] as const) {
    for (const { name, path } of keys[folder].values()) {
      if (names.has(name)) continue;
      const near = nearest(name, names.keys());
      // Enrolling that was cut off may leave a host key without its server, and goes on when it is run again.
      report[folder === 'servers' ? 'warning' : 'error'](
        'stray-key-file',
        { file: path },
        `There is no ${what} ${name} in the policy.`,
        near === undefined ? 'Add the line, or delete this file.' : `Did you mean ${near}?`,
      );
    }
  }
};

const peopleHaveKeys: PolicyRule = ({ policy, keys, report }) => {
  for (const { name, value, at } of [...policy.employees, ...policy.machines]) {
    const file = keys.keys.get(name);
    if (value.left !== undefined || file?.broken === true || (file?.lines.length ?? 0) > 0) continue;
    report.warning('no-key', at.key(), `${name} has no key, and with that no way in.`, `Run keyward key add ${name}.`);
  }
};

const keyFilesHoldKeys: PolicyRule = ({ keys, report }) => {
  for (const folder of KEY_FOLDERS) {
    for (const { path, lines, broken } of keys[folder].values()) {
      if (lines.length === 0 && !broken && folder !== 'servers')
        report.warning('empty-key-file', { file: path }, 'This file holds no key.', 'Add one, or delete it.');
    }
  }
};

export const keyRules: readonly PolicyRule[] = [keysOnce, keyFilesBelongToSomebody, peopleHaveKeys, keyFilesHoldKeys];
