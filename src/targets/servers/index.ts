/**
 * The room of servers: how a machine that runs sshd is reached, asked, changed and enrolled.
 *
 * Belongs here: SSH (ssh2, and the system's own ssh for enrolling), the pace a server bears, and proving that an answer
 * is the server's own. Everything believed comes from the signed manifest: host keys are pinned and there is no trust on
 * first use. What is done comes back as done, refused or unknown; a connection that was closed, a name that is not
 * found and a time that ran out are unknown, never "nothing there".
 *
 * Does not: what a release or a receipt means, which servers are reached and how many at once (verbs), private keys (the
 * courier's key comes in as a ConnectionKey that only proves). One connection serves one parcel; none is kept.
 */
import type { TextCrypto } from '../../core/texts/index.ts';
import type { ConnectionKey, Target, TargetPlace } from '../../world.ts';
import { carryByCommand } from './carry-by-command.ts';
import { carryBySsh } from './carry-by-ssh.ts';
import { LIMITS } from './connection.ts';
import type { Limits } from './connection.ts';
import { exchange } from './exchange.ts';
import { offerKeys } from './offer.ts';
import { offerTwice } from './offer-twice.ts';
import { pacing as shared } from './pacing.ts';
import type { Pacing } from './pacing.ts';
import { NOT_ITS_TURN, unknown } from './why-not.ts';

export { openEnroller } from './enrolment.ts';
export type { EnrollerOptions } from './enrolment.ts';
export type { Limits } from './connection.ts';

export interface ServerOptions {
  readonly crypto: TextCrypto;
  readonly limits?: Partial<Limits>;
  /** The program's own when left out; a test brings another. */
  readonly pacing?: Pacing;
}

/** A server as a Target. Without `key` it can be offered keys, but nothing can be carried to it except by `via`. */
export function serversTarget(place: TargetPlace, key: ConnectionKey | undefined, options: ServerOptions): Target {
  const limits = { ...LIMITS, ...options.limits };
  const pacing = options.pacing ?? shared;
  const { id, name, via } = place;
  return {
    id,
    name,
    exchange: (parcel, signal, turn) =>
      exchange(
        place,
        parcel,
        async (bundle) => {
          if (via !== undefined) {
            // What stands behind it is not seen from here, so the command itself waits for the turn.
            if (turn !== undefined && !(await turn())) return unknown(NOT_ITS_TURN);
            return carryByCommand(via, bundle, limits, signal);
          }
          if (key === undefined) return unknown("no courier's key is set on this device");
          return carryBySsh(place, key, bundle, limits, pacing, signal, turn);
        },
        options.crypto,
      ),
    offer: async (offers, signal, again) => {
      if (via === undefined && again !== undefined) return offerTwice(place, offers, again, limits, pacing, signal);
      if (via === undefined) return offerKeys(place, offers, limits, pacing, signal);
      // sshd is not seen from here, so no key can be shown to it.
      const none = offers.map(() =>
        unknown("it is reached by a command of one's own (via), and no key can be offered that way"),
      );
      await again?.(none);
      return none;
    },
  };
}
