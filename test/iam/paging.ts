/**
 * Lists, page by page: 100 entries unless `MaxItems` (1 to 1,000) says otherwise, and "IAM might return fewer than the
 * MaxItems number of results, even when there are more results available" (`MaxItems` of every List action, for
 * instance https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html).
 *
 * A marker holds the sort key of the last entry given, so that what comes or goes between two pages moves nothing. It
 * belongs to one list: another list's is refused.
 */
import type { Call } from './call.ts';
import { IamError } from './iam-error.ts';
import type { Answer } from './xml.ts';

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function readMarker(call: Call): string | undefined {
  const marker = call.parameters.optional('Marker', { min: 1, max: 320_000 });
  if (marker === undefined) return undefined;
  const [action, after] = Buffer.from(marker, 'base64url').toString('utf8').split('\n', 2);
  if (action !== call.action || after === undefined) throw new IamError('ValidationError', 'Invalid Marker.');
  return after;
}

/** One page of `entries` sorted by `sortKey`, which is different for each entry. */
export function paged<T>(
  call: Call,
  entries: Iterable<T>,
  sortKey: (entry: T) => string,
): { readonly page: readonly T[]; readonly rest: Record<string, Answer> } {
  const wanted = call.parameters.integer('MaxItems', 1, 1000) ?? 100;
  const after = readMarker(call);
  const sorted = [...entries].map((entry) => ({ entry, at: sortKey(entry) })).sort((a, b) => compare(a.at, b.at));
  const left = after === undefined ? sorted : sorted.filter(({ at }) => at > after);
  const page = left.slice(0, Math.min(wanted, call.account.pageCap));
  const truncated = page.length < left.length;
  const last = page.at(-1)?.at;
  const marker =
    truncated && last !== undefined ? Buffer.from(`${call.action}\n${last}`).toString('base64url') : undefined;
  return { page: page.map(({ entry }) => entry), rest: { IsTruncated: truncated, Marker: marker } };
}
