/** Where every rule writes what it found. Adds the line as it stands, so that no rule has to. */
import type { Finding, Place } from '../failure.ts';
import { visible } from './characters.ts';

/** More findings than this help nobody; the last one then says so. */
const MOST = 1000;
/** Of a line no more than this is shown, around the column. */
const WIDEST = 120;

export class Report {
  readonly #found: Finding[] = [];
  readonly #lines = new Map<string, readonly string[]>();
  #errors = 0;

  /** Gives the text a file's excerpts come from. A file that may hold a secret is never given. */
  source(file: string, text: string): void {
    this.#lines.set(file, text.split('\n'));
  }

  error(rule: string, place: Place, message: string, suggestion?: string): void {
    this.#errors += 1;
    this.#add('error', rule, place, message, suggestion);
  }

  warning(rule: string, place: Place, message: string, suggestion?: string): void {
    this.#add('warning', rule, place, message, suggestion);
  }

  get errors(): number {
    return this.#errors;
  }

  /** Sorted by file, line, column, rule; each once. */
  findings(): readonly Finding[] {
    const sorted = [...this.#found].sort(compareFindings);
    const [first] = sorted;
    if (sorted.length < MOST || first === undefined) return sorted;
    const more = { severity: 'error', rule: 'too-many-findings', place: first.place } as const;
    return [...sorted, { ...more, message: `There are more than ${MOST} findings; the others are not shown.` }];
  }

  #add(severity: Finding['severity'], rule: string, place: Place, message: string, suggestion?: string): void {
    if (this.#found.length >= MOST) return;
    const line = place.line === undefined ? undefined : this.#lines.get(place.file)?.[place.line - 1];
    // The name of a file is somebody's text as well.
    const found = { severity, rule, message: visible(message), place: { ...place, file: visible(place.file) } };
    this.#found.push({
      ...found,
      ...(suggestion === undefined ? {} : { suggestion: visible(suggestion) }),
      ...(line === undefined ? {} : { excerpt: excerpt(line, place.column ?? 1) }),
    });
  }
}

function excerpt(line: string, column: number): string {
  const whole = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (whole.length <= WIDEST) return visible(whole);
  const start = Math.max(0, Math.min(column - 1 - WIDEST / 2, whole.length - WIDEST));
  const cut = whole.slice(start, start + WIDEST);
  return visible(`${start > 0 ? '…' : ''}${cut}${start + WIDEST < whole.length ? '…' : ''}`);
}

function compareFindings(a: Finding, b: Finding): number {
  const files = a.place.file === b.place.file ? 0 : rank(a.place.file) < rank(b.place.file) ? -1 : 1;
  const places = (a.place.line ?? 0) - (b.place.line ?? 0) || (a.place.column ?? 0) - (b.place.column ?? 0);
  return files || places || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : a.message < b.message ? -1 : 1);
}

/** The main file before the others, whatever they are called. */
function rank(file: string): string {
  return file === 'access-policy.yaml' ? '' : file;
}

/** `a`, `b` and `c`, for sentences. */
export function list(names: readonly string[], most = 5): string {
  const shown = names.slice(0, most);
  if (names.length > most) return `${shown.join(', ')} and ${names.length - most} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}
