/** What each way an exchange can go wrong is called: done, refused or unknown, and why in words. A real sshd answers. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serversTarget } from '../../src/targets/servers/index.ts';
import { Pacing } from '../../src/targets/servers/pacing.ts';
import { algorithmsOf } from '../../src/targets/servers/key-proofs.ts';
import type { Answer, ConnectionKey, Outcome, TargetPlace } from '../../src/world.ts';
import { command, makeKey, needs, startFleet } from '../fleet/index.ts';
import type { Fleet, KeyPair, TestServer } from '../fleet/index.ts';
import { connectionKey, CRYPTO, GO, Hasty, keyFolder, keyOf, nonce, placeOf } from './place.ts';

const HASH = 'a'.repeat(64);

describe.skipIf(needs() !== undefined)('an exchange with a server', () => {
  const folder = keyFolder();
  let fleet: Fleet;
  let server: TestServer;
  let pair: KeyPair;
  let courier: ConnectionKey;
  let place: TargetPlace;

  beforeAll(async () => {
    fleet = await startFleet(['web-1']);
    server = fleet.server('web-1');
    pair = await makeKey(folder.path, 'courier');
    courier = await connectionKey(pair.path);
    place = placeOf(server);
    await server.addUser('keyward-courier', { authorizedKeys: [listed(pair)], shell: '/bin/sh' });
  });
  afterAll(async () => {
    folder.remove();
    await fleet?.stop();
  });
  afterEach(async () => {
    await server.run('rm -f /etc/ssh/sshd_config.d/10-test.conf');
  });

  const listed = (key: KeyPair): string => `restrict,command="cat > /dev/null; . /tmp/answers" ${key.publicLine}`;
  const parcel = (asked = nonce()) => ({ nonce: asked, about: [], revocations: [], releases: [] });
  const ask = (more: Partial<TargetPlace> = {}, asked = nonce(), options = {}, signal = GO): Promise<Outcome<Answer>> =>
    serversTarget({ ...place, ...more }, courier, {
      crypto: CRYPTO,
      pacing: new Hasty(),
      limits: { connect: 1000, handshake: 5000, answer: 3000 },
      ...options,
    }).exchange(parcel(asked), signal);
  /** What the courier's forced command does: a piece of sh. */
  const answers = (script: string): Promise<void> => server.write('/tmp/answers', script, 0o644);
  const receipt = (asked: string, more: Partial<Record<'organization' | 'target', string>> = {}): string =>
    `keyward-receipt v1\norganization ${more.organization ?? 'acme'}\ntarget ${more.target ?? place.id}\nnonce ${asked}\ntime 2026-11-24T20:00:00Z\nenrolled 1 2026-11-01T00:00:00Z\n` +
    `release 1 ${HASH}\nsigner-set 1 ${HASH}\nmanifest -\nreceiver ${HASH}\nin-force ${HASH}\nclock right\nopenssh 9.2p1\nlooked account 3\n`;
  const signedByHost = async (text: string): Promise<string> =>
    text +
    (await server.must(
      'cat > /tmp/r && ssh-keygen -q -Y sign -f /etc/ssh/ssh_host_ed25519_key -n keyward-receipt-v1 /tmp/r && cat /tmp/r.sig && rm /tmp/r.sig',
      { input: text },
    ));
  const saying = async (text: string, exit = 0, stderr = ''): Promise<void> => {
    await server.write('/tmp/answer', text, 0o644);
    await answers(`cat /tmp/answer; printf '%s' '${stderr}' >&2; exit ${exit}`);
  };

  test('a receipt of this server for this question is done, whatever the exit status', async () => {
    const asked = nonce();
    await saying(await signedByHost(receipt(asked)), 5, 'refused: rollback\n');
    expect(await ask({}, asked)).toMatchObject({
      kind: 'done',
      value: { proof: 'signed', receipt: { nonce: asked }, revocations: [], conflicts: [] },
    });
  });

  test.each([
    ['another nonce', 'wrong-nonce', (asked: string) => receipt(nonce() === asked ? '' : HASH)],
    ['another target', 'wrong-target', (asked: string) => receipt(asked, { target: `srv_${'9'.repeat(26)}` })],
    ['another organization', 'wrong-organization', (asked: string) => receipt(asked, { organization: 'emca' })],
  ])('a receipt of %s is refused', async (_what, why, text) => {
    const asked = nonce();
    await saying(await signedByHost(text(asked)));
    expect(await ask({}, asked)).toMatchObject({ kind: 'refused', why: expect.stringContaining(why) });
  });

  test('a receipt signed by another key, changed afterwards, or signed for something else is refused', async () => {
    const asked = nonce();
    const text = receipt(asked);
    const signWith = (key: string, namespace: string): string => {
      writeFileSync(join(folder.path, 'text'), text);
      execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', key, '-n', namespace, join(folder.path, 'text')], {
        stdio: 'ignore',
        input: 'y\n',
      });
      return readFileSync(join(folder.path, 'text.sig'), 'utf8');
    };
    await saying(text + signWith(pair.path, 'keyward-receipt-v1'));
    expect(await ask({}, asked)).toMatchObject({ kind: 'refused', why: expect.stringContaining('wrong-host-key') });
    const good = await signedByHost(text);
    await saying(good.replace('looked account 3', 'looked account 4'));
    expect(await ask({}, asked)).toMatchObject({ kind: 'refused', why: expect.stringContaining('signature-bad') });
    await saying(text);
    expect(await ask({}, asked)).toMatchObject({ kind: 'refused', why: expect.stringContaining('signature-missing') });
  });

  test.each([
    ['garbage', 'echo hello', 'cannot be read'],
    [
      'nothing, and why on standard error',
      'echo "warning: x" >&2; echo "sudo: a password is required" >&2; exit 1',
      'sudo: a password is required',
    ],
    ['nothing at all', 'exit 0', 'exit status 0'],
    ['more than 8 MiB', 'head -c 9000000 /dev/zero', 'larger than'],
    ['too late', 'sleep 60', 'no answer within 3 s'],
  ])('%s is no answer: unknown', async (_what, script, why) => {
    await answers(script);
    expect(await ask()).toMatchObject({ kind: 'unknown', why: expect.stringContaining(why) });
  });

  test("the receiver's refusal of a whole bundle is refused, by its reason", async () => {
    await answers('echo "refused: too-large" >&2; exit 5');
    expect(await ask()).toEqual({ kind: 'refused', why: 'the receiver refused the bundle: too-large' });
  });

  test('cut off while the receiver works is unknown, and says that the bundle was sent', async () => {
    await answers('touch /tmp/working; sleep 5');
    const asked = ask();
    await expect.poll(() => server.exists('/tmp/working')).toBe(true);
    await server.must('kill -9 $(pgrep -f "^sshd: keyward-courier")');
    expect(await asked).toMatchObject({ kind: 'unknown', why: expect.stringMatching(/after the bundle was sent/) });
  });

  test('another host key is refused before a user name is said', async () => {
    const other = keyOf((await makeKey(folder.path, 'other')).publicLine);
    const before = (await server.sshdLog()).length;
    expect(await ask({ hostKeys: [other] })).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('host key'),
    });
    const said = (await server.sshdLog()).slice(before);
    expect(said).not.toContain('keyward-courier');
    // The twin: the same listener with its own key believes and lets in.
    await answers('exit 0');
    await ask();
    await expect
      .poll(async () => (await server.sshdLog()).slice(before + said.length))
      .toContain('Accepted publickey for keyward-courier');
  });

  test('of several host keys the one that is pinned is asked for; a kind that the server has not is refused', async () => {
    await answers('exit 0');
    for (const key of place.hostKeys)
      expect(await ask({ hostKeys: [key] })).toMatchObject({
        kind: 'unknown',
        why: expect.stringContaining('no receipt'),
      });
    const rsa = keyOf((await makeKey(folder.path, 'rsa-host', { type: 'rsa' })).publicLine);
    expect(await ask({ hostKeys: [rsa] })).toMatchObject({ kind: 'refused', why: expect.stringContaining('host key') });
    expect(await ask({ hostKeys: [] })).toMatchObject({
      kind: 'unknown',
      why: expect.stringContaining('no host key is known'),
    });
  });

  test("couriers' keys of every kind, from a file and from the agent", async () => {
    await answers('exit 0');
    const socket = join(folder.path, 'agent');
    const agent = await command(['ssh-agent', '-a', socket]);
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(agent.stdout)?.[1]);
    try {
      const kinds = [
        ['ed25519', []],
        ['rsa', []],
        ['ecdsa', []],
        ['ecdsa', ['-b', '384']],
        ['ecdsa', ['-b', '521']],
      ] as const;
      for (const [i, [type, more]] of kinds.entries()) {
        for (const passphrase of ['', 'correct horse']) {
          const path = join(folder.path, `carry-${i}-${passphrase === '' ? 'plain' : 'locked'}`);
          execFileSync('ssh-keygen', ['-q', '-t', type, ...more, '-N', passphrase, '-C', 'courier', '-f', path]);
          const alone = connectionKey(path)
            .then((key) => key.prove(new Uint8Array(1)))
            .then(
              () => 'proves',
              (error: { next?: string }) => error.next,
            );
          expect(await alone).toBe(passphrase === '' ? 'proves' : `run: ssh-add ${path}`);
          if (passphrase !== '') {
            // The agent is given the key without its passphrase, since nobody can be asked.
            execFileSync('cp', [path, `${path}-open`]);
            execFileSync('ssh-keygen', ['-q', '-p', '-P', passphrase, '-N', '', '-f', `${path}-open`]);
            execFileSync('ssh-add', ['-q', `${path}-open`], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
          }
          const key = await connectionKey(path, socket);
          await server.must('cat >> /home/keyward-courier/.ssh/authorized_keys', {
            input: `${listed({ path, publicLine: key.key.line, fingerprint: '' })}\n`,
          });
          const outcome = await serversTarget(place, key, { crypto: CRYPTO, pacing: new Hasty() }).exchange(
            parcel(),
            GO,
          );
          expect(outcome, `${key.key.type} ${algorithmsOf(key.key).join()}`).toMatchObject({
            kind: 'unknown',
            why: expect.stringContaining('no receipt'),
          });
        }
      }
    } finally {
      process.kill(pid);
    }
  });

  test('a courier that is not listed, or whose account is closed, is refused, and counts as a failing connection', async () => {
    const stranger = await connectionKey((await makeKey(folder.path, 'stranger')).path);
    class Counting extends Pacing {
      failures = 0;
      override failed(address: string): void {
        this.failures += 1;
        super.failed(address);
      }
    }
    const pacing = new Counting();
    const outcome = await serversTarget(place, stranger, { crypto: CRYPTO, pacing }).exchange(parcel(), GO);
    expect(outcome).toMatchObject({ kind: 'refused', why: expect.stringContaining('not listed') });
    await server.must('usermod -e 1 keyward-courier');
    const closed = await ask({}, nonce(), { pacing });
    await server.must("usermod -e '' keyward-courier");
    expect(closed).toMatchObject({
      kind: expect.stringMatching(/refused|unknown/),
      why: expect.stringMatching(/account is not open|closed the connection/),
    });
    expect(pacing.failures).toBe(2);
    expect(await serversTarget(place, undefined, { crypto: CRYPTO }).exchange(parcel(), GO)).toMatchObject({
      kind: 'unknown',
      why: expect.stringContaining('no courier'),
    });
  });

  test('no common way of key exchange, nothing listening, no such name, silence, another protocol: unknown, in words', async () => {
    await server.write('/etc/ssh/sshd_config.d/10-test.conf', 'KexAlgorithms sntrup761x25519-sha512@openssh.com\n');
    await server.reloadSshd();
    expect(await ask()).toMatchObject({ kind: 'unknown', why: expect.stringContaining('no common key exchange') });
    await server.must('rm /etc/ssh/sshd_config.d/10-test.conf');
    await server.reloadSshd();
    expect(await ask({ port: 1 })).toEqual({ kind: 'unknown', why: `nothing listens on ${server.address} port 1` });
    expect(await ask({ address: 'no-such-name.invalid' })).toMatchObject({
      kind: 'unknown',
      why: expect.stringMatching(/name/),
    });
    for (const [first, why] of [
      ['', 'within 1 s'],
      ['SSH-1.5-old\r\n', 'does not speak SSH'],
      ['close', 'closed the connection'],
    ] as const) {
      const sockets = new Set<Socket>();
      const listener = createServer((socket) => {
        sockets.add(socket.on('error', () => undefined));
        if (first === 'close') socket.destroy();
        else socket.write(first);
      });
      await new Promise<void>((resolve) => listener.listen(0, server.address, resolve));
      const { port } = listener.address() as { port: number };
      const outcome = await ask({ port }, nonce(), { limits: { connect: 1000, handshake: 1000, answer: 1000 } });
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
      expect(outcome, first).toMatchObject({ kind: 'unknown', why: expect.stringContaining(why) });
    }
  });

  test("by a command of one's own the receipt proves the same; the command may fail, hang or be missing", async () => {
    const asked = nonce();
    writeFileSync(join(folder.path, 'answer'), await signedByHost(receipt(asked)));
    const via = ['sh', '-c', `cat > ${folder.path}/sent; cat ${folder.path}/answer`];
    expect(await ask({ via }, asked)).toMatchObject({ kind: 'done' });
    expect(readFileSync(join(folder.path, 'sent'), 'utf8')).toBe(`keyward-request v1\nnonce ${asked}\n`);
    expect(await ask({ via })).toMatchObject({ kind: 'refused', why: expect.stringContaining('wrong-nonce') });
    expect(await ask({ via: ['false'] })).toMatchObject({ kind: 'unknown' });
    expect(await ask({ via: ['/no/such/program'] })).toMatchObject({
      kind: 'unknown',
      why: expect.stringContaining('could not be started'),
    });
    for (const [reason, why] of [[undefined, 'stopped'], ['timeout', '(--timeout)']] as const) {
      const stop = new AbortController();
      setTimeout(() => stop.abort(reason), 200);
      const began = performance.now();
      expect(await ask({ via: ['sleep', '60'] }, nonce(), {}, stop.signal)).toMatchObject({ kind: 'unknown', why: expect.stringContaining(why) });
      expect(performance.now() - began).toBeLessThan(1500);
    }
    const offers = await serversTarget({ ...place, via }, courier, { crypto: CRYPTO }).offer(
      [{ account: 'root', key: keyOf(pair.publicLine) }],
      GO,
    );
    expect(offers).toMatchObject([{ kind: 'unknown', why: expect.stringContaining('via') }]);
  });
});
