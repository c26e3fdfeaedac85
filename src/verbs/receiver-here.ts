/** The receiver that this keyward carries, against the one of the newest release: which of the two is newer, and what to do. */
import { Failure } from '../core/failure.ts';
import { everInForce } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import type { Clone } from './clone.ts';

export interface ReceiverHere {
  /** sha256 of the programs this keyward would put on a server. */
  readonly carried: string;
  /** Of the newest release; absent before there is one. */
  readonly signed?: string;
  /**
   * `other`: no release here ever had the one that is carried: this keyward is newer, or was never used here before and is
   * older, or is another make; nothing here tells which. `older`: an earlier release had it, so this keyward is the one to
   * renew.
   */
  readonly state: 'same' | 'other' | 'older';
}

export function receiverHere({ chain }: Clone, carried: string): ReceiverHere {
  const signed = chain?.newest.value.receiver;
  if (chain === undefined || signed === undefined || signed === carried) {
    return { carried, ...(signed === undefined ? {} : { signed }), state: 'same' };
  }
  const had = everInForce(chain).some(({ value }) => value.receiver === carried);
  return { carried, signed, state: had ? 'older' : 'other' };
}

/** What mends a receiver on a server that is not the one of the newest release; never a step that would put an older one there. */
export function renewalOf({ state }: ReceiverHere, hasLaterRelease: boolean): string {
  if (hasLaterRelease) return 'it has a later release than this clone: `git pull`, and look again';
  if (state === 'older') return `${OLDER}, then \`keyward server enroll\` again`;
  if (state === 'other') return EITHER;
  return '`keyward server enroll` again renews it';
}

const OLDER = 'this keyward is older than the one that made the release: install that one';
const EITHER =
  'this keyward carries a third one: where it is older than a colleague\'s, install theirs; where it is newer, `keyward approve` and `keyward deliver`; then `keyward server enroll` again';

/** Throws `trust` before a server is enrolled with programs the signers did not name: the server would refuse them. */
export async function mustCarrySigned(world: World, clone: Clone): Promise<void> {
  const { state } = receiverHere(clone, (await world.receiver()).hash);
  if (state === 'same') return;
  const number = clone.chain?.newest.value.number ?? 0;
  throw new Failure('trust', `this keyward carries another receiver than release ${number} names`, {
    next:
      state === 'older'
        ? 'it is older than the one that made the release: install that one'
        : 'compare its version with a colleague\'s: the older one is to be replaced; a newer one signs first, with `keyward approve`',
  });
}
