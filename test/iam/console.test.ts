/** The service as a process of its own: it says where it is, and lets somebody in at the console over its standard input. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { IAM } from '@aws-sdk/client-iam';
import { expect, it } from 'vitest';
import type { Credentials } from './index.ts';

interface Said {
  readonly said: string;
  readonly credentials?: Credentials & { readonly sessionToken: string };
}

it("gives the credentials of a console session, which end with the user's rights", { timeout: 30_000 }, async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => JSON.parse(String((await lines.next()).value)) as T;
  const at = await next<{ readonly endpoint: string; readonly region: string; readonly root: Credentials }>();
  const client = (credentials: Credentials): IAM => new IAM({ endpoint: at.endpoint, region: at.region, credentials, maxAttempts: 1 });
  const signIn = async (request: object): Promise<Said> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return next<Said>();
  };
  const admin = client(at.root);
  await admin.createUser({ UserName: 'carol' });
  await admin.attachUserPolicy({ UserName: 'carol', PolicyArn: 'arn:aws:iam::aws:policy/IAMReadOnlyAccess' });
  await admin.createLoginProfile({ UserName: 'carol', Password: 'Correct-Horse-7', PasswordResetRequired: true });
  expect(await signIn({ user: 'carol', password: 'wrong' })).toEqual({ said: 'refused' });
  expect(await signIn({ user: 'carol', password: 'Correct-Horse-7' })).toEqual({ said: 'must set a new password' });
  const first = await signIn({ user: 'carol', password: 'Correct-Horse-7', newPassword: 'Battery-Staple-8' });
  expect((await signIn({ user: 'carol', password: 'Battery-Staple-8' })).said).toBe('signed in');
  if (first.credentials === undefined) throw new Error(first.said);
  const carol = client(first.credentials);
  expect((await carol.listUsers({})).Users).toHaveLength(1);
  await admin.attachUserPolicy({ UserName: 'carol', PolicyArn: 'arn:aws:iam::aws:policy/AWSDenyAll' });
  await expect(carol.listUsers({})).rejects.toMatchObject({ name: 'AccessDenied' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.stdin.end();
  expect(await ended).toBe(0);
});
