/** Revocations beside the policy, and those it takes back. What they say is core/texts' matter; here it is their names. */
import { latin1 } from '../key-files.ts';
import { nearest } from '../nearest.ts';
import type { PolicyRule } from './index.ts';

const FOLDER = 'revoked/';
const NAME = /^[a-z0-9][a-z0-9_-]{0,31}-([0-9a-f]{8})$/;
const SIGNATURE = '-----BEGIN SSH SIGNATURE-----';

const revocationsAreNamedByHash: PolicyRule = ({ files, sha256, report }) => {
  if (files.has('revoked'))
    report.error('revoked-name', { file: 'revoked' }, 'This is a file; revocations lie in a folder of this name.', 'Take it out, or take the folder again from version control.');
  for (const [path, bytes] of files) {
    if (!path.startsWith(FOLDER)) continue;
    const digits = NAME.exec(path.slice(FOLDER.length))?.[1];
    if (digits === undefined) {
      report.error(
        'revoked-name',
        { file: path },
        'A file here is named handle-hash8, after a signed revocation.',
        'Take it out, or give it back its name.',
      );
      continue;
    }
    const text = latin1(bytes).split(SIGNATURE)[0] ?? '';
    const hash = [...sha256(bytes.subarray(0, text.length)).subarray(0, 4)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    if (hash !== digits)
      report.error(
        'revoked-hash',
        { file: path },
        `This revocation has the hash ${hash}…, not that of its name: its bytes were changed.`,
        'Take it again from version control.',
      );
  }
};

const undoneExist: PolicyRule = ({ policy, files, report }) => {
  const names = new Set(
    [...files.keys()].filter((path) => path.startsWith(FOLDER)).map((path) => path.slice(FOLDER.length)),
  );
  const before = new Set<string>();
  for (const { name, at } of policy.undone) {
    const near = nearest(name, names);
    if (!names.has(name))
      report.error(
        'unknown-revocation',
        at.value(),
        `There is no file revoked/${name}.`,
        near === undefined ? undefined : `Did you mean ${near}?`,
      );
    else if (before.has(name))
      report.error('duplicate-name', at.value(), `${name} stands here already.`, 'Keep one of them.');
    before.add(name);
  }
};

export const revokedRules: readonly PolicyRule[] = [revocationsAreNamedByHash, undoneExist];
