/**
 * The same service without a network, so that a test can hold the clock of both sides: what the SDK takes as its request
 * handler. Requests are signed and checked as over HTTP; a cut connection and one that says nothing look to the SDK as its
 * own handler shows them.
 */
import { type Parts, reply } from './receive.ts';

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface Signal {
  readonly aborted: boolean;
  onabort?: unknown;
}

export interface InProcess {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: Request, options?: { readonly abortSignal?: Signal }): Promise<{ readonly response: Response }>;
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<string, never>;
}

interface Response {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** `patience`: milliseconds until a request without an answer fails, as a client's setting would be. */
export function inProcess(parts: Parts, patience: number): InProcess {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle({ method, path, headers, body = '' }, { abortSignal } = {}) {
      if (abortSignal?.aborted === true) throw named('AbortError', 'Request aborted');
      const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
      const said = await reply(parts, { method, target: path, headers: lower, body: Buffer.from(body) });
      if (said === 'reset') throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      if (said === 'silent') {
        await new Promise((resolve) => setTimeout(resolve, patience));
        throw named('TimeoutError', `no answer in ${patience} ms`);
      }
      return { response: { statusCode: said.status, headers: said.headers, body: Buffer.from(said.body) } };
    },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
