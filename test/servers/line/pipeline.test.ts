/**
 * The pipeline on real servers, from the pages in docs/ci: a clone, a courier's key and the fingerprint of release 1, and
 * nothing else. Then all that this key cannot do, each with its legal twin that works.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, makeKey, needs, openSession, sshArguments } from '../../fleet/index.ts';
import type { Answer, LoginOptions } from '../../fleet/index.ts';
import { parsePublicKey } from '../../../src/core/ssh/public-key.ts';
import {
  bytesOf,
  hashOf,
  NAMESPACES,
  release as releaseText,
  revocation as revocationText,
  writeBundle,
} from '../../../src/core/texts/index.ts';
import type { SignedText } from '../../../src/core/texts/index.ts';
import { crypto } from '../../core/texts/signing.ts';
import { Company } from './company.ts';
import { stored } from './forging.ts';
import { githubWorkflow, gitlabJobs, Runner } from './runner.ts';

const { text: page, workflow } = githubWorkflow();
const COURIER = 'keyward-courier';

describe.skipIf(needs() !== undefined)(`a pipeline${needs() === undefined ? '' : ` (${needs()})`}`, () => {
  let company: Company;
  let given: Record<string, string>;

  const git = (...words: string[]): string =>
    execFileSync('git', ['-C', company.repo, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], {
      encoding: 'utf8',
    });
  const commit = (message: string): void => {
    git('add', '--all');
    git('commit', '--quiet', '--message', message);
  };
  const runner = (branch: string, more: Record<string, string> = {}): Promise<Runner> =>
    Runner.of(company.repo, branch, { ...given, ...more }, company.folder);
  /** What the main and the nightly job are given besides. */
  const carrying = async (branch = 'main'): Promise<Runner> => {
    const made = await runner(branch, { COURIER: readFileSync(company.key('pipeline').path, 'utf8').trimEnd() });
    Object.assign(made.env, {
      KEYWARD_COURIER_KEY: join(made.folder, 'courier'),
      XDG_STATE_HOME: join(made.folder, 'state'),
    });
    return made;
  };
  const job = (name: string) => workflow.jobs[name] ?? { steps: [], permissions: {} };

  beforeAll(async () => {
    company = await Company.found({
      servers: ['web-1', 'db-2'],
      signers: ['alice', 'dora'],
      threshold: 2,
      employees: ['bob', 'carl'],
    });
    company.keys.set('pipeline', await makeKey(join(company.folder, 'keys'), 'pipeline'));
    copyFileSync(`${company.key('pipeline').path}.pub`, join(company.repo, 'couriers/pipeline.pub'));
    const db = company.server('db-2');
    company.rules(
      '{ name: bob, to: { employees: [bob] }, servers: { names: [web-1] }, allow: [pty, agent-forwarding], sudo: [{ run-as: root, commands: [/usr/bin/id] }] }',
      `{ name: tunnel, to: { employees: [dora] }, servers: { names: [web-1] }, allow: [{ forward-to: ["${db.address}:${db.port}"] }] }`,
    );
    await company.apply();
    git('init', '--quiet', '--initial-branch', 'main');
    commit('as it is');
    const { firstRelease } = await company.json<{ firstRelease: { hash: string } }>('alice', 'status');
    given = { KEYWARD_FIRST_RELEASE: firstRelease.hash };
  }, 180_000);
  afterAll(async () => company?.end());

  it('holds no secret where a pull request runs, and asks for no more rights than it uses', () => {
    expect(workflow.permissions).toEqual({});
    expect(
      Object.fromEntries(Object.entries(workflow.jobs).map(([name, { permissions }]) => [name, permissions])),
    ).toEqual({
      plan: { contents: 'read' },
      comment: { 'pull-requests': 'write' },
      deliver: { contents: 'read' },
      drift: { contents: 'read' },
    });
    for (const name of ['plan', 'comment']) expect(JSON.stringify(job(name))).not.toMatch(/secrets\.|COURIER/);
    expect(JSON.stringify(job('comment'))).not.toContain('checkout');
    const uses = [...page.matchAll(/uses: (\S+)/g)].map(([, action = '']) => action);
    expect(uses.length).toBeGreaterThanOrEqual(5);
    expect(uses.filter((action) => !/^actions\/[a-z-]+@[0-9a-f]{40}$/.test(action))).toEqual([]);
    // What somebody writes in a pull request reaches a shell only through a variable.
    const scripts = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    expect(scripts.filter((script) => script.includes('${{'))).toEqual([]);
    expect(JSON.stringify(gitlabJobs()['plan'])).not.toContain('COURIER');
  });

  it('on a pull request: check and plan, with a clone and the fingerprint alone', async () => {
    git('checkout', '--quiet', '-b', 'for-carl');
    company.policy((text) => text.replace(/( +- \{ name: bob, to: \{ employees: \[bob)\]/, '$1, carl]'));
    commit('carl as well');
    git('checkout', '--quiet', 'main');
    const pull = await runner('for-carl');
    expect(await pull.step(job('plan'), 'check')).toMatchObject({ status: 0 });
    const plan = await pull.step(job('plan'), 'plan');
    expect(plan).toMatchObject({ status: 0, stderr: expect.stringContaining('to gain') });
    expect(plan.stdout).toMatch(
      /^::notice file=access-policy\.yaml,line=\d+,col=\d+,title=gains::"bob" gives more: carl on web-1/m,
    );
    expect(pull.read('summary.md')).toContain('**`carl`** gains access');
    expect(pull.read('output')).toMatch(/^comment<<([0-9a-f]{32})\n[^]*\n\1\n$/);
    const gitlab = await runner('for-carl');
    for (const script of gitlabJobs()['plan']?.script ?? [])
      expect(await gitlab.sh(script)).toMatchObject({ status: 0 });
    expect(JSON.parse(gitlab.read('work/plan.sarif'))).toMatchObject({ version: '2.1.0' });
  });

  it('on main: waits with 6 for the signatures, then delivers, and leaves receipts and journal as an artifact', async () => {
    git('merge', '--quiet', 'for-carl');
    await company.approve('alice');
    commit('signed by one');
    const early = await carrying();
    await early.step(job('deliver'), 'key');
    expect(await early.step(job('deliver'), 'deliver')).toMatchObject({
      status: 6,
      stderr: expect.stringContaining('waits for 1 more'),
    });
    expect(await company.login('web-1', 'carl')).toMatchObject({ status: 255 });
    await company.approve('dora');
    commit('signed by both');

    const main = await carrying();
    expect(await main.step(job('deliver'), 'key')).toMatchObject({ status: 0 });
    expect(await main.step(job('deliver'), 'deliver')).toMatchObject({ status: 0 });
    expect(await company.login('web-1', 'carl')).toMatchObject({ status: 0 });
    expect(await main.step(job('deliver'), 'keep')).toMatchObject({ status: 0 });
    expect(existsSync(main.env['KEYWARD_COURIER_KEY'] ?? '')).toBe(false);
    const kept = execFileSync('tar', ['-tzf', join(main.work, 'keyward-run.tar.gz')], { encoding: 'utf8' });
    expect(kept).toMatch(/^receipts\/web-1$/m);
    expect(kept).toMatch(/^state\/.*\.jsonl$/m);
    const secret = readFileSync(company.key('pipeline').path, 'utf8').split('\n')[2] ?? '';
    const everything = globSync('**/*', { cwd: main.folder, withFileTypes: true }).filter((file) => file.isFile());
    expect(everything.length).toBeGreaterThan(10);
    expect(everything.filter((file) => readFileSync(join(file.parentPath, file.name)).includes(secret))).toEqual([]);
  });

  it('at night: clean, then 2 for a key that was planted, and 4 for a server that is gone', async () => {
    const night = await carrying();
    await night.step(job('drift'), 'key');
    const clean = await night.step(job('drift'), 'drift');
    expect(`${clean.status} ${clean.stderr} ${night.read('summary.md')}`).toMatch(/^0 /);
    expect(night.read('summary.md')).toContain('2 of 2 targets as signed');
    await company
      .server('web-1')
      .run(`cat >> /root/.ssh/authorized_keys`, { input: `${company.key('carl').publicLine}\n` });
    expect(await night.step(job('drift'), 'drift')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('web-1 differs'),
    });
    expect(night.read('summary.md')).toContain(company.key('carl').fingerprint);
    await company.server('web-1').must(`sed -i '$d' /root/.ssh/authorized_keys`);
    const gitlab = await carrying();
    Object.assign(gitlab.env, { KEYWARD_COURIER: company.key('pipeline').path });
    for (const script of gitlabJobs()['drift']?.script ?? [])
      expect(await gitlab.sh(script)).toMatchObject({ status: 0 });
    await company.server('db-2').stop();
    expect(await night.step(job('drift'), 'drift')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('db-2 not looked at'),
    });
    await company.server('db-2').start();
  });

  it('refuses another release 1 than the one it was told of', async () => {
    const led = await carrying();
    led.env['KEYWARD_FIRST_RELEASE'] = 'ab'.repeat(32);
    await led.step(job('deliver'), 'key');
    expect(await led.step(job('deliver'), 'deliver')).toMatchObject({ status: 5 });
  });

  it('beside: what an employee is given opens the server with plain ssh, and another host key does not', async () => {
    const files = join(company.folder, 'for-bob');
    mkdirSync(files);
    for (const format of ['ssh-config', 'known_hosts']) {
      const { stdout } = await company.must('alice', 'access', 'bob', '--format', format);
      const name = format === 'ssh-config' ? 'keyward-acme' : 'keyward-acme.known_hosts';
      // Where the files lie is the only thing that is changed: `~` is the home of whoever runs this.
      writeFileSync(join(files, name), stdout.replaceAll('~/.ssh', files));
    }
    const login = (): Promise<Answer> =>
      command([
        'ssh',
        '-F',
        join(files, 'keyward-acme'),
        '-o',
        'BatchMode=yes',
        '-o',
        'IdentityAgent=none',
        '-i',
        company.key('bob').path,
        'web-1',
        'id -un',
      ]);
    expect(await login()).toMatchObject({ status: 0, stdout: 'bob\n' });
    const known = join(files, 'keyward-acme.known_hosts');
    const other = company
      .server('db-2')
      .hostKeys.map((line) => `web-1.acme.keyward ${line}\n`)
      .join('');
    writeFileSync(known, other);
    expect(await login()).toMatchObject({
      status: 255,
      stderr: expect.stringContaining('Host key verification failed'),
    });
  });

  describe('the key it holds', () => {
    const as = (account: string, login: LoginOptions = {}, key = 'pipeline', program = 'ssh'): Promise<Answer> => {
      const { input, env, ...rest } = login;
      const args = sshArguments(company.server('web-1'), account, { keyFile: company.key(key).path, ...rest });
      const named = program === 'ssh' ? args : args.map((arg) => (arg === '-p' ? '-P' : arg));
      const given = { ...(input === undefined ? {} : { input }), ...(env === undefined ? {} : { env }) };
      return command([program, ...named], { timeout: 20_000, ...given });
    };
    const says =
      (words: string) =>
      ({ status, stdout, stderr }: Answer): boolean =>
        status === 0 && `${stdout}${stderr}`.includes(words);
    const works = ({ status }: Answer): boolean => status === 0;

    /** What is tried, whether an answer means that it worked, and who may do it. */
    interface Try {
      readonly what: string;
      readonly login: LoginOptions;
      readonly account?: string;
      readonly worked: (answer: Answer) => boolean;
      readonly twin: string;
      /** How the twin does the same, where it goes another way. */
      readonly twinLogin?: LoginOptions;
      readonly twinProgram?: 'sftp';
    }
    const tries = (): readonly Try[] => {
      const db = company.server('db-2');
      const address = `${db.address}:${db.port}`;
      return [
        { what: 'run a command', login: { command: 'id' }, worked: says('uid='), twin: 'bob' },
        { what: 'a shell', login: { input: 'id\n' }, worked: says('uid='), twin: 'bob' },
        {
          what: 'a command hidden behind what is forced',
          login: { command: 'x; id; $(id) `id`' },
          worked: says('uid='),
          twin: 'bob',
          twinLogin: { command: 'id' },
        },
        { what: 'sudo', login: { command: 'sudo -n /usr/bin/id' }, worked: says('uid=0'), twin: 'bob' },
        { what: 'a terminal', login: { args: ['-tt'], command: 'tty' }, worked: says('/dev/pts/'), twin: 'bob' },
        // The program sftp waits for an answer that never comes: what it says first is sent by hand.
        {
          what: 'sftp',
          login: { args: ['-s'], command: 'sftp', input: Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3]) },
          worked: ({ stdout }) => stdout.startsWith('\0\0\0') || stdout.includes('Remote working directory'),
          twin: 'bob',
          twinLogin: { args: ['-b', '-'], input: 'pwd\n' },
          twinProgram: 'sftp',
        },
        {
          what: 'scp',
          login: { command: 'scp -t /tmp/x', input: 'C0644 1 x\na\0' },
          worked: ({ stdout }) => stdout.startsWith('\0'),
          twin: 'bob',
        },
        { what: 'forward to another server', login: { args: ['-W', address] }, worked: says('SSH-2.0'), twin: 'dora' },
        {
          what: 'listen on the server',
          login: { args: ['-R', '0:127.0.0.1:22'], options: ['ExitOnForwardFailure=yes'], command: 'true' },
          worked: works,
          twin: 'root',
        },
        {
          what: 'X11',
          login: { args: ['-Y'], command: 'echo "display:$DISPLAY"', env: { DISPLAY: '127.0.0.1:9' } },
          worked: says('display:localhost:'),
          twin: 'root',
        },
        { what: "an employee's account", account: 'bob', login: { command: 'true' }, worked: works, twin: 'bob' },
        { what: 'root', account: 'root', login: { command: 'true' }, worked: works, twin: 'root' },
      ];
    };

    it('opens the receiver and nothing else', async () => {
      await company
        .server('web-1')
        .run(
          `printf '#!/bin/sh\\nexit 0\\n' > /usr/local/bin/xauth; chmod 755 /usr/local/bin/xauth; printf 'X11Forwarding yes\\nXAuthLocation /usr/local/bin/xauth\\n' >> /etc/ssh/sshd_config`,
        );
      await company.server('web-1').reloadSshd();
      const rows = await fourAtATime(tries(), async (one) => {
        const pipeline = await as(one.account ?? COURIER, one.login);
        const twin = await as(one.twin, one.twinLogin ?? one.login, one.twin, one.twinProgram);
        return `${one.what}: ${one.worked(pipeline) ? 'WORKED' : 'refused'}; ${one.twin}: ${one.worked(twin) ? 'works' : `FAILED ${twin.status} ${twin.stderr.slice(0, 200)}`}`;
      });
      console.log(`what the pipeline's key cannot do\n${rows.join('\n')}`);
      expect(rows).toHaveLength(12);
      expect(rows.filter((row) => row.includes('WORKED') || row.includes('FAILED'))).toEqual([]);
    }, 60_000);

    it('has no agent there', async () => {
      const socket = join(company.folder, 'agent.sock');
      const agent = openAgent(socket);
      const sockets = async (who: string): Promise<string> =>
        (await company.server('web-1').must(`find /tmp -name 'agent.*' -user ${who} 2>/dev/null || true`)).trim();
      const env = { SSH_AUTH_SOCK: socket };
      const options = ['ForwardAgent=yes', 'IdentityAgent=SSH_AUTH_SOCK'];
      try {
        while (!existsSync(socket)) await sleep(20);
        const bob = await company.login('web-1', 'bob', { options, env, command: 'echo "socket:$SSH_AUTH_SOCK"' });
        expect(bob.stdout).toContain('socket:/');
        const held = openSession(company.server('web-1'), COURIER, {
          keyFile: company.key('pipeline').path,
          options,
          env,
        });
        const isThere = async (): Promise<boolean> =>
          (await company.server('web-1').must('ps -eo user:20,args')).includes('keyward-receive');
        for (let i = 0; i < 100 && !(await isThere()); i += 1) await sleep(50);
        expect(await isThere()).toBe(true);
        expect(await sockets(COURIER)).toBe('');
        await held.end();
      } finally {
        agent.kill();
      }
    });

    it('carries nothing that was not signed for this server, and nothing older', async () => {
      // What must be taken comes last: nothing before it may have spoiled it.
      const all = bundles();
      const carry = async ({ what, refused, bundle }: (typeof all)[number]): Promise<string> => {
        const { status, stderr } = await as(COURIER, { input: bundle });
        const why = /^refused: (\S+)$/m.exec(stderr)?.[1] ?? 'nothing';
        if (refused !== 'nothing') expect(status, what).toBe(5);
        else expect(status, `${what}: ${stderr}`).toBe(0);
        return `${what}: ${status} ${why === refused ? 'as expected' : 'UNEXPECTED'} ${why}`;
      };
      const rows = [...(await fourAtATime(all.slice(0, -1), carry)), ...(await fourAtATime(all.slice(-1), carry))];
      console.log(`what it cannot carry\n${rows.join('\n')}`);
      expect(rows).toHaveLength(10);
      expect(rows.filter((row) => row.includes('UNEXPECTED'))).toEqual([]);
      expect(await company.login('web-1', 'carl', { as: 'pipeline' })).toMatchObject({ status: 255 });
      expect(await company.login('web-1', 'carl')).toMatchObject({ status: 0 });
    });
  });

  function signedBy(file: string, namespace: string, text: string): string {
    return execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', file, '-n', namespace], {
      input: text,
      encoding: 'latin1',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  }

  /** Each with what the receiver says to it; `nothing` for the legal twin of all of them. */
  function bundles(): readonly { readonly what: string; readonly refused: string; readonly bundle: string }[] {
    const last = Math.max(...globSync('releases/*', { cwd: company.repo }).map((path) => Number(path.split('/')[1])));
    const [newest, first] = [stored(company, last), stored(company, 1)];
    const manifests = globSync('releases/*/manifest-*', { cwd: company.repo }).map((path) =>
      readFileSync(join(company.repo, path), 'latin1'),
    );
    const current = manifests.filter((text) => newest.value.manifests.includes(hashOf(text, crypto)));
    const web = current.find((text) => text.includes('carl')) ?? '';
    const db = current.find((text) => text !== web) ?? '';
    const { path, publicLine } = company.key('pipeline');
    const key = parsePublicKey(publicLine);
    const mine = web.replace(
      new RegExp(parsePublicKey(company.key('carl').publicLine).line.replaceAll('+', '\\+')),
      key.line,
    );
    expect(mine).not.toBe(web);
    const next = releaseText.write({
      ...newest.value,
      number: last + 1,
      previous: hashOf(newest.text, crypto),
      manifests: [hashOf(mine, crypto)],
    });
    const alone = releaseText.write({
      ...newest.value,
      number: last + 1,
      previous: hashOf(newest.text, crypto),
      signerSet: newest.value.signerSet + 1,
      threshold: 1,
      signers: [{ id: newest.value.signers[0]?.id ?? ('' as never), key }],
    });
    const out = revocationText.write({
      organization: 'acme',
      signer: newest.value.signers[0]?.id ?? ('' as never),
      time: newest.value.issued,
      id: undefined,
      keys: [parsePublicKey(company.key('bob').publicLine)],
    });
    const own = (text: string): SignedText => ({ text, signatures: [signedBy(path, NAMESPACES.release, text)] });
    const bundle = (
      releases: readonly SignedText[],
      manifest?: string,
      revocations: readonly SignedText[] = [],
    ): string =>
      writeBundle({
        nonce: hashOf(bytesOf(`nonce ${Math.random()}`), crypto),
        about: [],
        revocations,
        releases,
        ...(manifest === undefined ? {} : { manifest }),
      });
    return [
      {
        what: 'a release nobody signed',
        refused: 'signature-missing',
        bundle: bundle([{ text: next, signatures: [] }], mine),
      },
      { what: 'one that it signed itself', refused: 'signature-bad', bundle: bundle([own(next)], mine) },
      {
        what: 'one under the signatures of another',
        refused: 'signature-bad',
        bundle: bundle([{ text: next, signatures: newest.signatures }], mine),
      },
      {
        what: 'one that one of two signed',
        refused: 'below-threshold',
        bundle: bundle(
          [{ text: next, signatures: [signedBy(company.key('alice-sign').path, NAMESPACES.release, next)] }],
          mine,
        ),
      },
      { what: 'a signer set of its own', refused: 'below-old-threshold', bundle: bundle([own(alone)], web) },
      { what: 'a manifest with its key in it', refused: 'manifest-not-in-release', bundle: bundle([newest], mine) },
      { what: 'the manifest of another server', refused: 'wrong-target', bundle: bundle([newest], db) },
      { what: 'an older release', refused: 'rollback', bundle: bundle([first]) },
      {
        what: 'a revocation that it signed itself',
        refused: 'signature-bad',
        bundle: bundle([], undefined, [{ text: out, signatures: [signedBy(path, NAMESPACES.revocation, out)] }]),
      },
      { what: 'what was signed', refused: 'nothing', bundle: bundle([newest], web) },
    ];
  }
});

/** In the order that was asked. */
async function fourAtATime<A, B>(all: readonly A[], work: (one: A) => Promise<B>): Promise<readonly B[]> {
  const done: B[] = [];
  for (let at = 0; at < all.length; at += 4) done.push(...(await Promise.all(all.slice(at, at + 4).map(work))));
  return done;
}

function openAgent(socket: string): { kill(): void } {
  const child = execFileSync('ssh-agent', ['-a', socket], { encoding: 'utf8' });
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(child)?.[1]);
  return { kill: () => void process.kill(pid) };
}
