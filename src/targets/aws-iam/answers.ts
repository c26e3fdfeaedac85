/**
 * What counts as an answer of AWS's. Between here and there may stand something else that answers (a proxy, a portal one
 * must log in to, an endpoint of one's own): a page that says 200 is no list without users. And no answer may take all the
 * memory of the machine, or the run with it.
 */
import type { IAM } from '@aws-sdk/client-iam';
import { pipeline, Readable, Transform } from 'node:stream';

/** It cannot be read as what was asked for. The SDK adds words of its own to the message of what it meets while it reads. */
export class NoAnswer extends Error {
  readonly why: string;

  constructor(why: string) {
    super(why);
    this.why = why;
  }
}

/** Bytes of one answer, and of all that one client is given. An account of 5,000 users is told in some 25 MB. */
const MOST = { each: 32 * 1024 * 1024, all: 256 * 1024 * 1024 };

/** Every answer of this client is looked at before the SDK reads it. */
export function answersOnly(iam: IAM): IAM {
  const left = { all: MOST.all };
  iam.middlewareStack.add(
    (next) => async (args) => {
      const output = await next(args);
      const { response } = output;
      if (!isResponse(response)) return output;
      // AWS numbers every answer; of errors the SDK itself makes what can be made.
      if (response.statusCode < 300 && response.headers['x-amzn-requestid'] === undefined) throw new NoAnswer('what answered there is not AWS');
      if (response.body instanceof Readable) response.body = counted(response.body, left);
      return output;
    },
    { step: 'deserialize', priority: 'low', name: 'keywardAnswersOnly' },
  );
  return iam;
}

interface Response {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  body?: unknown;
}

function isResponse(response: unknown): response is Response {
  return typeof response === 'object' && response !== null && 'statusCode' in response && 'headers' in response;
}

function counted(body: Readable, left: { all: number }): Readable {
  let own = MOST.each;
  const counting = new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      own -= chunk.length;
      left.all -= chunk.length;
      if (own < 0 || left.all < 0) done(new NoAnswer('AWS answered more than keyward reads'));
      else done(null, chunk);
    },
  });
  // Whoever reads is told of a failure; nobody else need be.
  pipeline(body, counting, () => undefined);
  return counting;
}
