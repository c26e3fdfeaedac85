/** Enrolling over one's own access: what is found, what is refused, and that nothing is left when the courier gets not in. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOf, joinSigned, splitSigned } from '../../src/core/texts/index.ts';
import { knownHostKeys } from '../../src/targets/servers/known-hosts.ts';
import { rootScript } from '../../src/targets/servers/root-script.ts';
import { serversTarget } from '../../src/targets/servers/index.ts';
import type { ConnectionKey, Outcome } from '../../src/world.ts';
import { makeKey, needs, startFleet } from '../fleet/index.ts';
import type { Fleet } from '../fleet/index.ts';
import { Bench, everything } from '../servers/receiver/bench.ts';
import { enroll, enrolled, enroller, enrollerWith, enrolmentOf, proofBy, rootAccess, temporary } from './enrolled.ts';
import { connectionKey, CRYPTO, GO, Hasty, keyFolder, keyOf, nonce, placeOf } from './place.ts';

/** Files that logging in writes by itself. */
const BY_LOGIN = ['/root/.ssh/*', '/etc/.pwd.lock', '/home/hank', '/home/hank/.sudo_as_admin_successful'];

describe.skipIf(needs() !== undefined)('enrolling a server', () => {
  let fleet: Fleet;
  let bench: Bench;
  let courier: ConnectionKey;

  beforeAll(async () => {
    [fleet, bench] = await Promise.all([startFleet(['web-1', 'web-2', 'web-3']), Bench.make()]);
    courier = await connectionKey(bench.keys.courier.path);
  });
  afterAll(async () => {
    bench?.clean();
    await fleet?.stop();
  });

  const why = (outcome: Outcome<unknown>): string =>
    outcome.kind === 'done' ? 'done' : `${outcome.kind}: ${outcome.why}`;
  const looking = () => ({ nonce: nonce(), about: [], revocations: [], releases: [] });

  test('looking finds who is there and changes nothing, as root and through sudo', async () => {
    const server = fleet.server('web-1');
    await server.addUser('hank', { authorizedKeys: [bench.keys.mallory.publicLine], groups: ['sudo'] });
    const access = await rootAccess(server, bench);
    await server.must(
      'install -d -o hank -m 700 /home/hank/.ssh && cat /root/.ssh/authorized_keys >> /home/hank/.ssh/authorized_keys && chown hank /home/hank/.ssh/authorized_keys',
    );
    const before = await everything(server, BY_LOGIN);
    const found = await enroller.look(access, GO);
    expect(why(found)).toBe('done');
    const lines = found.kind === 'done' ? found.value.lines : [];
    expect(lines.some((line) => /^account hank \d+ open$/.test(line))).toBe(true);
    expect(lines.some((line) => /^looked account [1-9]/.test(line))).toBe(true);

    const hank = { ...access, user: 'hank' };
    expect(why(await enroller.look(hank, GO))).toMatch(
      /^refused: sudo does not let this user be root without a password/,
    );
    await server.write('/etc/sudoers.d/hank', 'hank ALL=(ALL) NOPASSWD: ALL\n', 0o440);
    expect(why(await enroller.look(hank, GO))).toBe('done');
    await server.must('rm /etc/sudoers.d/hank');
    expect(await everything(server, BY_LOGIN)).toBe(before);
    expect(temporary).toHaveLength(3);
    expect(temporary.filter((path) => existsSync(path))).toEqual([]);
  });

  test('looking names the keys that are there already, by fingerprint', async () => {
    const found = await enroller.look(await rootAccess(fleet.server('web-1'), bench), GO);
    expect(found.kind === 'done' ? found.value.lines : why(found)).toContainEqual(
      expect.stringContaining(`way-in key hank ${bench.keys.mallory.fingerprint} unknown`),
    );
  });

  test('an answer that is not spelled as it must be, or is about another server, is no answer', async () => {
    const access = await rootAccess(fleet.server('web-1'), bench);
    const faults: Readonly<Record<string, readonly [from: string, to: string]>> = {
      'a word nobody knows': ['  cat $work/accounts\n', "  echo 'account hank 0 root'\n  cat $work/accounts\n"],
      'a line twice': ['  cat $work/ways\n', '  cat $work/ways $work/ways\n'],
      'nothing looked at': ['  cat $work/ways\n', "  grep -v '^looked' $work/ways\n"],
      'another server': [`'keyward-found v1' "organization $keyward_organization" "target $keyward_target"`, `'keyward-found v1' "organization $keyward_organization" 'target srv_cxc6x67tt9yt1ecphf03k8ff6g'`],
    };
    expect(enroll).toContain('keyward-found v1');
    for (const [fault, [from, to]] of Object.entries(faults)) {
      expect(enroll, fault).toContain(from);
      const outcome = await enrollerWith(enroll.replace(from, () => to)).look(access, GO);
      expect(why(outcome), fault).toMatch(fault === 'another server' ? /^unknown: .* about another server$/ : /^unknown: what it answered cannot be read/);
    }
  });

  test('another host key, no login, nobody there, an address that is an option: each is said, nothing is sent', async () => {
    const server = fleet.server('web-1');
    const access = await rootAccess(server, bench);
    const other = keyOf((await makeKey(bench.folder, 'other-host')).publicLine);
    expect(why(await enroller.look({ ...access, hostKeys: [other] }, GO))).toMatch(/^refused: host key/);
    expect(why(await enroller.look({ ...access, hostKeys: [] }, GO))).toMatch(/^unknown: no host key is known/);
    expect(why(await enroller.look({ ...access, user: 'nobody' }, GO))).toMatch(
      /^refused: nobody is not let in there with the keys that ssh has: --identity names another key/,
    );
    expect(why(await enroller.look({ ...access, port: 1 }, GO))).toMatch(
      /^unknown: ssh could not reach it: .*refused/i,
    );
    expect(why(await enroller.look({ ...access, address: '-oProxyCommand=touch /tmp/x' }, GO))).toBe(
      'unknown: this is no address',
    );
    const stop = new AbortController();
    stop.abort();
    expect(why(await enroller.look(access, stop.signal))).toMatch(/^unknown: it was stopped/);
  });

  test('a courier that does not get in: everything is as it was, byte for byte, and at once', async () => {
    const server = fleet.server('web-2');
    const access = await rootAccess(server, bench);
    const before = await everything(server, BY_LOGIN);
    const stranger = await connectionKey(bench.keys.mallory.path);
    const began = performance.now();
    const outcome = await enroller.enroll(
      access,
      await enrolmentOf(server, bench),
      proofBy(server, bench, stranger),
      GO,
    );
    expect(why(outcome)).toMatch(/^refused: the way back in does not hold: .*not listed.*; the server is as it was$/);
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(await everything(server, BY_LOGIN)).toBe(before);
  });

  test('stopped after the install, and a proof that throws: taken back as well', async () => {
    const server = fleet.server('web-2');
    const access = await rootAccess(server, bench);
    const before = await everything(server, BY_LOGIN);
    const stop = new AbortController();
    const stopping = async () => {
      stop.abort();
      return { kind: 'unknown', why: 'it was stopped' } as const;
    };
    expect(why(await enroller.enroll(access, await enrolmentOf(server, bench), stopping, stop.signal))).toMatch(
      /; the server is as it was$/,
    );
    const throwing = async () => {
      throw new Error('no courier here');
    };
    await expect(enroller.enroll(access, await enrolmentOf(server, bench), throwing, GO)).rejects.toThrow(
      'no courier here',
    );
    expect(await everything(server, BY_LOGIN)).toBe(before);
  });

  test('a release that nobody signed, or that names another receiver: refused, nothing begun', async () => {
    const server = fleet.server('web-2');
    const access = await rootAccess(server, bench);
    const before = await everything(server, BY_LOGIN);
    const enrolment = await enrolmentOf(server, bench);
    const never = async (): Promise<never> => {
      throw new Error('not asked');
    };
    const unsigned = {
      ...enrolment,
      release: splitSigned(await bench.release([], { number: 1 }, ['alice']), 'release'),
    };
    expect(why(await enroller.enroll(access, unsigned, never, GO))).toMatch(/below-threshold/);
    const other = {
      ...enrolment,
      release: splitSigned(await bench.release([], { number: 1, receiver: '0'.repeat(64) }), 'release'),
    };
    expect(why(await enroller.enroll(access, other, never, GO))).toMatch(/^refused: .*receiver-not-in-release/);
    expect(await everything(server, BY_LOGIN)).toBe(before);
  });

  test('enrolled, enrolled again with its own name, looked at only by its own name, and taken out', async () => {
    const server = fleet.server('web-3');
    const access = await rootAccess(server, bench);
    const first = await enrolled(server, bench, courier);
    expect(first.answer.receipt.enrolled.times).toBe(1);
    expect((await enrolled(server, bench, courier)).answer.receipt.enrolled.times).toBe(2);
    const enrolment = await enrolmentOf(server, bench);
    expect(why(await enroller.look(access, GO))).toMatch(/^refused: .*enrolled-elsewhere/);
    expect(why(await enroller.look(access, GO, enrolment))).toBe('done');

    const target = serversTarget(placeOf(server, { id: bench.target(server) }), courier, {
      crypto: CRYPTO,
      pacing: new Hasty(),
    });
    const manifest = bench.manifest(server);
    const release = splitSigned(await bench.release([manifest]), 'release');
    const last = await target.exchange({ ...looking(), releases: [release], manifest }, GO);
    if (last.kind !== 'done') throw new Error(last.why);
    const removal = {
      organization: 'acme',
      targetId: bench.target(server),
      nonce: nonce(),
      receipt: hashOf(joinSigned(last.value.signed), CRYPTO),
      keepAccess: false,
    };
    expect(why(await enroller.remove(access, { ...removal, receipt: '0'.repeat(64) }, GO))).toMatch(
      /receipt-not-stored/,
    );
    const removed = await enroller.remove(access, { ...removal, receipt: hashOf(last.value.signed.text, CRYPTO) }, GO);
    expect(why(removed)).toBe('done');
    expect(await server.exists('/usr/local/sbin/keyward-receive')).toBe(false);
    expect(await target.exchange(looking(), GO)).toMatchObject({ kind: 'refused' });
  });

  test('the printed script is the whole of it: run as root it installs, and cut off anywhere it does nothing', async () => {
    const server = fleet.server('web-2');
    const before = await everything(server, BY_LOGIN);
    const script = await enroller.print(await enrolmentOf(server, bench));
    for (const part of [0.3, 0.9, 0.999]) {
      await server.run(['sh', '-s'], { input: script.slice(0, Math.floor(script.length * part)) });
      expect(await everything(server, BY_LOGIN)).toBe(before);
    }
    await server.must(['sh', '-s'], { input: script });
    await expect.poll(async () => why(await proofBy(server, bench, courier)()), { timeout: 10_000 }).toBe('done');
  });
});

describe('the script for root', () => {
  test('nothing that could end a quote or a part gets in', () => {
    const key = keyOf('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJGe05V2QpGGVKVpxUPcNJ4+Nzs7Dn3Abu9JAtAjX9tJ');
    const programs = { receive: 'r\n', look: 'l\n', enroll: 'e\n' };
    const prologue = {
      phase: 'look',
      organization: 'acme',
      target: 't',
      nonce: 'n',
      hostKeys: [key],
      couriers: [key, key],
      release: { text: 'x\n', signatures: [] },
    } as const;
    expect(rootScript(prologue, programs)).toContain(`keyward_couriers='${key.line}\n${key.line}'\n`);
    expect(() => rootScript({ ...prologue, organization: "a'; id; '" }, programs)).toThrow(/quote/);
    expect(() => rootScript(prologue, { ...programs, look: 'a\nKEYWARD-END\nid\n' })).toThrow(/its end/);
    expect(() => rootScript(prologue, { ...programs, look: 'no end' })).toThrow(/its end/);
    expect(() => rootScript(prologue, { ...programs, look: 'a\u0000\n' })).toThrow(/control/);
  });
});

describe('known host keys', () => {
  test('by name and port, hashed or plain; never a revoked one or an authority', async () => {
    const folder = keyFolder();
    const [one, two, bad, authority] = await Promise.all(
      ['one', 'two', 'bad', 'ca'].map(async (name) =>
        (await makeKey(folder.path, name)).publicLine.split(' ').slice(0, 2).join(' '),
      ),
    );
    const [plain, hashed] = ['plain', 'hashed'].map((name) => join(folder.path, name));
    writeFileSync(
      plain ?? '',
      `web-1.example.com ${one}\n[web-1.example.com]:2222 ${two}\n@revoked * ${bad}\nweb-1.example.com ${bad}\n@cert-authority *.example.com ${authority}\n`,
    );
    writeFileSync(hashed ?? '', `web-1.example.com ${two}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', hashed ?? ''], { stdio: 'ignore' });
    mkdirSync(join(folder.path, 'empty'));
    const files = [plain, hashed, join(folder.path, 'none')];
    const found = await knownHostKeys('web-1.example.com', 22, { files });
    expect(found.map((key) => key.line)).toEqual([one, two]);
    expect((await knownHostKeys('web-1.example.com', 2222, { files })).map((key) => key.line)).toEqual([two]);
    expect(await knownHostKeys('web-9.example.com', 22, { files })).toEqual([]);
    folder.remove();
  });

  test('under the name and in the file that ssh_config gives an address, as ssh itself looks it up', async () => {
    const folder = keyFolder();
    const [one, two] = await Promise.all(['one', 'two'].map(async (name) => (await makeKey(folder.path, name)).publicLine.split(' ').slice(0, 2).join(' ')));
    const [config = '', known = ''] = ['config', 'known'].map((name) => join(folder.path, name));
    writeFileSync(known, `10.0.0.9 ${one}\n[10.0.0.9]:2222 ${two}\nbastion-alias ${two}\nweb-1 ${two}\n`);
    writeFileSync(
      config,
      `Host web-1 web-1.example.com\n  HostName 10.0.0.9\nHost aliased\n  HostName 10.0.0.9\n  HostKeyAlias Bastion-alias\nHost *\n  UserKnownHostsFile ${known}\n  GlobalKnownHostsFile none\n`,
    );
    const lines = async (address: string, port = 22): Promise<string[]> => (await knownHostKeys(address, port, { config })).map((key) => key.line);
    expect(await lines('web-1')).toEqual([one]);
    expect(await lines('web-1.example.com')).toEqual([one]);
    expect(await lines('web-1', 2222)).toEqual([two]);
    expect([await lines('aliased'), await lines('aliased', 2222)]).toEqual([[two], [two]]);
    expect(await lines('web-2')).toEqual([]);
    // With a HostKeyAlias of the command line: that name alone, whatever the port and whatever ssh_config says.
    const asAlias = async (address: string, alias: string): Promise<string[]> => (await knownHostKeys(address, 2222, { config, alias })).map((key) => key.line);
    expect([await asAlias('web-2', 'bastion-alias'), await asAlias('aliased', 'web-1'), await asAlias('web-1', 'nobody')]).toEqual([[two], [two], []]);
    // What is no address is asked of nobody's ssh, and stands nowhere.
    expect(await lines('-oProxyCommand=touch /tmp/x')).toEqual([]);
    // What ssh says of the same: it looks for exactly these names in exactly this file.
    for (const [address, name] of [['web-1', '10.0.0.9'], ['aliased', 'bastion-alias']] as const) {
      const said = execFileSync('ssh', ['-G', '-F', config, address], { encoding: 'utf8' });
      expect([...said.matchAll(/^(?:hostname|hostkeyalias) (\S+)$/gm)].map(([, value = '']) => value.toLowerCase())).toContain(name);
    }
    folder.remove();
  });
});
