/** HTTP: reading a request, limits and faults, sending the answer. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Account } from './call.ts';
import type { Calls, RecordedCall } from './calls.ts';
import { checkSignature } from './check-signature.ts';
import type { FaultKind, Faults } from './faults.ts';
import { IamError } from './iam-error.ts';
import { Parameters } from './parameters.ts';
import { callerArn, holderOf } from './principal.ts';
import type { RateLimit } from './rate-limit.ts';
import { answer, keyFinder, type ServiceName, serviceOf } from './service.ts';
import type { SignableRequest } from './signature.ts';
import { failure, success } from './xml.ts';

/** What the receiver works with. */
export interface Parts {
  readonly account: Account;
  readonly root: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly calls: Calls;
  readonly faults: Faults;
  readonly limit: RateLimit;
  readonly latency: number;
}

/** Far above what IAM takes in one call. */
const MOST_BYTES = 1_048_576;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new IamError('ValidationError', 'The request is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function signable(request: IncomingMessage, body: Buffer): SignableRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return { method: request.method ?? '', target: request.url ?? '/', headers, body };
}

interface Received {
  readonly request: SignableRequest;
  readonly fields: ReadonlyMap<string, string>;
  readonly service: ServiceName;
  readonly name: string;
  readonly call: RecordedCall;
}

function readCall(parts: Parts, request: SignableRequest): Received {
  const fields = new Map(new URLSearchParams(request.body.toString()));
  const service = serviceOf(fields.get('Version'));
  const name = fields.get('Action') ?? '';
  return { request, fields, service, name, call: parts.calls.add(parts.account.clock.now(), service, name, fields) };
}

/** Checks who it is and carries the call out; gives the body of the answer. */
function carryOut(parts: Parts, { request, fields, service, name, call }: Received, requestId: string): string {
  const { account, root } = parts;
  if (request.method !== 'POST') throw new IamError('InvalidAction', 'Only POST requests are served here.');
  const expected = { region: account.region, service, now: account.clock.now() };
  const find = keyFinder(account, { id: root.accessKeyId, secret: root.secretAccessKey });
  const { principal, keyId } = checkSignature(request, expected, find);
  call.principal = callerArn(account.id, principal, holderOf(account.replica.seen(), principal));
  account.lastUse.set(keyId, { at: account.clock.now(), service, region: account.region });
  if (name === '') throw new IamError('MissingAuthenticationToken', 'Missing Action');
  const parameters = new Parameters(fields);
  const said = answer(account, { service, name, version: fields.get('Version'), parameters, principal, keyId });
  return success(service, name, said, requestId);
}

/** What comes back: an answer, a cut connection, or nothing. */
export type Reply =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  | 'reset'
  | 'silent';

function outcome(parts: Parts, received: Received, requestId: string): { readonly status: number; readonly body: string } | 'reset' | 'silent' {
  const { call, service } = received;
  try {
    parts.limit.take();
    const fault: FaultKind | undefined = parts.faults.next(received.name);
    if (fault === 'connection-reset' || fault === 'silent') {
      call.outcome = fault === 'silent' ? 'no answer' : 'connection reset';
      return fault === 'silent' ? 'silent' : 'reset';
    }
    const after = fault === 'done-then-failed' || fault === 'done-then-reset' || fault === 'done-then-silent';
    if (fault !== undefined && !after)
      throw new IamError(fault, fault === 'Throttling' ? 'Rate exceeded' : 'A fault that was asked for.');
    const body = carryOut(parts, received, requestId);
    call.outcome = 'ok';
    if (fault === 'done-then-failed')
      throw new IamError('InternalFailure', 'A fault that was asked for, after the call was carried out.');
    if (fault === undefined) return { status: 200, body };
    call.outcome = fault === 'done-then-silent' ? 'ok, no answer' : 'ok, connection reset';
    return fault === 'done-then-silent' ? 'silent' : 'reset';
  } catch (error) {
    const said = error instanceof IamError ? error : new IamError('InternalFailure', String(error));
    call.outcome = call.outcome === 'ok' ? `ok, ${said.code}` : said.code;
    return { status: said.status, body: failure(service, said, requestId) };
  }
}

/** One request, however it was carried here. */
export async function reply(parts: Parts, request: SignableRequest): Promise<Reply> {
  const requestId = randomUUID();
  const said = outcome(parts, readCall(parts, request), requestId);
  if (parts.latency > 0) await new Promise((resolve) => setTimeout(resolve, parts.latency));
  if (said === 'reset' || said === 'silent') return said;
  const headers = {
    'content-type': 'text/xml',
    'content-length': String(Buffer.byteLength(said.body)),
    'x-amzn-requestid': requestId,
    date: new Date(parts.account.clock.now()).toUTCString(),
  };
  return { ...said, headers };
}

async function respond(parts: Parts, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const said = await reply(parts, signable(message, await bodyOf(message)));
  if (said === 'silent') return;
  if (said === 'reset') {
    message.socket.resetAndDestroy();
    return;
  }
  response.writeHead(said.status, said.headers);
  response.end(said.body);
}

/** What a server does with each request. */
export function receiver(parts: Parts): RequestListener {
  return (message, response) => {
    respond(parts, message, response).catch(() => message.socket.destroy());
  };
}
