/**
 * Writing answers as the query protocol does: `<ActionResponse><ActionResult>…`, lists as `<member>`, times as ISO 8601
 * to the second (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html, "Response serialization").
 */
import type { IamError } from './iam-error.ts';

/** What an action answers. Undefined members are left out; a Map is written as `entry` with key and value. */
export type Answer =
  | string
  | number
  | boolean
  | Date
  | undefined
  | readonly Answer[]
  | ReadonlyMap<string, string | number>
  | { readonly [member: string]: Answer };

/** The XML name spaces of the two services. */
export const NAMESPACE = {
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
} as const;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"\r]/g, (one) => ESCAPES[one] ?? one);
}

function element(name: string, value: Answer): string {
  return value === undefined ? '' : `<${name}>${content(value)}</${name}>`;
}

function content(value: Answer): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString().replace(/\.\d{3}Z$/, 'Z');
  if (Array.isArray(value)) return value.map((one: Answer) => element('member', one)).join('');
  if (value instanceof Map) {
    return [...value].map(([key, one]) => `<entry>${element('key', key)}${element('value', one)}</entry>`).join('');
  }
  return Object.entries(value)
    .map(([name, one]) => element(name, one as Answer))
    .join('');
}

/** The body of an answer that says yes. */
export function success(service: keyof typeof NAMESPACE, action: string, answer: Answer, requestId: string): string {
  const result = answer === undefined ? '' : `<${action}Result>${content(answer)}</${action}Result>`;
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  return `<${action}Response xmlns="${NAMESPACE[service]}">${result}${metadata}</${action}Response>\n`;
}

/** The body of an answer that says no. */
export function failure(service: keyof typeof NAMESPACE, error: IamError, requestId: string): string {
  const type = error.status >= 500 ? 'Receiver' : 'Sender';
  const body = `<Type>${type}</Type><Code>${error.code}</Code><Message>${escaped(error.message)}</Message>`;
  return `<ErrorResponse xmlns="${NAMESPACE[service]}"><Error>${body}</Error><RequestId>${requestId}</RequestId></ErrorResponse>\n`;
}
