/**
 * Passwords: API_CreateLoginProfile.html, API_UpdateLoginProfile.html, API_GetLoginProfile.html,
 * API_DeleteLoginProfile.html, API_ChangePassword.html, API_UpdateAccountPasswordPolicy.html (its defaults too) under
 * https://docs.aws.amazon.com/IAM/latest/APIReference/, and the User Guide's id_credentials_passwords_account-policy.html.
 *
 * EntityTemporarilyUnmodifiable: "referenced an entity that is temporarily unmodifiable, such as a user name that was
 * deleted and then recreated"; here: a password that was made within the lag.
 */
import { type Actions, type Call, must } from '../call.ts';
import { IamError, noSuch } from '../iam-error.ts';
import { holderOf } from '../principal.ts';
import { anything, onUser } from '../resources.ts';
import { type LoginProfile, type PasswordPolicy, type State, the, type User } from '../state.ts';
import type { Answer } from '../xml.ts';

/** What holds while an account has no policy of its own: "8 characters …, three of uppercase, lowercase, numbers,
 * symbols …, not be identical to your AWS account name" (id_credentials_passwords_account-policy.html). */
function defaultComplaint(password: string): string | undefined {
  const kinds = [/[A-Z]/, /[a-z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(password)).length;
  if (password.length < 8) return 'Password should have a minimum length of 8';
  return kinds < 3 ? 'Password should have at least three of uppercase, lowercase, number, symbol' : undefined;
}

function complaint(
  policy: PasswordPolicy | undefined,
  password: string,
  earlier: readonly string[],
): string | undefined {
  if (policy === undefined) return defaultComplaint(password);
  if (password.length < policy.minimumLength) return `Password should have a minimum length of ${policy.minimumLength}`;
  if (policy.symbols && !/[!@#$%^&*()_+\-=[\]{}|']/.test(password)) return 'Password should have at least one symbol';
  if (policy.numbers && !/\d/.test(password)) return 'Password should have at least one number';
  if (policy.uppercase && !/[A-Z]/.test(password)) return 'Password should have at least one uppercase letter';
  if (policy.lowercase && !/[a-z]/.test(password)) return 'Password should have at least one lowercase letter';
  return earlier.slice(0, policy.reuse ?? 0).includes(password) ? 'Password was used before' : undefined;
}

function checkPassword(state: State, password: string, earlier: readonly string[]): void {
  const said = complaint(state.passwordPolicy, password, earlier);
  if (said !== undefined) throw new IamError('PasswordPolicyViolation', said);
}

const PASSWORD = { min: 1, max: 128 };

function loginOf(user: User): LoginProfile {
  if (user.login === undefined) throw noSuch('Login Profile for User', user.name);
  return user.login;
}

function checkModifiable(call: Call, user: User): void {
  const age = call.now - (user.login?.created ?? 0);
  const message = `Login Profile for User ${user.name} cannot be modified while login profile is being created.`;
  must(age >= call.account.replica.lag, 'EntityTemporarilyUnmodifiable', message);
}

function loginAnswer(user: User): Answer {
  const login = loginOf(user);
  const created = new Date(login.created);
  return { LoginProfile: { UserName: user.name, CreateDate: created, PasswordResetRequired: login.resetRequired } };
}

function createLogin(call: Call): Answer {
  const user = call.userToChange();
  must(user.login === undefined, 'EntityAlreadyExists', `Login Profile for user ${user.name} already exists.`);
  const password = call.parameters.text('Password', PASSWORD);
  checkPassword(call.latest, password, []);
  const [created, resetRequired] = [call.now, call.parameters.boolean('PasswordResetRequired') ?? false];
  call.change((state) => {
    the(state.users, user.name).login = { password, earlier: [], created, changed: created, resetRequired };
  });
  return loginAnswer(the(call.latest.users, user.name));
}

function setPassword(login: LoginProfile, password: string, at: number, resetRequired: boolean): void {
  login.earlier.unshift(login.password);
  login.password = password;
  login.changed = at;
  login.resetRequired = resetRequired;
}

function updateLogin(call: Call): Answer {
  const user = call.userToChange(call.parameters.text('UserName'));
  const login = loginOf(user);
  checkModifiable(call, user);
  const password = call.parameters.optional('Password', PASSWORD);
  const resetRequired = call.parameters.boolean('PasswordResetRequired');
  if (password !== undefined) checkPassword(call.latest, password, [login.password, ...login.earlier]);
  const at = call.now;
  call.change((state) => {
    const one = loginOf(the(state.users, user.name));
    if (password !== undefined) setPassword(one, password, at, resetRequired ?? one.resetRequired);
    else if (resetRequired !== undefined) one.resetRequired = resetRequired;
  });
  return undefined;
}

function changePassword(call: Call): Answer {
  const own = call.principal.kind === 'user' ? holderOf(call.latest, call.principal) : undefined;
  must(own !== undefined, 'InvalidUserType', 'Only IAM Users can change their own password');
  const user = the(call.latest.users, own.name);
  const login = loginOf(user);
  checkModifiable(call, user);
  must(
    login.password === call.parameters.text('OldPassword', PASSWORD),
    'AccessDenied',
    'The old password was incorrect.',
  );
  const password = call.parameters.text('NewPassword', PASSWORD);
  checkPassword(call.latest, password, [login.password, ...login.earlier]);
  const at = call.now;
  call.change((state) => setPassword(loginOf(the(state.users, user.name)), password, at, false));
  return undefined;
}

function updatePolicy(call: Call): Answer {
  const given = call.parameters;
  const policy: PasswordPolicy = {
    minimumLength: given.integer('MinimumPasswordLength', 6, 128) ?? 6,
    symbols: given.boolean('RequireSymbols') ?? false,
    numbers: given.boolean('RequireNumbers') ?? false,
    uppercase: given.boolean('RequireUppercaseCharacters') ?? false,
    lowercase: given.boolean('RequireLowercaseCharacters') ?? false,
    mayChange: given.boolean('AllowUsersToChangePassword') ?? false,
    maxAge: given.integer('MaxPasswordAge', 1, 1095),
    reuse: given.integer('PasswordReusePrevention', 1, 24),
    hardExpiry: given.boolean('HardExpiry'),
  };
  call.change((state) => (state.passwordPolicy = policy));
  return undefined;
}

function getPolicy(call: Call): Answer {
  const policy = call.seen.passwordPolicy;
  if (policy === undefined) {
    throw new IamError('NoSuchEntity', `The Password Policy with domain name ${call.account.id} cannot be found.`);
  }
  return {
    PasswordPolicy: {
      MinimumPasswordLength: policy.minimumLength,
      RequireSymbols: policy.symbols,
      RequireNumbers: policy.numbers,
      RequireUppercaseCharacters: policy.uppercase,
      RequireLowercaseCharacters: policy.lowercase,
      AllowUsersToChangePassword: policy.mayChange,
      ExpirePasswords: policy.maxAge !== undefined,
      MaxPasswordAge: policy.maxAge,
      PasswordReusePrevention: policy.reuse,
      HardExpiry: policy.hardExpiry,
    },
  };
}

export const passwords: Actions = {
  CreateLoginProfile: { needs: onUser, run: createLogin },
  GetLoginProfile: { needs: onUser, run: (call) => loginAnswer(call.user()) },
  UpdateLoginProfile: { needs: onUser, run: updateLogin },
  DeleteLoginProfile: {
    needs: onUser,
    run(call) {
      const user = call.userToChange();
      loginOf(user);
      checkModifiable(call, user);
      call.change((state) => (the(state.users, user.name).login = undefined));
      return undefined;
    },
  },
  ChangePassword: {
    // "Allow users to change their own password": without a policy that says so, an explicit deny still counts.
    needs: (call) =>
      call.principal.kind === 'user'
        ? onUser(call).map((need) => ({ ...need, free: call.seen.passwordPolicy?.mayChange === true }))
        : [],
    run: changePassword,
  },
  UpdateAccountPasswordPolicy: { needs: anything, run: updatePolicy },
  GetAccountPasswordPolicy: { needs: anything, run: getPolicy },
  DeleteAccountPasswordPolicy: {
    needs: anything,
    run(call) {
      getPolicy(call);
      call.change((state) => (state.passwordPolicy = undefined));
      return undefined;
    },
  },
};
