/**
 * Keeps what servers told of ways in, so that the answer to the next delivery does not make anybody forget them: as
 * `receipts/<target>.look`, beside the newest answer. Written only when the ways in are others than those written there,
 * so its time tells since when they are these.
 */
import { joinSigned } from '../core/texts/index.ts';
import type { WayIn } from '../core/texts/index.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { Answer, World } from '../world.ts';
import { toBytes } from './clone.ts';
import { keepFiles } from './keep-files.ts';
import { believeReceipt, lookPath, tellsOfWays } from './stored-receipts.ts';

export interface Looked {
  /** The server's name in the policy. */
  readonly name: string;
  /** What its answers are believed by, as whoever asked it knows. */
  readonly hostKeys: readonly PublicKey[];
  readonly answer: Answer;
}

/** Of answers that told of ways in. What a provider says tells of them each time. The paths that were written. */
export async function keepLooks(world: World, looked: readonly Looked[]): Promise<readonly string[]> {
  const telling = looked.filter(({ answer }) => answer.proof === 'signed' && tellsOfWays(answer));
  // What cannot be read there proves nothing, and is written anew.
  const stored = await world.repository.read(telling.map(({ name }) => lookPath(name)), () => undefined);
  const files = new Map(
    telling
      .filter((one) => tellsNew(world, stored.get(lookPath(one.name)), one))
      .map(({ name, answer }) => [lookPath(name), toBytes(joinSigned(answer.signed))]),
  );
  return keepFiles(world, files);
}

/** Also where what lies there is believed no more: its host key is gone, or it is of the server that had this name before. */
function tellsNew(world: World, before: Uint8Array | undefined, { name, hostKeys, answer: { receipt } }: Looked): boolean {
  if (before === undefined) return true;
  const { organization, target } = receipt;
  const kept = believeReceipt(world, { organization, target, hostKeys }, before, lookPath(name));
  return kept.kind !== 'believed' || spelled(kept.receipt.waysIn) !== spelled(receipt.waysIn);
}

/** What is accepted is asked of the manifest. */
function spelled(ways: readonly WayIn[]): string {
  return JSON.stringify(ways.map(({ kind, account, subject, comment }) => [kind, account, subject, comment]));
}
