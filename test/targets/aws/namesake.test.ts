/**
 * At every call of denying, removing and giving back, the login is deleted by somebody else and another of the same name is
 * made: nothing is done to that one. AWS has no call that says "only if it is still this one", so between asking and doing
 * lies one round trip: what falls into it is counted here, and is at most the one call that was under way.
 */
import { expect, test } from 'vitest';
import type { InProcess } from '../../iam/in-process.ts';
import type { User } from '../../iam/index.ts';
import { PATH } from './account.ts';
import type { AwsBench } from './account.ts';
import { staged, userIn } from './stages.ts';
import type { Stage, Stages } from './stages.ts';
import { inVirtualTime } from './virtual-time.ts';

const WRITES = /^(?!Get|List|Generate|Simulate)/;
/** Asked side by side with whose the name is. */
const BESIDE = 'ListAttachedUserPolicies';

let account: AwsBench;
let stages: Stages;
staged((made) => ({ account, stages } = made));

test.each(['giving back', 'denying', 'removing'])('%s', { timeout: 120_000 }, async (name) => {
  const stage = stages.all.find((one) => one.name === name);
  if (stage === undefined) throw new Error(`no stage ${name}`);
  const [reached, wrong, within]: [string[], string[], string[]] = [[], [], []];
  await inVirtualTime(async () => {
    for (let nth = 1; ; nth += 1) {
      const at = await swapped(stage, nth);
      if (at === undefined) return;
      reached.push(at.action);
      if (at.hits.length > 1 || (at.hits.length === 1 && !WRITES.test(at.action) && at.action !== BESIDE)) wrong.push(`${nth} ${at.action}: ${at.hits.join(', ')}`);
      else if (at.hits.length === 1) within.push(at.action);
    }
  });
  console.log(`${name}: a namesake at each of ${reached.length} calls; within the round trip fell ${within.length}: ${within.join(', ')}`);
  expect(wrong).toEqual([]);
  expect(reached.length).toBeGreaterThan(15);
});

/** Swaps just before the n-th call; what was changed of the namesake. Undefined: there was no such call. */
async function swapped(stage: Stage, nth: number): Promise<{ readonly action: string; readonly hits: readonly string[] } | undefined> {
  stage.set();
  account.iam.calls.clear();
  const handler = account.iam.inProcess();
  let count = 0;
  let at: { readonly action: string; readonly from: number; readonly namesake: string } | undefined;
  const requestHandler: InProcess = {
    ...handler,
    handle(request, options) {
      count += 1;
      if (count === nth) at = { action: new URLSearchParams(String(request.body)).get('Action') ?? '', from: account.iam.calls.list.length, namesake: swap() };
      return handler.handle(request, options);
    },
  };
  await stages.run(stage, { requestHandler });
  if (at === undefined) return undefined;
  const done = account.iam.calls.list.slice(at.from).filter(({ action, parameters, outcome }) => WRITES.test(action) && outcome === 'ok' && parameters['UserName'] === 'erin');
  const hits = done.map(({ action }) => action);
  // The list of calls and the state must tell the same.
  if (hits.length === 0 && told(userIn(account, 'erin')) !== at.namesake) hits.push('changed without a call');
  return { action: at.action, hits };
}

/** Erin is gone; somebody else is called so, with one of most kinds. */
function swap(): string {
  const { hands, account: held } = account.iam;
  held.replica.change((state) => {
    const old = state.users.get('erin');
    for (const key of old?.accessKeys ?? []) state.keys.delete(key.id);
    for (const [serial, device] of state.mfa) if (device.owner === old?.id) state.mfa.delete(serial);
    state.users.delete('erin');
  });
  hands.do('CreateUser', { UserName: 'erin', Path: PATH });
  for (const [action, input] of Object.entries({
    AddUserToGroup: { GroupName: 'support' },
    CreateLoginProfile: { Password: 'Correct-Horse-7-Battery' },
    CreateAccessKey: {},
    CreateServiceSpecificCredential: { ServiceName: 'codecommit.amazonaws.com' },
    AttachUserPolicy: { PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' },
    PutUserPolicy: { PolicyName: 'own', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }) },
  }))
    hands.do(action, { UserName: 'erin', ...input });
  hands.giveDevice('erin', `arn:aws:iam::${account.iam.accountId}:u2f/user/erin/other`);
  return told(userIn(account, 'erin'));
}

function told(user: User | undefined): string {
  const plain = (_: string, value: unknown): unknown => (value instanceof Map ? [...value] : value instanceof Set ? [...value] : value);
  return JSON.stringify(user, plain);
}
