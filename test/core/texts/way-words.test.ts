/** A way in is said in words that whoever must decide about it can read, and what a target wrote is shown as asked. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PROVIDER_WAYS, SERVER_WAYS, WAY_IN_KINDS } from '../../../src/core/access/index.ts';
import { wayOfFields, wayWords } from '../../../src/core/texts/index.ts';

it.each([
  ['key root SHA256:abc unknown alice laptop', 'key for root: SHA256:abc, "alice laptop"'],
  ['ca - SHA256:abc unknown -', 'authority whose certificates let in anybody: SHA256:abc'],
  ['ca legacy SHA256:abc unknown -', 'authority whose certificates let in as legacy: SHA256:abc'],
  ['keys-command legacy /opt/keys unknown -', 'program that names keys for legacy: /opt/keys'],
  ['sudo deploy 90-deploy unknown deploy ALL=(ALL) NOPASSWD: ALL', 'sudo for deploy, by 90-deploy, "deploy ALL=(ALL) NOPASSWD: ALL"'],
  ['group legacy docker accepted -', 'legacy is in the group docker'],
  ['uid-0 toor 0 unknown -', 'toor is root by another name (uid 0)'],
  ['sshd legacy permitemptypasswords unknown -', 'sshd setting for legacy: permitemptypasswords'],
  ['sshd bob managed-account unknown -', "sshd goes by other settings than keyward's for bob"],
  ['sshd bob managed-account unknown sshd goes by other settings for it', "sshd goes by other settings than keyward's for bob"],
  ['sshd keyward-courier courier unknown sshd goes by other settings for it', "sshd goes by other settings than keyward's for the courier"],
  ['sshd bob unreadable unknown sshd -T gave no answer', 'sshd does not tell what it goes by for bob'],
  ['sshd bob unreadable-file unknown /srv/keys/bob', 'a file of keys that could not be read for bob, "/srv/keys/bob"'],
  ['sshd - too-many unknown 12 more', 'more ways in than an answer holds, "12 more"'],
  ['password legacy empty unknown -', 'legacy has an empty password'],
  ['user - arn:aws:iam::1:user/x unknown -', "user that is not keyward's: arn:aws:iam::1:user/x"],
  ['mfa alice missing unknown -', 'alice has no MFA device'],
  ['old alice unused-access-key/AKIA unknown -', 'not used for longer than signed for alice: access-key/AKIA'],
  ['password-policy - none unknown -', 'the account has no rules for passwords'],
  ['teleport bob door unknown -', 'teleport for bob: door'],
])('%s', (line, words) => {
  expect(wayWords(wayOfFields(line.split(' ')))).toBe(words);
});

it('leaves out only what the receiver itself puts there', () => {
  const receiver = readFileSync(new URL('../../../src/receiver/keyward-look', import.meta.url), 'utf8');
  for (const said of ['managed-account sshd goes by other settings for it', 'courier sshd goes by other settings for it', 'unreadable sshd -T gave no answer'])
    expect(receiver).toMatch(new RegExp(`[ "]${said}["']`));
});

it('has words of its own for every kind there is, and shows all that a target wrote as it is asked to', () => {
  expect(WAY_IN_KINDS.length).toBe(SERVER_WAYS.length + PROVIDER_WAYS.length);
  const written = { account: 'acc', subject: 'sub', comment: 'com' };
  for (const kind of WAY_IN_KINDS) {
    const told: string[] = [];
    const words = wayWords({ kind, ...written, owner: 'own' }, (text) => `<${(told.push(text), text)}>`);
    // What is said of a kind nobody knows begins with its name, shown as it is asked to.
    expect(told).not.toContain(kind);
    expect(words.replace(/<[^>]*>/g, '')).not.toMatch(/acc\b|sub\b|\bcom\b|own\b/);
    expect(told).toContain('"com"');
  }
});
