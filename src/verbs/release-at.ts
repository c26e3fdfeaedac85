/** Which signed release an answer is read from: the newest, the one of a number, or the one that was newest at a moment. */
import { formatInstant, readEnd } from '../core/access/index.ts';
import type { Instant } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { everInForce } from '../core/texts/index.ts';
import type { Chain, VerifiedRelease } from '../core/texts/index.ts';
import type { Clone } from './clone.ts';

export interface At {
  readonly release: VerifiedRelease;
  /** What had ended before it does not count. Of a release asked for by number: when it was issued. */
  readonly moment: Instant;
}

/** Throws `waits` where no release has its signatures, `not-found` for one that is not there, `usage` for what is neither. */
export function momentOf({ chain, now }: Clone, at: string | undefined): At {
  if (chain === undefined) {
    throw new Failure('waits', 'no release has all its signatures yet, so nobody reaches anything through keyward', {
      next: '`keyward access --draft` shows what the working tree would give; `keyward approve` makes release 1',
    });
  }
  if (at === undefined) return { release: chain.newest, moment: now };
  return /^[1-9]\d{0,8}$/.test(at) ? byNumber(chain, Number(at)) : byMoment(chain, at);
}

function byNumber(chain: Chain, number: number): At {
  const verified = everInForce(chain);
  const release = verified.find(({ value }) => value.number === number);
  if (release !== undefined) return { release, moment: release.value.issued };
  const numbers = verified.map(({ value }) => value.number);
  const [first, newest] = [Math.min(...numbers), Math.max(...numbers)];
  throw new Failure('not-found', `there is no signed release ${number} here`, {
    next: first === newest ? `there is release ${first}` : `there are those from ${first} to ${newest}`,
  });
}

function byMoment(chain: Chain, at: string): At {
  const { newest } = chain;
  const verified = everInForce(chain);
  const moment = readEnd(at);
  if (moment === undefined) {
    throw new Failure('usage', `--at takes a date or the number of a release, not ${JSON.stringify(at.slice(0, 40))}`, {
      next: 'write --at 2026-11-24 (the end of that day, UTC), --at 2026-11-24T20:00:00Z or --at 7',
    });
  }
  const [first = newest] = verified;
  const release = verified.findLast(({ value }) => value.issued <= moment);
  if (release !== undefined) return { release, moment };
  throw new Failure(
    'not-found',
    `release ${first.value.number}, the first, was issued ${formatInstant(first.value.issued)}: keyward gave nobody anything at ${at}`,
    {
      next: 'who had access before keyward, it cannot tell',
    },
  );
}
