/**
 * Access keys: API_CreateAccessKey.html, API_UpdateAccessKey.html, API_ListAccessKeys.html, API_DeleteAccessKey.html,
 * API_GetAccessKeyLastUsed.html under https://docs.aws.amazon.com/IAM/latest/APIReference/. Two keys a user
 * (User Guide, reference_iam-quotas.html); the secret is shown once.
 */
import { type Actions, type Call, must } from '../call.ts';
import { noSuch } from '../iam-error.ts';
import { newId, newSecret } from '../ids.ts';
import { paged } from '../paging.ts';
import { arnOf } from '../principal.ts';
import { onUser } from '../resources.ts';
import { type AccessKey, the } from '../state.ts';
import type { Answer } from '../xml.ts';

const ACTIVITY = ['Active', 'Inactive'] as const;

function keyOf(call: Call, keys: readonly AccessKey[]): AccessKey {
  const id = call.parameters.text('AccessKeyId', { min: 16, max: 128, pattern: /^\w+$/ });
  const found = keys.find((one) => one.id === id);
  if (found === undefined) throw noSuch('Access Key', id);
  return found;
}

function createAccessKey(call: Call): Answer {
  const name = call.userToChange().name;
  call.quota('AccessKeysPerUser', the(call.latest.users, name).accessKeys.length, 2);
  const [id, secret, created] = [newId('AKIA').slice(0, 20), newSecret(), call.now];
  call.change((state) => {
    const user = the(state.users, name);
    user.accessKeys.push({ id, secret, created, status: 'Active' });
    state.keys.set(id, user);
  });
  return {
    AccessKey: {
      UserName: name,
      AccessKeyId: id,
      Status: 'Active',
      SecretAccessKey: secret,
      CreateDate: new Date(created),
    },
  };
}

function lastUsed(call: Call): Answer {
  const id = call.parameters.text('AccessKeyId', { min: 16, max: 128, pattern: /^\w+$/ });
  const user = call.seen.keys.get(id);
  if (user === undefined) throw noSuch('Access Key', id);
  const use = call.account.lastUse.get(id);
  const at = use === undefined ? undefined : new Date(use.at);
  const used = { LastUsedDate: at, ServiceName: use?.service ?? 'N/A', Region: use?.region ?? 'N/A' };
  return { UserName: user.name, AccessKeyLastUsed: used };
}

export const accessKeys: Actions = {
  CreateAccessKey: { needs: onUser, run: createAccessKey },
  ListAccessKeys: {
    needs: onUser,
    run(call) {
      const user = call.user();
      const { page, rest } = paged(call, user.accessKeys, (one) => one.id);
      const metadata = page.map((one) => ({
        UserName: user.name,
        AccessKeyId: one.id,
        Status: one.status,
        CreateDate: new Date(one.created),
      }));
      return { AccessKeyMetadata: metadata, ...rest };
    },
  },
  UpdateAccessKey: {
    needs: onUser,
    run(call) {
      const user = call.userToChange();
      const { id } = keyOf(call, user.accessKeys);
      const status = call.parameters.oneOf('Status', ACTIVITY);
      must(status !== undefined, 'ValidationError', 'Status must not be null');
      call.change((state) => {
        for (const one of the(state.users, user.name).accessKeys) if (one.id === id) one.status = status;
      });
      return undefined;
    },
  },
  DeleteAccessKey: {
    needs: onUser,
    run(call) {
      const user = call.userToChange();
      const { id } = keyOf(call, user.accessKeys);
      call.change((state) => {
        const keys = the(state.users, user.name).accessKeys;
        keys.splice(
          keys.findIndex((one) => one.id === id),
          1,
        );
        state.keys.delete(id);
      });
      return undefined;
    },
  },
  GetAccessKeyLastUsed: {
    needs: (call) => {
      const user = call.seen.keys.get(call.parameters.text('AccessKeyId'));
      return [{ resource: user === undefined ? '*' : arnOf(call.account.id, user) }];
    },
    run: lastUsed,
  },
};
