/**
 * Who sent a request: its Signature V4 checked against the keys as they are seen.
 *
 * - codes: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 * - five minutes: "a request must reach AWS within five minutes of the time stamp in the request"
 *   (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html)
 * - IAM's region is us-east-1 whatever the caller's is
 *   (https://docs.aws.amazon.com/general/latest/gr/iam-service.html)
 * - an inactive key: "not valid for API calls"
 *   (https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html)
 */
import { timingSafeEqual } from 'node:crypto';
import { IamError } from './iam-error.ts';
import type { Principal } from './principal.ts';
import { canonicalRequest, fromAmzDate, type SignableRequest, sha256, signature } from './signature.ts';

/** A key that may sign, as found by its id. */
export interface SigningKey {
  readonly secret: string;
  /** What temporary credentials must send along. */
  readonly token: string | undefined;
  readonly expires: number | undefined;
  readonly principal: Principal;
}

const FIVE_MINUTES = 5 * 60_000;
const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/;

interface Parsed {
  readonly id: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly given: string;
}

function parse(header: string | undefined): Parsed {
  if (header === undefined) {
    throw new IamError('MissingAuthenticationToken', 'Request is missing Authentication Token');
  }
  const [, id, date, region, service, headers, given] = AUTHORIZATION.exec(header) ?? [];
  if (!id || !date || !region || !service || !headers || !given) {
    throw new IamError('IncompleteSignature', 'The Authorization header does not hold what Signature Version 4 needs.');
  }
  return { id, date, region, service, signedHeaders: headers.split(';'), given };
}

function mismatch(why: string): IamError {
  return new IamError('SignatureDoesNotMatch', why);
}

function checkTime(time: string | undefined, scopeDate: string, now: number): string {
  const at = time === undefined ? undefined : fromAmzDate(time);
  if (time === undefined || at === undefined) {
    throw new IamError('IncompleteSignature', "The request must hold a valid 'X-Amz-Date' header.");
  }
  if (!time.startsWith(scopeDate))
    throw mismatch('Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP');
  if (at < now - FIVE_MINUTES) throw mismatch(`Signature expired: ${time} is more than 5 min. in the past`);
  if (at > now + FIVE_MINUTES) throw mismatch(`Signature not yet current: ${time} is more than 5 min. in the future`);
  return time;
}

function checkHeaders(request: SignableRequest, signed: readonly string[]): void {
  const mustBeSigned = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))];
  const missing = mustBeSigned.filter((name) => !signed.includes(name));
  const absent = signed.filter((name) => request.headers[name] === undefined);
  if (missing.length > 0) throw mismatch(`'${missing.join(', ')}' must be a signed header.`);
  if (absent.length > 0) throw mismatch(`'${absent.join(', ')}' is signed but was not sent.`);
}

/** Finds who signed, or throws. `find` looks a key id up among those that may sign now. */
export function checkSignature(
  request: SignableRequest,
  expected: { readonly region: string; readonly service: string; readonly now: number },
  find: (id: string) => SigningKey | undefined,
): { readonly principal: Principal; readonly keyId: string } {
  const sent = parse(request.headers['authorization']);
  const key = find(sent.id);
  const token = request.headers['x-amz-security-token'];
  if (key === undefined || key.token !== token) {
    throw new IamError('InvalidClientTokenId', 'The security token included in the request is invalid.');
  }
  if (key.expires !== undefined && key.expires <= expected.now) {
    throw new IamError('ExpiredToken', 'The security token included in the request is expired');
  }
  if (sent.service !== expected.service)
    throw mismatch(`Credential should be scoped to correct service: '${expected.service}'.`);
  if (sent.region !== expected.region)
    throw mismatch(`Credential should be scoped to a valid region, not '${sent.region}'.`);
  checkHeaders(request, sent.signedHeaders);
  const time = checkTime(request.headers['x-amz-date'], sent.date, expected.now);
  const declared = request.headers['x-amz-content-sha256'];
  if (declared !== undefined && declared !== sha256(request.body))
    throw mismatch('The body does not match x-amz-content-sha256.');
  const right = signature(canonicalRequest(request, sent.signedHeaders), time, sent, key.secret);
  if (!timingSafeEqual(Buffer.from(right), Buffer.from(sent.given))) {
    throw mismatch(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    );
  }
  return { principal: key.principal, keyId: sent.id };
}
