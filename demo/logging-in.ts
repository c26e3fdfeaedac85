/** Scene 6: everybody gets in where the policy lets them, and nowhere else. */
import type { Answer } from '../test/fleet/command.ts';
import type { Cast } from './cast.ts';
import { equal, type Seen } from './checks.ts';

export async function logIn({ narrator, checks, bob, carol, shop }: Cast): Promise<void> {
  narrator.chapter('Logging in');
  const bobWeb = await bob.ssh(`web-1 'id -un; sudo -n -u deploy id -un'`);
  await checks.that('bob logs in to web-1 as himself, and works as deploy through sudo', () =>
    equal(bobWeb.stdout.trim().split('\n').join(' '), 'bob deploy'),
  );
  const asRoot = await bob.ssh('web-1 sudo -n id -un');
  await checks.that('as root he does not', () => noSudo(asRoot));
  const bobDb = await bob.ssh('db-1 id -un');
  await checks.that('db-1 refuses him: no rule, no access', () => denied(bobDb));
  const carolDb = await carol.ssh('db-1 id -un');
  await checks.that('carol gets into db-1', () => equal(carolDb.stdout.trim(), 'carol'));
  const rest = await Promise.all([
    bob.ssh('web-2 id -un', 'quietly'),
    carol.ssh('web-1 id -un', 'quietly'),
    carol.ssh('web-2 id -un', 'quietly'),
  ]);
  await checks.that('bob gets into web-2, carol into web-1 and web-2', () =>
    equal(rest.map(({ stdout }) => stdout.trim()).join(' '), 'bob carol carol'),
  );
  const asDb = await carol.ssh('db-1 sudo -n -u deploy id -un', 'quietly');
  await checks.that('carol has no sudo on db-1: rules do not leak into each other', () => noSudo(asDb));
  narrator.gap();
  narrator.says('The machine has a fixed command. It gets that one, whatever it asks for.');
  const deploys = await shop.ssh('web-1 cat /etc/passwd');
  await checks.that('shop-deploy deploys the shop on web-1, and nothing else', () =>
    equal(deploys.stdout.trim(), 'the shop is deployed, by shop-deploy'),
  );
  const elsewhere = await Promise.all([shop.ssh('web-2', 'quietly'), shop.ssh('db-1', 'quietly')]);
  await checks.that('web-2 and db-1 refuse it', () => {
    const wrong = elsewhere.map(denied).filter((seen) => seen !== true);
    return wrong.length === 0 ? true : wrong.join('; ');
  });
}

/** The server's own answer to the key; anything else, a closed connection too, is no refusal. */
export function denied(answer: Answer): Seen {
  return answer.status === 255 && /^\S+: Permission denied \(publickey/.test(answer.stdout) ? true : said(answer);
}

/** sudo's own no: there is no line for it, and no password that it could ask for. */
function noSudo(answer: Answer): Seen {
  return answer.status === 1 && /^sudo: (a password is required|.*may not run sudo)/.test(answer.stdout)
    ? true
    : said(answer);
}

function said({ status, stdout }: Answer): string {
  return `status ${status}: ${stdout}`;
}
