/** What happens to an account beside its API: seeding without HTTP, console sign-in, devices one can hold. */
import { randomBytes } from 'node:crypto';
import type { Account } from './call.ts';
import { newId, newSecret } from './ids.ts';
import { Parameters } from './parameters.ts';
import { answer, serviceOf } from './service.ts';
import { key, type MfaDevice, the } from './state.ts';
import { stepOf } from './totp.ts';
import type { Answer } from './xml.ts';

/** Members of a request as the SDK takes them. */
export type Input = string | number | boolean | readonly Input[] | { readonly [member: string]: Input };

/** How the console answers a sign-in
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_admin-change-user.html). */
export type SignIn = 'signed in' | 'must set a new password' | 'refused';

export interface SignInOptions {
  readonly code?: string;
  readonly newPassword?: string;
}

/** Credentials where somebody was let in. */
export interface Login {
  readonly said: SignIn;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string };
}

function flatten(input: Input, at: string, into: Map<string, string>): void {
  if (typeof input !== 'object') into.set(at, String(input));
  else if (Array.isArray(input)) input.forEach((one: Input, index) => flatten(one, `${at}.member.${index + 1}`, into));
  else for (const [name, one] of Object.entries(input)) flatten(one as Input, at === '' ? name : `${at}.${name}`, into);
}

export class Hands {
  readonly #account: Account;

  constructor(account: Account) {
    this.#account = account;
  }

  /** Carries an action out as root, in process: no signature, limit, fault or record, and seen at once. */
  do(action: string, input: { readonly [member: string]: Input } = {}): Answer {
    const fields = new Map<string, string>();
    flatten(input, '', fields);
    const version = '2010-05-08';
    const principal = { kind: 'root', id: this.#account.id, session: undefined } as const;
    this.#account.replica.settle();
    const request = {
      service: serviceOf(version),
      name: action,
      version,
      parameters: new Parameters(fields),
      principal,
      keyId: '',
    };
    const said = answer(this.#account, request);
    this.#account.replica.settle();
    return said;
  }

  /** Signs in to the console with a password and, where the user has devices, a code of one of them. */
  signIn(userName: string, password: string, code?: string): SignIn {
    const { replica, clock, passwordLastUsed } = this.#account;
    const state = replica.seen();
    const user = state.users.get(key(userName));
    const login = user?.login;
    if (user === undefined || login === undefined || login.password !== password) return 'refused';
    const devices = [...state.mfa.values()].filter((device) => device.owner === user.id);
    if (devices.length > 0 && !devices.some((device) => this.#takes(device, code))) return 'refused';
    passwordLastUsed.set(user.id, clock.now());
    const policy = state.passwordPolicy;
    const expired = policy?.maxAge !== undefined && clock.now() > login.changed + policy.maxAge * 86_400_000;
    if (expired && policy.hardExpiry === true) return 'refused';
    return login.resetRequired || expired ? 'must set a new password' : 'signed in';
  }

  /**
   * Signs in, sets the new password where one must be set, and gives the session's own credentials, as `aws login` does
   * (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html). They last for a quarter of an hour.
   */
  login(UserName: string, password: string, { code, newPassword }: SignInOptions = {}): Login {
    const said = this.signIn(UserName, password, code);
    if (said === 'refused' || (said === 'must set a new password' && newPassword === undefined)) return { said };
    if (newPassword !== undefined) this.do('UpdateLoginProfile', { UserName, Password: newPassword, PasswordResetRequired: false });
    const { id } = the(this.#account.replica.latest.users, UserName);
    const [keyId, secret, token] = [newId('ASIA').slice(0, 20), newSecret(), randomBytes(96).toString('base64')];
    const issued = this.#account.clock.now();
    const mfa = code !== undefined;
    const session = { keyId, secret, token, issued, expires: issued + 900_000, name: undefined, mfa, policy: undefined, console: true } as const;
    this.#account.sessions.set(keyId, { principal: { kind: 'user', id, session }, session });
    return { said, credentials: { accessKeyId: keyId, secretAccessKey: secret, sessionToken: token } };
  }

  #takes(device: MfaDevice, code: string | undefined): boolean {
    if (code === undefined || device.seed === undefined) return false;
    const step = stepOf(device.seed, [code], this.#account.clock.now(), device.lastStep);
    if (step !== undefined) this.#account.replica.change((state) => (the(state.mfa, device.serial).lastStep = step));
    return step !== undefined;
  }

  /** Gives a user a device that is not virtual, which only the console can: a key fob's serial number such as
   * `GAHT12345678`, or a passkey's `arn:aws:iam::…:u2f/user/<name>/<id>`. */
  giveDevice(userName: string, serial: string): void {
    const { replica, clock } = this.#account;
    const { id } = the(replica.latest.users, userName);
    const at = clock.now();
    replica.change((state) => {
      state.mfa.set(key(serial), {
        serial,
        name: serial,
        virtual: false,
        seed: undefined,
        created: at,
        tags: new Map(),
        owner: id,
        enabled: at,
        lastStep: 0,
      });
    });
    replica.settle();
  }
}
