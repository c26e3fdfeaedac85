/** The receiver that this keyward carries, against the one of the newest release: which of the two is newer, and what to do. */
import { everInForce } from '../core/texts/index.ts';
import type { Clone } from './clone.ts';

export interface ReceiverHere {
  /** sha256 of the programs this keyward would put on a server. */
  readonly carried: string;
  /** Of the newest release; absent before there is one. */
  readonly signed?: string;
  /**
   * `other`: no release here ever had the one that is carried, so this keyward is newer, or another make. `older`: an
   * earlier release had it, so this keyward is the one to renew.
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
