/**
 * One malicious admin: one of three signers, where two must sign, with a courier's key and everything that lies in the
 * repository. Twelve actions are refused where they land, on the server, and do what they say once a second signer signs
 * the same text. Sixty revocations shut people out at once and are undone by the two others.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs, ssh } from '../fleet/index.ts';
import type { Answer, KeyPair, TestServer } from '../fleet/index.ts';
import { lines } from '../servers/receiver/bench.ts';
import { at, bare, requestText, revocationText, sha256, sign } from '../servers/receiver/texts.ts';
import { Company } from '../servers/line/company.ts';

const PEOPLE = ['erin', 'frank', 'grace'] as const;

/** What Mallory begins with: the texts in force, and the ids of everybody. */
interface Hers {
  readonly release: string;
  readonly manifest: string;
  readonly id: (handle: string) => string;
  readonly key: (name: string) => KeyPair;
  /** A signature of Bob's under the release in force. */
  readonly bobs: string;
}

interface Made {
  readonly release: string;
  readonly manifest: string;
}

interface Action {
  readonly what: string;
  readonly make: (hers: Hers) => Made;
  readonly refused: string;
  /** Whose keys sign beside her own. */
  readonly also?: readonly string[];
  /** A signature that lies there already and is put beside hers. */
  readonly copied?: (hers: Hers) => string;
  /** Why the same text is refused when two signers sign it; left out where it is taken. */
  readonly evenWithTwo?: string;
}

/** The lines of a manifest stand by account, their third word. */
const byAccount = (a: string, b: string): number => ((a.split(' ')[2] ?? '') < (b.split(' ')[2] ?? '') ? -1 : 1);

const sorted = (text: string, word: string, add: string): string => {
  const all = text.trimEnd().split('\n');
  const own = [...all.filter((line) => line.startsWith(`${word} `)), add].sort();
  const first = all.findIndex((line) => line.startsWith(`${word} `));
  return `${[...all.slice(0, first), ...own, ...all.slice(first).filter((line) => !line.startsWith(`${word} `))].join('\n')}\n`;
};
const withManifest = (hers: Hers, manifest: string): Made => ({ manifest, release: hers.release.replace(sha256(hers.manifest), sha256(manifest)) });
const withRelease = (hers: Hers, change: (text: string) => string): Made => ({ manifest: hers.manifest, release: change(hers.release) });
const nextSet = (text: string): string => text.replace(/^signer-set (\d+)$/m, (_, n: string) => `signer-set ${Number(n) + 1}`);
/** Erin's lines once more, for Mallory. */
const forMallory = (hers: Hers): string => {
  const [account = '', key = ''] = ['account', 'key'].map((word) => hers.manifest.split('\n').find((line) => line.startsWith(`${word} ${hers.id('erin')}`)) ?? '');
  const hers_ = (line: string): string => line.replaceAll(hers.id('erin'), hers.id('mallory')).replace(' erin ', ' mallory ').replace(bare(hers.key('erin')), bare(hers.key('mallory')));
  const withAccount = hers.manifest.replace(/((?:^account .*\n)+)/m, (all) => `${[...all.trimEnd().split('\n'), hers_(account)].sort(byAccount).join('\n')}\n`);
  return withAccount.replace(/((?:^key .*\n)+)/m, (all) => `${[...all.trimEnd().split('\n'), hers_(key)].sort(byAccount).join('\n')}\n`);
};
const behindKeys = (text: string, line: string): string => text.replace(/((?:^key .*\n)+)/m, (all) => `${all}${line}\n`);

const ACTIONS: readonly Action[] = [
  { what: 'gives herself an account', refused: 'below-threshold', make: (h) => withManifest(h, forMallory(h)) },
  { what: 'gives a friend sudo as root', refused: 'below-threshold', make: (h) => withManifest(h, behindKeys(h.manifest, `sudo ${h.id('erin')} erin - root ALL`)) },
  { what: 'gives a friend’s account a key of her own', refused: 'below-threshold', make: (h) => withManifest(h, h.manifest.replace(bare(h.key('erin')), bare(h.key('mallory')))) },
  { what: 'lowers the threshold to one', refused: 'below-old-threshold', make: (h) => withRelease(h, (text) => nextSet(text).replace(/^threshold 2$/m, 'threshold 1')) },
  { what: 'lowers the threshold and keeps the number of the set', refused: 'signer-set-changed-without-number', evenWithTwo: 'signer-set-changed-without-number', make: (h) => withRelease(h, (text) => text.replace(/^threshold 2$/m, 'threshold 1')) },
  { what: 'takes the two others out of the signer set', refused: 'below-old-threshold', make: (h) => withRelease(h, (text) => nextSet(text).replace(/^threshold 2$/m, 'threshold 1').replace(/^signer .*\n/gm, (line) => (line.includes(h.id('mallory')) ? line : ''))) },
  { what: 'puts a second key of hers under Bob’s name and signs with both', refused: 'below-old-threshold', also: ['mallory'], make: (h) => withRelease(h, (text) => sorted(nextSet(text), 'signer', `signer ${h.id('bob')} ${bare(h.key('mallory'))}`)) },
  { what: 'signs twice', refused: 'below-threshold', also: ['mallory-sign'], make: (h) => withManifest(h, forMallory(h)) },
  { what: 'puts a signature of Bob’s beside hers that he gave to another release', refused: 'below-threshold', copied: (h) => h.bobs, make: (h) => withManifest(h, forMallory(h)) },
  { what: 'makes a key of hers a courier', refused: 'below-threshold', make: (h) => withManifest(h, sorted(h.manifest, 'courier', `courier ${bare(h.key('mallory'))}`)) },
  { what: 'names another host key, so that her machine is taken for the server', refused: 'below-threshold', evenWithTwo: 'wrong-host-key', make: (h) => withManifest(h, h.manifest.replace(/(?:^host-key .*\n)+/m, `host-key ${bare(h.key('mallory'))}\n`)) },
  { what: 'takes the server back to the release before', refused: 'rollback', evenWithTwo: 'rollback', make: (h) => withRelease(h, (text) => text.replace(/^number \d+$/m, 'number 1').replace(/^previous .*$/m, 'previous -')) },
];

describe.skipIf(needs() !== undefined)('one malicious admin of three, where two must sign', () => {
  let company: Company;
  let server: TestServer;
  let hers: Hers;
  let refused = 0;
  let taken = 0;
  beforeAll(async () => {
    company = await Company.found({ servers: ['web-1'], signers: ['alice', 'bob', 'mallory'], employees: PEOPLE, threshold: 2 });
    server = company.server('web-1');
    company.rules(`{ name: work, to: { employees: [${PEOPLE.join(', ')}] }, servers: { names: [web-1] } }`);
    await company.apply();
    hers = read();
    await server.must('cp -a /etc/ssh/keyward /root/clean');
  }, 120_000);
  afterAll(async () => {
    console.log(`${refused} of ${ACTIONS.length} actions of one signer refused on the server; ${taken} of them taken when a second one signs the same text`);
    await company?.end();
  });

  const text = (...path: string[]): string => readFileSync(join(company.repo, ...path), 'utf8');
  const read = (): Hers => {
    const number = Math.max(...readdirSync(join(company.repo, 'releases')).map(Number));
    const folder = ['releases', String(number)];
    const release = text(...folder, 'release');
    const manifest = readdirSync(join(company.repo, ...folder)).find((name) => name.startsWith('manifest-')) ?? '';
    const policy = text('access-policy.yaml');
    const id = (handle: string): string => new RegExp(`^ {2}${handle}: \\{ id: (emp_[0-9a-z]{26})`, 'm').exec(policy)?.[1] ?? '';
    return { release, manifest: text(...folder, manifest), id, key: (name) => company.key(name), bobs: text(...folder, 'bob.sig') };
  };
  const signatures = (what: string, by: readonly string[], namespace = 'keyward-release-v1'): Promise<string> => sign(company.folder, what, namespace, by.map((name) => company.key(name)));
  const carry = (bundle: string): Promise<Answer> => ssh(server, 'keyward-courier', { keyFile: company.key('mallory-courier').path, input: requestText() + bundle });
  const inForce = (): Promise<string> => server.must('cd /etc/ssh/keyward && find current/ -type f -exec sha256sum {} + | sort; readlink current');

  it.each(ACTIONS)('$what', async ({ make, refused: why, also = [], copied, evenWithTwo }) => {
    const number = Number(/^number (\d+)$/m.exec(hers.release)?.[1]) + 1;
    const made = make(hers);
    expect(made).not.toEqual({ release: hers.release, manifest: hers.manifest });
    const next = (release: string): string => (release.includes('\nnumber 1\n') ? release : release.replace(/^number .*$/m, `number ${number}`).replace(/^previous .*$/m, `previous ${sha256(hers.release)}`)).replace(/^issued .*$/m, `issued ${at(Date.now() - 1000)}`);
    const release = next(made.release);
    const before = await inForce();
    const alone = await carry(release + (await signatures(release, ['mallory-sign', ...also])) + (copied?.(hers) ?? '') + made.manifest);
    expect([alone.status, alone.stderr.trim()]).toEqual([5, `refused: ${why}`]);
    expect(await inForce()).toBe(before);
    expect((await company.login('web-1', 'mallory')).status).toBe(255);
    refused += 1;
    const both = await carry(release + (await signatures(release, ['mallory-sign', 'alice-sign'])) + made.manifest);
    expect([both.status, both.stderr.trim()]).toEqual(evenWithTwo === undefined ? [0, ''] : [5, `refused: ${evenWithTwo}`]);
    if (evenWithTwo === undefined) taken += 1;
    await server.must('rm -rf /etc/ssh/keyward && cp -a /root/clean /etc/ssh/keyward; userdel -r mallory 2> /dev/null; true');
  });

  it('shuts everybody out with sixty revocations, not the couriers, and two others undo it', async () => {
    const revocations = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const who = [...PEOPLE, 'alice', 'bob'][i % 5] ?? '';
        const more = i < 5 ? [bare(company.key(`${who}`))] : [];
        const others = i === 0 ? [bare(company.key('alice-courier')), bare(company.key('alice-sign')), bare(company.key('bob-sign'))] : [];
        const written = revocationText({ signer: hers.id('mallory'), id: hers.id(who), time: at(Date.now() - i * 1000), keys: [...more, ...others] });
        return written + (await signatures(written, ['mallory-sign'], 'keyward-revocation-v1'));
      }),
    );
    const out = await carry(revocations.join(''));
    expect([out.status, out.stderr, lines(out, 'revocation').length]).toEqual([0, '', 60]);
    for (const who of PEOPLE) expect((await company.login('web-1', who)).status).toBe(255);
    // Alice's courier still gets in, and brings home what Mallory never put into the repository.
    await company.keyward('alice', 'deliver');
    const names = readdirSync(join(company.repo, 'revoked')).sort();
    expect(names).toHaveLength(60);
    company.policy((policy) => policy.replace('undone: []', `undone: [${names.join(', ')}]`));
    await company.approve('alice', 'bob');
    await company.must('alice', 'deliver');
    for (const who of PEOPLE) expect((await company.login('web-1', who)).status).toBe(0);
    const again = await carry(revocations.join(''));
    expect([again.status, lines(again, 'revocation')]).toEqual([0, []]);
    for (const who of PEOPLE) expect((await company.login('web-1', who)).status).toBe(0);
    console.log(`${names.length} revocations of one signer undone by two others`);
  }, 60_000);
});
