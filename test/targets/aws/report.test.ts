/** The credential report of an account in which somebody chose a path that reads as somebody else's line. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readReport } from '../../../src/targets/aws-iam/report.ts';
import { endAccount, makeAccount, PATH } from './account.ts';
import type { AwsBench } from './account.ts';

let account: AwsBench;
beforeAll(async () => {
  account = await makeAccount();
});
afterAll(() => endAccount(account));

test('a path with commas in it speaks for nobody, and everybody else is read', () => {
  const { hands, accountId } = account.iam;
  const report = (): ReturnType<typeof readReport> => {
    account.iam.account.report = undefined;
    hands.do('GenerateCredentialReport');
    const { Content } = hands.do('GetCredentialReport') as { readonly Content: string };
    return readReport(Buffer.from(Content, 'base64').toString());
  };
  hands.do('CreateUser', { UserName: 'carol', Path: PATH });
  const carol = `arn:aws:iam::${accountId}:user${PATH}carol`;
  const before = report().get(carol);
  expect(before?.mfa).toBe(false);
  // What stands in the columns of creation, password and MFA, up to the rest of the real line.
  const created = new Date(Number(before?.created) * 1000).toISOString();
  hands.do('CreateUser', { UserName: 'zed', Path: `${PATH}carol,${created},true,N/A,N/A,N/A,true,x/` });
  hands.do('CreateUser', { UserName: 'a,b' });
  hands.do('CreateUser', { UserName: 'dave', Path: PATH });
  const after = report();
  expect(after.get(carol)).toEqual(before);
  expect([...after.keys()].filter((arn) => arn.includes(PATH)).sort()).toEqual([carol, `arn:aws:iam::${accountId}:user${PATH}dave`]);
});
