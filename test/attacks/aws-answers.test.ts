/**
 * Something that answers in the place of AWS, or AWS where somebody with rights gave strange names: it is never taken for
 * an account in which nobody is, ends no run with a mistake of ours, takes neither the memory nor the time of the machine,
 * and nothing of it that could draw or is a secret is told.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endAccount, makeAccount, PATH, placeThere, releasing, revoking, TARGET, targetThere } from '../targets/aws/account.ts';
import type { AwsBench } from '../targets/aws/account.ts';
import { GO } from '../targets/place.ts';
import type { Answer, Outcome, Parcel } from '../../src/world.ts';

const ACCOUNT = '123456789012';
const SECRET = 'a-secret-that-nobody-may-read-0123456789';
type Answers = (action: string, response: ServerResponse, authorization: string) => void;

let account: AwsBench;
let takes: Parcel & { readonly hash: string };
beforeAll(async () => {
  account = await makeAccount();
  takes = await revoking(account, 'bob');
});
afterAll(() => endAccount(account));

const xml = (action: string, inner: string) => `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${action}Result>${inner}</${action}Result></${action}Response>`;
const role = (arn = `arn:aws:iam::${ACCOUNT}:role${PATH}keyward-acme-take-away`) => xml('GetRole', `<Role><Arn>${arn}</Arn></Role>`);
const users = (all: string, rest = '<IsTruncated>false</IsTruncated>') => xml('GetAccountAuthorizationDetails', `<UserDetailList>${all}</UserDetailList>${rest}`);
const user = (name: string, arn = `arn:aws:iam::${ACCOUNT}:user${PATH}${name}`) =>
  `<member><UserName>${name}</UserName><UserId>AIDA1</UserId><Path>${PATH}</Path><Arn>${arn}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></member>`;
/** Right for the role, and this for the list of users. */
const listing = (body: string): Answers => (action, response) => void response.end(action === 'GetRole' ? role() : body);
const same = (body: string | Uint8Array, status = 200, headers: Record<string, string> = {}): Answers => (_, response) => void response.writeHead(status, headers).end(body);
const refused = (code: string, message: string) => `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
const flood: Answers = (action, response) => {
  if (action === 'GetRole') return void response.end(role());
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
};
const bomb = `<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">${Array.from('bcdefghij', (name, i) => `<!ENTITY ${name} "${`&${'abcdefghi'[i] ?? ''};`.repeat(10)}">`).join('')}]>`;

const NO_ID = 'without a number';
const LIES: Readonly<Record<string, readonly [Answers, string, typeof NO_ID?]>> = {
  'a page to log in': [same('<html><body>Log in</body></html>', 200, { 'content-type': 'text/html' }), 'not AWS', NO_ID],
  'nothing, and 200': [same(''), 'not AWS', NO_ID],
  'nothing, and 204': [same('', 204), 'not AWS', NO_ID],
  'a list of users, not numbered': [listing(users('')), 'not AWS', NO_ID],
  'a page to log in, numbered': [same('<html><body>Log in</body></html>'), 'no role'],
  'JSON': [same('{"Role":{}}'), 'cannot be read'],
  'half an answer': [same('<GetRoleResponse><GetRoleResult><Role><Arn>arn:aws:iam::1'), 'cannot be read'],
  'noise': [same(randomBytes(100_000)), 'cannot be read'],
  'a hundred thousand elements in one another': [same(`<GetRoleResponse>${'<a>'.repeat(100_000)}`), 'cannot be read'],
  'a field called __proto__': [same(xml('GetRole', '<__proto__><x>1</x></__proto__>')), 'cannot be read'],
  'entities that grow': [same(`${bomb}${role('&j;')}`), 'no role'],
  'a file of this machine as an entity': [same(`<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>${role('&a;')}`), 'no role'],
  'a date that is none': [listing(users(user('bob').replace('2026-01-01T', '2026-99-99T'))), 'cannot be read'],
  'no list': [listing(xml('GetAccountAuthorizationDetails', '')), 'no list'],
  'a list that is cut and says not where': [listing(users('', '<IsTruncated>true</IsTruncated>')), 'without end'],
  'a list that begins again and again': [listing(users('', '<IsTruncated>true</IsTruncated><Marker>m</Marker>')), 'without end'],
  'a list without end in one answer': [flood, 'more than keyward reads'],
  'users that are nobody': [listing(users('<member/>')), 'without saying who'],
  'a name that draws': [listing(users(user('bob', 'arn:aws:iam::1&#27;[2J&#10;::error::x'))), 'without saying who'],
  'a name of a million letters': [listing(users(user('b'.repeat(1_000_000)))), 'without saying who'],
  'an account that draws': [same(role(`arn:aws:iam::&#27;[2J:role/x`)), 'no role'],
  'another account': [(action, response) => void response.end(action === 'GetRole' ? role('arn:aws:iam::999999999999:role/x') : users('')), 'belong to the AWS account 999999999999'],
  'another address': [same('', 307, { location: 'http://127.77.255.254:1/' }), 'AWS answered'],
  'an error of a million letters': [same(refused('F'.repeat(1_000_000), ''), 400), 'AWS answered FFF'],
  'an error that has our own name': [same(refused('TypeError', ''), 400), 'AWS'],
};

describe('in the place of AWS', () => {
  const asked = async (answers: Answers, parcel: Parcel, numbered: boolean): Promise<Outcome<Answer>> => {
    const own = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        if (numbered) response.setHeader('x-amzn-requestid', 'a');
        answers(new URLSearchParams(Buffer.concat(parts).toString()).get('Action') ?? '', response, request.headers.authorization ?? '');
      });
    });
    await new Promise<void>((resolve) => own.listen(0, '127.77.201.8', resolve));
    const endpoint = `http://127.77.201.8:${(own.address() as AddressInfo).port}`;
    const settings = { ...account.settings, 'account-id': ACCOUNT };
    const target = targetThere(account, { place: { settings }, client: { endpoint, attempts: 1, credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: SECRET } } });
    try {
      return await target.exchange(parcel, GO);
    } finally {
      own.closeAllConnections();
      own.close();
    }
  };

  it.each(Object.entries(LIES))('%s', async (_, [answers, why, id]) => {
    for (const parcel of [{ ...takes, revocations: [], about: [] }, takes]) {
      const outcome = await asked(answers, parcel, id !== NO_ID);
      expect(outcome).toMatchObject({ kind: why.startsWith('belong') ? 'refused' : 'unknown', why: expect.stringContaining(why) });
      expect(outcome.kind === 'done' ? '' : outcome.why).toMatch(/^[ -~]{1,200}$/);
    }
  });

  it('tells no secret that comes back in an error', async () => {
    const outcome = await asked((_, response, authorization) => void response.writeHead(400).end(refused('Strange', `${authorization} ${SECRET} &#27;[2J`)), takes, true);
    expect(outcome).toEqual({ kind: 'unknown', why: 'AWS answered Strange' });
  });

  it('says of nobody that they are denied, whatever it claims', async () => {
    const marks = `<Tags><member><Key>keyward:id</Key><Value>${account.bench.ids.bob}</Value></member><member><Key>keyward:target</Key><Value>${TARGET}</Value></member></Tags>`;
    const one = `<UserName>bob</UserName><UserId>AIDA1</UserId><Path>${PATH}</Path><Arn>arn:aws:iam::${ACCOUNT}:user${PATH}bob</Arn>`;
    const claims: Answers = (action, response) => {
      const bodies: Readonly<Record<string, string>> = { GetRole: role(), GetAccountAuthorizationDetails: users(`<member>${one}${marks}</member>`), GetUser: xml('GetUser', `<User>${one}</User>`) };
      if (action === 'GetLoginProfile') response.writeHead(404).end(refused('NoSuchEntity', ''));
      else response.end(bodies[action] ?? xml(action, '<IsTruncated>false</IsTruncated>'));
    };
    const outcome = await asked(claims, takes, true);
    expect(outcome).toMatchObject({ kind: 'done', value: { receipt: { accounts: [{ state: 'open' }], failed: [{ what: 'quarantine', why: expect.stringContaining('does not come to rest') }] } } });
  });
});

describe('a name that no text can spell', () => {
  it.each(['Bob', 'bob@work,+=.', 'b'.repeat(64)])('%s: looked at, and taken out', async (NewUserName) => {
    const own = await makeAccount();
    try {
      const gives = await releasing(own, [{ name: 'bob', rights: ['group support'] }]);
      const trust = { firstRelease: placeThere(own).trust?.firstRelease ?? '', releases: [own.first, ...gives.releases], manifest: gives.manifest };
      const target = targetThere(own, { place: { trust } });
      expect(await target.exchange(gives, GO)).toMatchObject({ kind: 'done', value: { receipt: { failed: [] } } });
      own.iam.hands.do('UpdateUser', { UserName: 'bob', NewUserName });
      const named = { id: own.bench.ids.bob, account: expect.stringMatching(/^aida[a-z0-9]+$/) };
      const seen = await target.exchange({ ...gives, releases: [] }, GO);
      expect(seen).toMatchObject({ kind: 'done', value: { receipt: { accounts: [{ ...named, state: 'open' }], differs: expect.arrayContaining([{ what: 'not-denied', subject: NewUserName }]) } } });
      const taken = await target.exchange(await revoking(own, 'bob'), GO);
      expect(taken).toMatchObject({ kind: 'done', value: { receipt: { accounts: [{ ...named, state: 'locked' }], failed: [], ended: [{ kind: 'login' }] } } });
    } finally {
      await endAccount(own);
    }
  });
});
