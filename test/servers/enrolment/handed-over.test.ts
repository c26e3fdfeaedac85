/**
 * The printed script in the hands of those it is printed for, as docs/enrolling.md says: cloud-init at the boot of a server
 * with systemd, Ansible and Terraform over a connection of their own. Each time the courier gets in afterwards.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, makeKey, needs, needsSystemd } from '../../fleet/index.ts';
import type { Answer, TestServer } from '../../fleet/index.ts';
import { Company } from '../line/company.ts';

const PAGE = readFileSync(new URL('../../../docs/enrolling.md', import.meta.url), 'utf8');
const lacks = (program: string): string | undefined => (existsSync(program) ? undefined : `needs ${program}`);
const cloudInit = needsSystemd() ?? lacks('/usr/bin/cloud-init');
const ansible = needs() ?? lacks('/usr/bin/ansible-playbook');
const terraform = needs() ?? lacks('/usr/local/bin/terraform');
const skipped = (reason: string | undefined): string => (reason === undefined ? '' : ` (skipped: ${reason})`);

let company: Company;
const print = async (server: TestServer, hostKeys = server.hostKeys): Promise<string> => {
  const file = join(company.folder, `${server.name}.pub`);
  writeFileSync(file, `${hostKeys.join('\n')}\n`);
  const where = ['--address', server.address, '--port', String(server.port), '--host-key', file];
  return (await company.must('alice', 'server', 'enroll', server.name, ...where, '--print')).stdout;
};
/** The courier gets in, a release that gives dave an account there comes into force, and nothing differs afterwards. */
const rule = (): void => company.rules('{ name: all, to: { employees: [dave] }, servers: { names: ["*"] } }');
const holds = async (name: string): Promise<void> => {
  await company.must('alice', 'server', 'enroll', name, '--printed', '--accept', 'there at enrolment');
  expect(await company.server(name).exists('/etc/ssh/keyward/enrolling')).toBe(false);
  await company.approve();
  expect((await company.keyward('alice', 'deliver', '--server', name)).status).toBe(0);
  expect((await company.keyward('alice', 'drift', '--server', name)).status).toBe(0);
};

describe.skipIf(cloudInit !== undefined)(`cloud-init${skipped(cloudInit)}`, () => {
  beforeAll(async () => {
    company = await Company.found({
      servers: ['packed', 'own-key'],
      signers: ['alice'],
      employees: ['dave'],
      enrolled: false,
      fleet: { systemd: 'service' },
    });
    rule();
  }, 60_000);
  afterAll(() => company?.end());

  /** Boots the server for the first time as a cloud would, and gives what the script said. */
  const boot = async (server: TestServer, userData: string | Uint8Array, settings: string): Promise<string> => {
    const seed = '/var/lib/cloud/seed/nocloud';
    await server.write('/etc/cloud/cloud.cfg', readFileSync('/etc/cloud/cloud.cfg'));
    await server.write(
      '/etc/cloud/cloud.cfg.d/99-here.cfg',
      `datasource_list: [NoCloud]\nnetwork: { config: disabled }\ngrowpart: { mode: 'off' }\nresize_rootfs: false\nlocale: false\n` +
        `output: { all: '>> /var/log/cloud-init-output.log' }\n${settings}`,
    );
    await server.write(`${seed}/meta-data`, `instance-id: i-${server.name}\nlocal-hostname: ${server.name}\n`);
    await server.write(`${seed}/user-data`, userData);
    await server.must('systemctl enable -q cloud-init-local cloud-init cloud-config cloud-final'); // as its package does
    await server.stop();
    await server.start();
    const said = await server.run('cloud-init status --wait --long', { timeout: 90_000 });
    const log = await server.must('grep -v DEBUG /var/log/cloud-init-output.log; ls /var/lib/cloud/instance/scripts');
    if (!said.stdout.includes('status: done')) throw new Error(`${said.stdout}\n${log}`);
    return log;
  };

  it('runs the packed script at the first boot', async () => {
    const server = company.server('packed');
    const packed = gzipSync(await print(server), { level: 9 });
    console.log(`user data: ${packed.length} bytes`);
    expect(packed.length).toBeLessThan(40 * 1024);
    const said = await boot(server, packed, 'ssh_deletekeys: false\n');
    expect(said).toContain('part-001');
    await holds('packed');
  }, 150_000);

  it('runs it beside a host key that was made before the machine', async () => {
    const server = company.server('own-key');
    const own = await makeKey(company.folder, 'own-key-host');
    const script = await print(server, [own.publicLine]);
    const parts = join(company.folder, 'parts');
    mkdirSync(parts);
    const indented = readFileSync(own.path, 'utf8').replaceAll(/^/gm, '    ');
    writeFileSync(
      join(parts, 'keys.yaml'),
      `#cloud-config\nssh_keys:\n  ed25519_private: |\n${indented}\n  ed25519_public: ${own.publicLine}\n`,
    );
    writeFileSync(join(parts, 'enroll.sh'), script);
    const mime = ['devel', 'make-mime', '-a', 'keys.yaml:cloud-config', '-a', 'enroll.sh:x-shellscript'];
    const userData = execFileSync('cloud-init', mime, { cwd: parts, env: { PATH: '/usr/bin:/bin', HOME: parts } });
    await boot(server, userData, '');
    expect(await server.read('/etc/ssh/ssh_host_ed25519_key.pub')).toBe(own.publicLine); // without a line end
    await holds('own-key');
  }, 150_000);
});

describe.skipIf(ansible !== undefined && terraform !== undefined)('over a connection of their own', () => {
  beforeAll(async () => {
    company = await Company.found({
      servers: ['web-9', 'web-10'],
      signers: ['alice'],
      employees: ['dave'],
      enrolled: false,
    });
    rule();
  }, 60_000);
  afterAll(() => company?.end());

  const folder = (name: string): string => {
    const path = join(company.folder, name);
    mkdirSync(path);
    return path;
  };
  const knownHosts = ({ address, hostKeys }: TestServer): string =>
    hostKeys.map((key) => `${address} ${key}\n`).join('');

  it.skipIf(ansible !== undefined)(
    `Ansible runs the playbook of the page, and the second time leaves the server alone${skipped(ansible)}`,
    async () => {
      const [server, place] = [company.server('web-9'), folder('ansible')];
      await server.addUser('admin', { authorizedKeys: [company.key('root').publicLine] });
      await server.write('/etc/sudoers.d/admin', 'admin ALL=(ALL) NOPASSWD: ALL\n', 0o440);
      const playbook = /^ {4}- hosts: web-9\n(?: {4,}.*\n)+/m.exec(PAGE)?.[0] ?? '';
      writeFileSync(join(place, 'playbook.yml'), playbook.replaceAll(/^ {4}/gm, ''));
      writeFileSync(join(place, 'enroll-web-9.sh'), await print(server));
      writeFileSync(join(place, 'known'), knownHosts(server));
      const connection = `ansible_host=${server.address} ansible_port=${server.port} ansible_user=admin`;
      const ssh = `-o UserKnownHostsFile=${join(place, 'known')} -o GlobalKnownHostsFile=/dev/null`;
      writeFileSync(
        join(place, 'hosts'),
        `web-9 ${connection} ansible_ssh_private_key_file=${company.key('root').path} ansible_ssh_common_args='${ssh}'\n`,
      );
      const env = { PATH: '/usr/bin:/bin', HOME: place, LC_ALL: 'C.UTF-8' };
      const run = (): Promise<Answer> =>
        command(['ansible-playbook', '-i', join(place, 'hosts'), join(place, 'playbook.yml')], {
          env,
          timeout: 90_000,
        });
      const [first, second] = [await run(), await run()];
      expect([first.status, first.stdout]).toEqual([0, expect.stringMatching(/changed=1 .*failed=0/)]);
      expect([second.status, second.stdout]).toEqual([0, expect.stringMatching(/changed=0 .*failed=0.*skipped=1/)]);
      await holds('web-9');
      expect(await server.read('/etc/ssh/keyward/enrolment')).toMatch(/^enrolled 1 /m);
    },
    120_000,
  );

  it.skipIf(terraform !== undefined)(
    `Terraform packs it as user data, and runs it by its provisioner${skipped(terraform)}`,
    async () => {
      const [server, place] = [company.server('web-10'), folder('terraform')];
      const script = await print(server);
      writeFileSync(join(place, 'enroll-web-9.sh'), script);
      const userData = /user_data_base64 = (base64gzip\(.*?\))`/.exec(PAGE)?.[1];
      const provisioner = /`(provisioner "remote-exec" \{ .*? \})`/.exec(PAGE)?.[1];
      const [, ...lines] = (provisioner ?? '').replace(' }', '').split('{');
      writeFileSync(
        join(place, 'main.tf'),
        `output "user_data" { value = ${userData} }
resource "terraform_data" "web" {
  connection {
    host        = "${server.address}"
    port        = ${server.port}
    user        = "root"
    private_key = file("${company.key('root').path}")
    host_key    = "${server.hostKeys.find((key) => key.startsWith('ecdsa')) ?? ''}"
  }
  provisioner "remote-exec" {
    ${lines.join('{').trim()}
  }
}
`,
      );
      const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: place, CHECKPOINT_DISABLE: '1' };
      for (const words of ['init', 'apply -auto-approve']) {
        const ran = await command(['terraform', `-chdir=${place}`, ...words.split(' '), '-no-color'], {
          env,
          timeout: 90_000,
        });
        expect([words, ran.status, ran.status === 0 ? '' : ran.stdout + ran.stderr]).toEqual([words, 0, '']);
      }
      const output = await command(['terraform', `-chdir=${place}`, 'output', '-raw', 'user_data'], { env });
      const unpacked = execFileSync('gunzip', { input: Buffer.from(output.stdout, 'base64') });
      expect(unpacked.toString()).toBe(script);
      await holds('web-10');
    },
    120_000,
  );
});
