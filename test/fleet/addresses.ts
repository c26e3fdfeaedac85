/**
 * Loopback addresses for servers, never the same one twice on this machine at a time.
 *
 * A lock is a listening socket with an abstract name: the kernel gives it to one process only, and takes it back when that
 * process ends, however it ends. Belongs here: choosing and locking. Not: what listens there.
 */
import { randomInt } from 'node:crypto';
import { createServer, type ListenOptions, type Server } from 'node:net';

export interface Reservation {
  readonly address: string;
  /** 22, or 2222 where this machine's own sshd listens on every address. */
  readonly port: number;
  release(): Promise<void>;
}

const LAST = 256 * 254;

/** @param start which of the addresses is tried first; any when left out */
export async function reserve(start: number = randomInt(LAST)): Promise<Reservation> {
  for (let step = 0; step < LAST; step += 1) {
    const reservation = await tryAddress((start + step) % LAST);
    if (reservation !== undefined) return reservation;
  }
  throw new Error('no address of 127.77.0.0/16 is free');
}

async function tryAddress(index: number): Promise<Reservation | undefined> {
  const address = `127.77.${Math.floor(index / 254)}.${(index % 254) + 1}`;
  const lock = await listen({ path: `\0keyward-fleet-${address}` });
  if (lock === undefined) return undefined;
  for (const port of [22, 2222]) {
    const probe = await listen({ host: address, port });
    if (probe === undefined) continue;
    await close(probe);
    return { address, port, release: () => close(lock) };
  }
  await close(lock);
  return undefined;
}

function listen(where: ListenOptions): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(where, () => resolve(server.unref()));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}
