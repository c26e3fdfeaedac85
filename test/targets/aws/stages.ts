/**
 * What keyward does to one admin login, as stages that can be set up again and again: giving, giving back, denying,
 * removing, looking. Each says how the account stands before, what is carried, and when it is right. Belongs here: states
 * of the account. Not: what goes wrong on the way (faults.test.ts, killed.test.ts).
 */
import { afterAll, beforeAll } from 'vitest';
import type { Answer, Note, Outcome, Parcel, Step } from '../../../src/world.ts';
import type { User } from '../../iam/index.ts';
import { sshLine } from '../../iam/conformance/world.ts';
import { certificate } from '../../iam/conformance/certificate.ts';
import { GO } from '../place.ts';
import { endAccount, looking, makeAccount, PATH, placeThere, releasing, revoking, TARGET, targetThere } from './account.ts';
import type { AwsBench, TargetOptions } from './account.ts';

export const DENY = 'arn:aws:iam::aws:policy/AWSDenyAll';
const READ = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const PASSWORD = 'Marked-Secret-7-Battery';
const END = '2030-01-31T18:00:00Z';
const PERSON = { name: 'erin' as const, rights: ['group billing', `managed-policy ${READ}`, 'console yes', 'mfa required'], end: END };

export interface Stage {
  readonly name: string;
  /** Makes the account as it is before. */
  readonly set: () => void;
  readonly parcel: () => Parcel;
  readonly right: (outcome: Outcome<Answer>) => boolean;
  readonly place?: TargetOptions['place'];
}

export function userIn({ iam }: AwsBench, name: string): User | undefined {
  return iam.account.replica.latest.users.get(name);
}

/** What lets in as this user, or would if it were made active. */
export function openAt(user: User | undefined): readonly string[] {
  if (user === undefined) return [];
  const lists = { key: user.accessKeys, certificate: user.certificates, ssh: user.sshKeys, service: user.serviceCredentials };
  const active = Object.entries(lists).flatMap(([kind, all]) => all.filter((one) => one.status === 'Active').map(() => kind));
  return [...active, ...(user.login === undefined ? [] : ['password'])];
}

export function isDenied(user: User | undefined): boolean {
  return user?.attached.has(DENY) === true || user?.boundary === DENY;
}

/** For the tests of one file or `describe`: an account with its stages, from before the first of them until after the last. */
export function staged(take: (made: { readonly account: AwsBench; readonly stages: Stages }) => void): void {
  let account: AwsBench | undefined;
  beforeAll(async () => {
    account = await makeAccount();
    take({ account, stages: await Stages.of(account) });
  });
  afterAll(() => endAccount(account));
}

export class Stages {
  /** Everything that must stand nowhere but where it belongs. */
  readonly secrets = new Set<string>([PASSWORD]);
  /** Whatever keyward said: answers, errors, steps. */
  readonly said: string[] = [];
  readonly all: readonly Stage[];
  readonly #account: AwsBench;

  constructor(account: AwsBench, all: readonly Stage[]) {
    this.#account = account;
    this.all = all;
    this.secrets.add(account.iam.root.secretAccessKey);
  }

  static async of(account: AwsBench): Promise<Stages> {
    const { iam, settings } = account;
    const gives = await releasing(account, [PERSON]);
    const trust = { ...placeThere(account).trust, firstRelease: placeThere(account).trust?.firstRelease ?? '', releases: [account.first, ...gives.releases], manifest: gives.manifest };
    const revocation = await revoking(account, 'erin');
    const takes = await releasing(account, [], { revoked: ['erin'], counted: [revocation.hash] });
    const erin = (): User | undefined => userIn(account, 'erin');
    const hands = new Hand(account);
    const again = (parcel: Parcel) => () => ({ ...parcel, nonce: looking().nonce });
    const isGiven = (): boolean => {
      const user = erin();
      const attached = [READ, `arn:aws:iam::${iam.accountId}:policy${PATH}mfa-required`, `arn:aws:iam::${iam.accountId}:policy${PATH}until-20300131T180000Z`];
      return user !== undefined && attached.every((arn) => user.attached.has(arn)) && user.attached.size === 3 && user.groups.size === 1 && user.boundary === settings['boundary'] && user.login !== undefined;
    };
    const stages: Stage[] = [
      { name: 'giving', set: () => hands.none(), parcel: again(gives), right: isGiven },
      { name: 'giving back', set: () => (hands.none(), hands.made(), hands.given(), hands.denied()), parcel: again(gives), right: () => isGiven() && !isDenied(erin()) },
      { name: 'denying', set: () => (hands.none(), hands.made(), hands.open()), parcel: again(revocation), right: () => isDenied(erin()) && openAt(erin()).length === 0 },
      {
        name: 'removing',
        set: () => (hands.none(), hands.made(), hands.denied(), hands.closed()),
        parcel: again(takes),
        right: () => erin() === undefined && ![...iam.account.replica.latest.mfa.keys()].some((serial) => serial.includes('erin')),
        place: { settings: { ...settings, 'hold-days': '0' } },
      },
      {
        name: 'looking',
        set: () => (hands.none(), hands.made(), hands.given(), hands.open()),
        parcel: () => looking(),
        right: (outcome) => outcome.kind === 'done' && ['access-key', 'service-credential'].every((what) => outcome.value.receipt.differs.some((one) => one.what === what)),
        place: { trust },
      },
    ];
    const made = new Stages(account, stages);
    hands.secrets = made.secrets;
    return made;
  }

  /** One exchange, in this process; `steps` gets what the journal would. */
  async run(stage: Stage, client: TargetOptions['client'] = {}, steps: Step[] = []): Promise<Outcome<Answer>> {
    const note: Note = async (step) => void steps.push(step);
    const handOver = async (_: string, __: string, password: string): Promise<void> => void this.secrets.add(password);
    const target = targetThere(this.#account, {
      handOver,
      client: { settle: 10_000, requestHandler: this.#account.iam.inProcess(), ...client },
      ...(stage.place === undefined ? {} : { place: stage.place }),
    });
    const outcome = await target.exchange(stage.parcel(), GO, async () => true, note).catch((error: unknown) => {
      this.said.push(String(error instanceof Error ? error.stack : error));
      throw error;
    });
    this.said.push(JSON.stringify([outcome, steps]));
    return outcome;
  }

  /** Secrets that were said. Looked for in everything since the beginning. */
  leaks(): readonly string[] {
    const all = this.said.join('\n');
    return [...this.secrets].filter((secret) => all.includes(secret));
  }
}

/** Erin's login, made and filled by hand. */
class Hand {
  secrets = new Set<string>();
  readonly #account: AwsBench;
  // Made once: a key takes a while.
  readonly #ssh = sshLine();
  readonly #certificate = certificate();

  constructor(account: AwsBench) {
    this.#account = account;
  }

  #do(action: string, input: Parameters<AwsBench['iam']['hands']['do']>[1] = {}): void {
    const answer = JSON.stringify(this.#account.iam.hands.do(action, { UserName: 'erin', ...input })) ?? '';
    for (const [, secret] of answer.matchAll(/"(?:SecretAccessKey|ServicePassword)":"([^"]+)"/g)) if (secret !== undefined) this.secrets.add(secret);
  }

  /** As if she had never been there. */
  none(): void {
    const { account } = this.#account.iam;
    account.report = undefined;
    account.replica.change((state) => {
      for (const name of [...state.users.keys()]) if (name === 'erin') state.users.delete(name);
      for (const key of [...state.keys.keys()]) state.keys.delete(key);
      for (const serial of [...state.mfa.keys()]) state.mfa.delete(serial);
      for (const arn of [...state.policies.keys()]) if (arn.includes('until-')) state.policies.delete(arn);
      for (const role of state.roles.values()) role.tags.clear();
    });
  }

  made(): void {
    const Tags = [
      { Key: 'keyward:id', Value: this.#account.bench.ids.erin },
      { Key: 'keyward:target', Value: TARGET },
    ];
    this.#do('CreateUser', { Path: PATH, PermissionsBoundary: this.#account.settings['boundary'] ?? '', Tags });
  }

  given(): void {
    this.#do('AddUserToGroup', { GroupName: 'billing' });
    this.#do('AttachUserPolicy', { PolicyArn: READ });
  }

  open(): void {
    this.#do('CreateLoginProfile', { Password: PASSWORD });
    this.#do('CreateAccessKey');
    this.#do('CreateServiceSpecificCredential', { ServiceName: 'codecommit.amazonaws.com' });
    this.#do('UploadSSHPublicKey', { SSHPublicKeyBody: this.#ssh });
    this.#do('UploadSigningCertificate', { CertificateBody: this.#certificate });
  }

  denied(): void {
    this.#do('AttachUserPolicy', { PolicyArn: DENY });
    this.#do('TagUser', { Tags: [{ Key: 'keyward:out', Value: `2026-11-01T00:00:00Z ${userIn(this.#account, 'erin')?.id}` }] });
  }

  /** One of each kind, nothing of it active. */
  closed(): void {
    this.open();
    this.#do('DeleteLoginProfile');
    for (const { id } of userIn(this.#account, 'erin')?.accessKeys ?? []) this.#do('UpdateAccessKey', { AccessKeyId: id, Status: 'Inactive' });
    for (const { id } of userIn(this.#account, 'erin')?.serviceCredentials ?? []) this.#do('UpdateServiceSpecificCredential', { ServiceSpecificCredentialId: id, Status: 'Inactive' });
    for (const { id } of userIn(this.#account, 'erin')?.sshKeys ?? []) this.#do('UpdateSSHPublicKey', { SSHPublicKeyId: id, Status: 'Inactive' });
    for (const { id } of userIn(this.#account, 'erin')?.certificates ?? []) this.#do('UpdateSigningCertificate', { CertificateId: id, Status: 'Inactive' });
    this.#do('AddUserToGroup', { GroupName: 'billing' });
    this.#do('PutUserPolicy', { PolicyName: 'own', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }) });
    this.#account.iam.hands.giveDevice('erin', `arn:aws:iam::${this.#account.iam.accountId}:u2f/user/erin/key`);
    this.#do('CreateVirtualMFADevice', { VirtualMFADeviceName: 'erin' });
  }
}
