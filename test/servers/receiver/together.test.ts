/** Two runs at once never mix. */
import { describe, expect, it } from 'vitest';
import { needs, type Fleet } from '../../fleet/index.ts';
import { type Bench, lines, receiptOf } from './bench.ts';
import { staged } from './stage.ts';
import { idOf, requestText, revocationText, sha256 } from './texts.ts';

describe.skipIf(needs() !== undefined)('many at once', () => {
  let fleet: Fleet;
  let bench: Bench;
  staged((stage) => ({ fleet, bench } = stage));

  it('takes each whole or not at all', async () => {
    const server = fleet.server('web-1');
    const person = (i: number) => ({ id: idOf('emp', `p${i}`), account: `p${i}`, keys: [bench.login('dave')] });
    const bundles: { number: number; manifest: string; revoked: string; text: string }[] = [];
    for (let i = 0; i < 6; i += 1) {
      const manifest = bench.manifest(server, [person(i), person(i + 1)]);
      const revoked = revocationText({ signer: bench.ids.bob, id: idOf('emp', `gone${i}`) });
      const release = await bench.release([manifest]);
      bundles.push({ number: bench.number, manifest, revoked, text: requestText() + revoked + (await bench.sign(revoked, 'revocation', ['bob'])) + release + manifest });
    }
    const shuffled = [3, 0, 5, 1, 4, 2].map((i) => bundles[i]);
    const answers = await Promise.all(shuffled.map((bundle) => bench.receive(server, bundle?.text ?? '')));
    let taken = 0;
    answers.forEach((answer, i) => {
      const bundle = shuffled[i];
      const own = [String(bundle?.number), sha256(bundle?.manifest ?? '')];
      const [number] = (lines(answer, 'release')[0] ?? '').split(' ');
      const [manifest] = lines(answer, 'manifest');
      expect(receiptOf(answer).length).toBeGreaterThan(10);
      if (answer.status === 0) {
        taken += 1;
        expect([number, manifest]).toEqual(own);
      } else {
        expect([answer.status, answer.stderr.trim()]).toEqual([5, 'refused: rollback']);
        expect(Number(number)).toBeGreaterThan(Number(own[0]));
      }
      // A revocation waits for nobody: each was taken, whatever became of the release beside it.
      expect(lines(answer, 'revocation')).toContain(sha256(bundle?.revoked ?? ''));
    });
    expect(taken).toBeGreaterThan(0);
    const end = await bench.receive(server, requestText());
    expect(lines(end, 'manifest')).toEqual([sha256(bundles.at(-1)?.manifest ?? '')]);
    expect(lines(end, 'revocation')).toEqual(bundles.map((bundle) => sha256(bundle.revoked)).sort());
    expect(lines(end, 'differs')).toEqual([]);
    expect(await server.must('ls /etc/ssh/keyward/current/keys; ls -d /etc/ssh/keyward/work.* 2> /dev/null | wc -l')).toBe('p5\np6\n0\n');
  });
});
