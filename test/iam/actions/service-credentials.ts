/**
 * Service-specific credentials, two a user and service: API_CreateServiceSpecificCredential.html,
 * API_ListServiceSpecificCredentials.html (`ServiceName`: "If you don't specify …, all"; `AllUsers`: not together with
 * UserName; paged),
 * API_ResetServiceSpecificCredential.html, API_UpdateServiceSpecificCredential.html,
 * API_DeleteServiceSpecificCredential.html under https://docs.aws.amazon.com/IAM/latest/APIReference/.
 */
import { type Actions, type Call, must } from '../call.ts';
import { IamError, noSuch } from '../iam-error.ts';
import { newId, newSecret } from '../ids.ts';
import { paged } from '../paging.ts';
import { onUser } from '../resources.ts';
import { type ServiceCredential, the, type User } from '../state.ts';
import type { Answer } from '../xml.ts';

const SERVICES = ['codecommit.amazonaws.com', 'cassandra.amazonaws.com', 'bedrock.amazonaws.com'];
const DAY = 86_400_000;

function metadata(user: User, one: ServiceCredential): Record<string, Answer> {
  return {
    UserName: user.name,
    Status: one.status,
    ServiceUserName: one.userName,
    CreateDate: new Date(one.created),
    ExpirationDate: one.expires === undefined ? undefined : new Date(one.expires),
    ServiceSpecificCredentialId: one.id,
    ServiceName: one.service,
  };
}

function withPassword(user: User, one: ServiceCredential): Answer {
  return { ServiceSpecificCredential: { ...metadata(user, one), ServicePassword: one.password } };
}

function service(call: Call): string | undefined {
  const name = call.parameters.optional('ServiceName');
  if (name !== undefined && !SERVICES.includes(name)) {
    throw new IamError('NotSupportedService', `No such service ${name} that supports service-specific credentials.`);
  }
  return name;
}

function ofEverybody(call: Call): boolean {
  const everybody = call.parameters.optional('AllUsers') === 'true';
  const named = call.parameters.optional('UserName') !== undefined;
  must(!everybody || !named, 'ValidationError', 'AllUsers cannot be specified together with UserName');
  return everybody;
}

function credentialOf(call: Call, user: User): ServiceCredential {
  const id = call.parameters.text('ServiceSpecificCredentialId', { min: 20, max: 128, pattern: /^\w+$/ });
  const found = user.serviceCredentials.find((one) => one.id === id);
  if (found === undefined) throw noSuch('Service Specific Credential', id);
  return found;
}

function create(call: Call): Answer {
  const user = call.userToChange(call.parameters.text('UserName'));
  const name = service(call);
  must(name !== undefined, 'ValidationError', 'ServiceName must not be null');
  const days = call.parameters.integer('CredentialAgeDays', 1, 36_600);
  call.quota(
    'ServiceSpecificCredentialsPerUser',
    user.serviceCredentials.filter((one) => one.service === name).length,
    2,
  );
  const [id, password, created] = [newId('ACCA'), newSecret(), call.now];
  const number = user.serviceCredentials.length + 1;
  const make = (): ServiceCredential => ({
    id,
    service: name,
    password,
    created,
    status: 'Active',
    userName: `${user.name}+${number}-at-${call.account.id}`,
    expires: days === undefined ? undefined : created + days * DAY,
  });
  call.change((state) => the(state.users, user.name).serviceCredentials.push(make()));
  return withPassword(user, make());
}

function change(call: Call, user: User, id: string, act: (one: ServiceCredential) => void): void {
  call.change((state) =>
    the(state.users, user.name)
      .serviceCredentials.filter((one) => one.id === id)
      .forEach(act),
  );
}

export const serviceCredentials: Actions = {
  CreateServiceSpecificCredential: { needs: onUser, run: create },
  ListServiceSpecificCredentials: {
    // Which resource everybody's list is authorized on is not documented; AWS's table names users and nothing else.
    needs: (call) => (ofEverybody(call) ? [{ resource: call.arn('user/*') }] : onUser(call)),
    run(call) {
      const name = service(call);
      const users = ofEverybody(call) ? [...call.seen.users.values()] : [call.user()];
      const found = users.flatMap((user) => user.serviceCredentials.map((one) => ({ user, one })));
      const wanted = found.filter(({ one }) => name === undefined || one.service === name);
      const { page, rest } = paged(call, wanted, ({ one }) => one.id);
      return { ServiceSpecificCredentials: page.map(({ user, one }) => metadata(user, one)), ...rest };
    },
  },
  UpdateServiceSpecificCredential: {
    needs: onUser,
    run(call) {
      const user = call.userToChange();
      const { id } = credentialOf(call, user);
      const status = call.parameters.oneOf('Status', ['Active', 'Inactive']);
      must(status !== undefined, 'ValidationError', 'Status must not be null');
      change(call, user, id, (one) => (one.status = status));
      return undefined;
    },
  },
  ResetServiceSpecificCredential: {
    needs: onUser,
    run(call) {
      const user = call.userToChange();
      const one = credentialOf(call, user);
      const password = newSecret();
      change(call, user, one.id, (each) => (each.password = password));
      return withPassword(user, { ...one, password });
    },
  },
  DeleteServiceSpecificCredential: {
    needs: onUser,
    run(call) {
      const user = call.userToChange();
      const { id } = credentialOf(call, user);
      call.change((state) => {
        const list = the(state.users, user.name).serviceCredentials;
        list.splice(
          list.findIndex((one) => one.id === id),
          1,
        );
      });
      return undefined;
    },
  },
};
