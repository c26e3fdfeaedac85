/**
 * The floor under every way of taking somebody out: on each server one login that does nothing, and one key that is
 * refused, side by side, by the ssh library that keyward uses. Nothing is verified, done or signed.
 */
import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import type { TestServer } from '../test/fleet/index.ts';
import type { Company } from '../test/servers/line/company.ts';

/** Seconds: the logins alone, and the refusals as well. */
export interface Floor {
  readonly logins: number;
  readonly both: number;
}

export async function bareLogins(company: Company): Promise<Floor> {
  const servers = [...company.fleet.servers.values()];
  const [root, stranger] = ['root', 'alice-courier'].map((name) => readFileSync(company.key(name).path));
  const logins = await taken(() => Promise.all(servers.map((server) => login(server, 'root', root))));
  const both = await taken(() => Promise.all(servers.flatMap((server) => [login(server, 'root', root), login(server, 'bob', stranger)])));
  const [opened, refused] = [both.answers.filter((_, i) => i % 2 === 0), both.answers.filter((_, i) => i % 2 === 1)];
  if (![...logins.answers, ...opened].every(Boolean) || refused.some(Boolean)) throw new Error('a login ended in another way than it should');
  return { logins: logins.seconds, both: both.seconds };
}

async function taken<T>(work: () => Promise<T>): Promise<{ readonly answers: T; readonly seconds: number }> {
  const began = performance.now();
  const answers = await work();
  return { answers, seconds: (performance.now() - began) / 1000 };
}

/** Whether the key let in and `true` ended well. */
function login({ address, port }: TestServer, username: string, privateKey: Buffer | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on('ready', () => {
      client.exec('true', (error, channel) => {
        if (error) reject(error);
        else channel.on('exit', (status: number) => resolve(status === 0)).on('close', () => client.end()).resume();
      });
    });
    client.on('error', (error) => {
      client.end();
      if (error.level === 'client-authentication') resolve(false);
      else reject(error);
    });
    client.connect({ host: address, port, username, ...(privateKey === undefined ? {} : { privateKey }) });
  });
}
