/** The JSON Schema for editors is up to date, takes good policies and finds planted faults. `UPDATE=1` writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { isAccountName, isId, isName } from '../../../src/core/access/index.ts';
import { misfits, policySchema } from './json-schema.ts';
import type { Schema } from './json-schema.ts';
import { BASE_YAML } from './policy-files.ts';

const FILE = new URL('../../../schemas/access-policy.schema.json', import.meta.url);
const EXAMPLE = readFileSync(new URL('../../../access-policy.yaml', import.meta.url), 'utf8');
const schema = JSON.parse(policySchema()) as Schema;

it('is what the code says', () => {
  if (process.env['UPDATE'] === '1') writeFileSync(FILE, policySchema());
  expect(readFileSync(FILE, 'utf8')).toBe(policySchema());
});

it('takes the example, the base policy and a policy with empty sections', () => {
  for (const text of [EXAMPLE, BASE_YAML, 'version: 1\norganization: acme\nthreshold: 1\nemployees:\nrules:\n'])
    expect(misfits(schema, parse(text))).toEqual([]);
});

const FAULTS: readonly (readonly [string, string, string, string])[] = [
  ['an unknown field', 'teams: [support]', 'team: [support]', '/employees/bob/team'],
  ['a wrong id', 'emp_bbbbbbbbbbbbbbbbbbbbbbbbbb', 'bob', '/employees/bob/id'],
  ['a missing field', 'owner: alice', 'uid: 7001', '/machines/shop/owner'],
  ['a text for a list', 'names: [web-1]', 'names: web-1', '/rules/1/servers/names'],
  ['an empty list', 'names: [web-1]', 'names: []', '/rules/1/servers/names'],
  ['a threshold of nothing', 'threshold: 2', 'threshold: 0', '/threshold'],
  ['an unknown permission', 'allow: [pty]', 'allow: [tty]', '/defaults/allow/0'],
  ['an unknown expectation', 'expect: refused', 'expect: denied', '/tests/1/expect'],
  ['an unknown section', 'rules:', 'rights:', '/rights'],
  ['a capital letter', '  dana:', '  Dana:', '/employees/Dana'],
];
it.each(FAULTS)('finds %s', (_, right, wrong, place) => {
  const text = BASE_YAML.replace(right, wrong);
  expect(text).not.toBe(BASE_YAML);
  expect(misfits(schema, parse(text))).toEqual([place]);
});

it('has the forms of names and ids that core/access has', () => {
  const { properties } = schema as unknown as {
    properties: Record<
      string,
      { pattern: string; additionalProperties: { properties: Record<string, { pattern: string }> } }
    >;
  };
  const employee = properties['employees']?.additionalProperties.properties ?? {};
  const pairs: readonly (readonly [string | undefined, (text: string) => boolean])[] = [
    [properties['organization']?.pattern, isName],
    [employee['account']?.pattern, isAccountName],
    [employee['id']?.pattern, (text) => isId(text, 'emp')],
  ];
  const texts = [
    'a',
    '0',
    '-a',
    '_a',
    'a_b-c',
    'A',
    'a b',
    'ä',
    'a'.repeat(32),
    'a'.repeat(33),
    '',
    'a\n',
    '1a',
    `emp_${'0'.repeat(26)}`,
    `emp_${'i'.repeat(26)}`,
    `mch_${'0'.repeat(26)}`,
    `emp_${'0'.repeat(25)}`,
  ];
  let looked = 0;
  for (const [pattern = '(?!)', takes] of pairs)
    for (const text of texts) {
      looked += 1;
      expect(new RegExp(pattern).test(text), `${pattern} ${JSON.stringify(text)}`).toBe(takes(text));
    }
  console.log(`schema: ${FAULTS.length} planted faults found, ${looked} names and ids compared`);
});
