/** Run as a child by kill.test.ts: writes the same two files and journal lines for ever, until it is killed. */
import { parseInstant } from '../../src/core/access/instant.ts';
import { openJournals, openRepository, ownFolders } from '../../src/disk/index.ts';

const [root = '', home = ''] = process.argv.slice(2);
const repository = await openRepository(root);
const journal = await openJournals(ownFolders({ XDG_STATE_HOME: home })).begin(
  'acme',
  'kill',
  parseInstant('2026-11-24T20:00:00Z'),
);
for (let n = 1; ; n += 1) {
  const bytes = new Uint8Array(3_000_000).fill(n % 256);
  // Said on stdout only after append() returned: the parent then demands to find it.
  process.stdout.write(`${await journal.append({ what: 'writing', n })}\n`);
  await repository.write(
    new Map([
      ['releases/1/release', bytes],
      ['keys/a.pub', bytes],
    ]),
  );
}
