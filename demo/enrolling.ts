/** Scene 3: the servers become the organization's; nobody's access changes by it. */
import type { Cast } from './cast.ts';
import { equal } from './checks.ts';

export async function enrollServers({ narrator, checks, servers, alice, web1 }: Cast): Promise<void> {
  narrator.chapter('Enrolling the servers');
  narrator.says(`Over her own root access alice puts the receiver on each server: one readable shell program, which takes
    only what two signers signed. The host key comes from a file that she trusts, never from the server itself.`);
  const rootKey = (await alice.device.must('ssh-keygen -lf ../root-key')).split(' ')[1] ?? '';
  for (const { name, address, port } of servers) {
    const role = name.startsWith('web') ? 'web' : 'db';
    const where = `--address ${address}${port === 22 ? '' : ` --port ${port}`}`;
    const line = `keyward server enroll ${name} ${where} --host-key ../${name}.pub -i ../root-key --label role=${role} --accept 'there at enrolment'`;
    const shown = name === web1.name;
    const before = occurrences(alice.read('access-policy.yaml'), rootKey);
    const answer = shown ? await alice.types(line) : await alice.device.run(line);
    await checks.that(`${name} is enrolled, and the courier gets in`, () =>
      answer.status === 0 ? true : `exit ${answer.status}: ${answer.stdout}${answer.stderr}`,
    );
    await checks.that(`on ${name} it found the one key that lets root in, and wrote it down as known`, () =>
      answer.stdout.includes('1 way in') && occurrences(alice.read('access-policy.yaml'), rootKey) === before + 1
        ? true
        : answer.stdout,
    );
  }
  await checks.that('enrolling gave nobody an account', async () => {
    const made = await web1.must("awk -F: '$3 >= 1000 && $3 < 60000 { print $1 }' /etc/passwd");
    return equal(
      made
        .trim()
        .split('\n')
        .filter((name) => !name.startsWith('keyward'))
        .join(' '),
      'deploy',
    );
  });
  await alice.push('Enroll three servers');
}

function occurrences(text: string, of: string): number {
  return of === '' ? 0 : text.split(of).length - 1;
}
