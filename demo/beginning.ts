/** Scenes 1 and 2: the servers of the day before, and an organization in which nobody decides alone. */
import { join } from 'node:path';
import { Admin } from './admin.ts';
import type { Cast } from './cast.ts';
import { equal, type Checks } from './checks.ts';
import type { Narrator } from './narrator.ts';
import { Person, writeSshSettings } from './person.ts';
import type { Stage } from './stage.ts';

export async function startServers(stage: Stage, narrator: Narrator, checks: Checks): Promise<Cast> {
  narrator.chapter('Three servers');
  narrator.says(`Real OpenSSH servers start on addresses of this machine, each with its own /etc, /home and processes. On
    each there is an account "deploy" that runs things, and root lets one key in: the admin's, as on any fresh server.`);
  narrator.gap();
  const servers = await stage.servers(['web-1', 'web-2', 'db-1']);
  const [web1, web2, db1] = servers;
  if (web1 === undefined || web2 === undefined || db1 === undefined) throw new Error('not all servers started');
  const alice = await createShared(stage, narrator);
  const dana = await Admin.begin(stage, narrator, 'dana');
  const [bob, carol, shop] = await Promise.all(
    (['bob', 'carol', 'shop-deploy'] as const).map((name) => Person.begin(stage, narrator, name, servers)),
  );
  if (bob === undefined || carol === undefined || shop === undefined) throw new Error('not everybody is here');
  await alice.device.must(`ssh-keygen -q -t ed25519 -N '' -C alice-root -f ../root-key`);
  const rootKey = (await alice.device.must('cat ../root-key.pub')).trim();
  for (const server of servers) {
    await server.addUser('deploy');
    await server.addRootKey(rootKey);
    await server.write('/usr/local/bin/deploy-shop', '#!/bin/sh\necho "the shop is deployed, by $(id -un)"\n', 0o755);
    alice.device.write(`${server.name}.pub`, server.hostKeys.map((line) => `${line}\n`).join(''));
  }
  // A name that a tunnel can go to.
  await web2.must(`echo '${db1.address} db-1' >> /etc/hosts`);
  for (const { device } of [alice, dana]) writeSshSettings(device, 'keyward-courier', servers, 'courier');
  for (const { name, address } of servers) {
    await checks.that(`${name} is up at ${address}, and lets alice in as root`, async () =>
      equal((await alice.device.must(`ssh -l root -i ../root-key ${name} hostname`)).trim(), name),
    );
  }
  return { stage, narrator, checks, servers, web1, web2, db1, alice, dana, bob, carol, shop };
}

/** The repository that all admins share; alice's device is the first with a clone. */
async function createShared(stage: Stage, narrator: Narrator): Promise<Admin> {
  await stage.device('shared').must(`git init -q --bare -b main ${join(stage.folder, 'acme-access.git')}`);
  return Admin.begin(stage, narrator, 'alice');
}

const notSettings = (line: string): boolean => !/^ {2}Settings|settings\.json$/.test(line);
const FIRST = /Release 1|fingerprint|[0-9a-f]{64}|Waits|signatures|exit/;

export async function beginOrganization(cast: Cast): Promise<void> {
  const { narrator, checks, alice, dana } = cast;
  narrator.chapter('An organization in which nobody decides alone');
  narrator.says(`The policy is a folder under version control. Alice begins it and lets dana in; from then on two people
    must sign whatever gives access.`);
  await alice.types(
    'keyward init --organization acme --me alice --signing-key ../sign --courier-key ../courier',
    notSettings,
  );
  await alice.types('keyward onboard dana');
  await alice.push('Begin');
  await dana.pull();
  const joined = await dana.types('keyward init --me dana --signing-key ../sign --courier-key ../courier', notSettings);
  await dana.push('dana joins');
  await checks.that('dana is part of it, on a device of her own', () => equal(joined.status, 0));
  await alice.pull();
  narrator.gap();
  narrator.says('Alice writes "threshold: 2" into access-policy.yaml, and a team.');
  alice.edits([
    [/threshold: 1.*/, 'threshold: 2'],
    ['teams: []', 'teams: [platform]'],
  ]);
  narrator.gap();
  narrator.says('Release 1 says who may sign. Alice signs it, then dana; each compiles it on her own device first.');
  const first = await alice.types('keyward approve --confirm release-1', (line) => FIRST.test(line));
  await alice.push('Sign release 1');
  await checks.that('with one signature release 1 still waits: exit status 6', () => equal(first.status, 6));
  await dana.pull();
  const second = await dana.types('keyward approve --confirm release-1', (line) => FIRST.test(line));
  await dana.push('Sign release 1');
  await alice.pull();
  await checks.that('with two it is complete', () => equal(second.status, 0));
  await checks.that('both devices show the same fingerprint of release 1', () => {
    const [one, other] = [first, second].map(({ stdout }) => /[0-9a-f]{64}/.exec(stdout)?.[0]);
    return one !== undefined && one === other ? true : `${one} and ${other}`;
  });
}
