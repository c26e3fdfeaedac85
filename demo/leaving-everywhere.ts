/** Scene 11: carol is taken out of servers and AWS by one command; meanwhile what she holds is tried again and again. */
import type { AwsCast } from './admin-logins.ts';
import { equal, type Seen } from './checks.ts';
import { denied } from './logging-in.ts';

export async function offboardCarol(cast: AwsCast): Promise<void> {
  const { narrator, checks, account, alice, carol, login, servers } = cast;
  narrator.chapter('Carol leaves: servers and AWS in one command');
  narrator.says(`One signature again. While the command runs, what carol holds is tried ten times a second: her session at AWS,
    and her key on db-1.`);
  const begun = Date.now();
  const offboarding = alice.types('AWS_PROFILE=apply keyward offboard carol --confirm carol --commit');
  const ended = offboarding.then(() => true, () => true);
  const [aws, server] = await Promise.all([
    refusedAfter(begun, ended, async () => (await account.asks(login.session)) === 'AccessDenied'),
    refusedAfter(begun, ended, async () => denied(await carol.ssh('db-1 true', 'quietly')) === true),
  ]);
  const answer = await offboarding;
  const took = Date.now() - begun;
  await checks.that('keyward says that it is done: exit status 0', () => equal(answer.status, 0));
  await checks.that('one table names all four, with what was ended and what it is worth', () => oneTable(answer.stdout, [...servers.map(({ name }) => name), 'aws-production']));
  narrator.gap();
  narrator.says(`The command took ${seconds(took)}, since ten seconds after the deny AWS is looked at twice: so long it may be that a
    change is not seen yet. She was out long before:`);
  await checks.that(`AWS refused her${after(aws)}`, () => (aws === undefined ? 'it answered her to the end' : true));
  await checks.that(`db-1 refused her key${after(server)}`, () => (server === undefined ? 'it took her key to the end' : true));
  const again = await carol.types('aws iam get-group --group-name audit');
  await checks.that('her session at AWS is denied everything, explicitly', () =>
    again.status === 254 && /\(AccessDenied\)/.test(again.stdout) && /explicit deny/.test(again.stdout) ? true : `status ${again.status}: ${again.stdout}`,
  );
  await checks.that('the console refuses her password and her code', async () => equal((await account.signIn('carol', login.password, { code: login.nextCode() })).said, 'refused'));
  const elsewhere = await Promise.all(servers.map((one) => carol.ssh(`${one.name} id -un`, 'quietly')));
  await checks.that('every server refuses her key', () => first(elsewhere.map(denied)));
  await checks.that('at AWS she has no password and no active key', async () => leftAt(cast));
  narrator.gap();
  narrator.says('Deleting cannot be undone, so it comes later, by a person with the role apply. Until then it is named:');
  const status = await alice.types('keyward status', (said) => /not yet removed/.test(said));
  await checks.that('the status says: denied, not yet removed', () => (/carol.*denied, not yet removed/.test(status.stdout) ? true : status.stdout));
  await alice.push('carol is out');
}

/** Milliseconds until it was refused first, and stayed so; undefined where it never was while the command ran. */
async function refusedAfter(begun: number, ended: Promise<boolean>, isRefused: () => Promise<boolean>): Promise<number | undefined> {
  let over = false;
  void ended.then(() => (over = true));
  let since: number | undefined;
  for (;;) {
    const last = over;
    const asked = Date.now();
    since = (await isRefused()) ? (since ?? Date.now() - begun) : undefined;
    if (last) return since;
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, Math.max(0, asked + 100 - Date.now())))]);
  }
}

function after(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : ` ${seconds(milliseconds)} after the command was typed`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function oneTable(said: string, names: readonly string[]): Seen {
  const missing = names.filter((name) => !new RegExp(`^  ✓ ${name} +out after [\\d.]+ s`, 'm').test(said));
  if (missing.length > 0) return `no row of ${missing.join(', ')}: ${said}`;
  const flat = said.replaceAll(/\s+/g, ' ');
  return flat.includes('login refused') && flat.includes('1 password ended; it says so, unsigned') && flat.includes('Out of reach at aws-production') ? true : `it does not say what it is worth: ${said}`;
}

function first(all: readonly Seen[]): Seen {
  return all.find((seen) => seen !== true) ?? true;
}

async function leftAt({ account: { world } }: AwsCast): Promise<Seen> {
  const password = await world.admin.getLoginProfile({ UserName: 'carol' }).then(() => 'a password', (error: unknown) => (error instanceof Error && error.name === 'NoSuchEntityException' ? '' : String(error)));
  const { AccessKeyMetadata = [] } = await world.admin.listAccessKeys({ UserName: 'carol' });
  const active = AccessKeyMetadata.filter((one) => one.Status !== 'Inactive').length;
  return AccessKeyMetadata.length === 1 ? equal(`${password}${active} active`, '0 active') : `${AccessKeyMetadata.length} keys were looked at`;
}
