/** The public keys of an organization, for people: whose, and where they open an account. */
import type { KeyListed, KeyListReport, KeyUse } from '../verbs/lists.ts';
import { count, type Style, tame, wrap } from './style.ts';

const TITLES: Readonly<Record<KeyUse, string>> = {
  'logs-in': '',
  signs: 'Signs releases',
  carries: 'Carries, and opens nothing but the receiver',
};

export function keyListText({ organization, release, person, keys }: KeyListReport, style: Style): string {
  const from = release === undefined ? 'no release is signed yet' : `by release ${release}`;
  const whose = person === undefined ? '' : ` of ${tame(person)}`;
  const parts = [wrap(`${tame(organization)}: ${count(keys.length, 'key')}${whose}, ${from}`, style.width, '  ')];
  for (const use of ['logs-in', 'signs', 'carries'] as const) {
    const own = keys.filter((key) => key.use === use);
    if (own.length === 0) continue;
    const title = TITLES[use];
    parts.push([...(title === '' ? [] : [style.paint('bold', title)]), ...byOwner(own, style)].join('\n'));
  }
  if (keys.length === 0) parts.push(`\`keyward key add${person === undefined ? '' : ` ${tame(person)}`}\` adds one.`);
  return parts.join('\n\n');
}

function byOwner(keys: readonly KeyListed[], style: Style): readonly string[] {
  return [...new Set(keys.map((key) => key.of))].flatMap((of) => [
    style.paint('bold', tame(of)),
    ...keys.filter((key) => key.of === of).map((key) => keyText(key, style)),
  ]);
}

function keyText(
  { use, fingerprint, type, bits, comment, listed, grantedOn, revoked }: KeyListed,
  style: Style,
): string {
  const name = wrap(
    `  ${fingerprint} ${type}${type === 'ssh-rsa' ? ` ${bits}` : ''}${comment === '' ? '' : ` ${tame(comment)}`}`,
    style.width,
    '  ',
  );
  if (use !== 'logs-in') return name;
  const where = grantedOn.length === 0 ? 'opens nothing' : `opens ${grantedOn.map(tame).join(', ')}`;
  const words = [
    where,
    ...(listed ? [] : ['! stands in no file in keys/ any more']),
    ...(revoked ? ['! revoked'] : []),
  ];
  return `${name}\n${wrap(`    ${words.join('; ')}`, style.width, '  ')}`;
}
