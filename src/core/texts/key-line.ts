/** What a `key` line of a manifest puts into a key file, read back to what it means: one meaning, one spelling. */
import { parseAuthorizedKeysLine, renderKeyLine } from '../ssh/authorized-keys-line.ts';
import type { KeyLimits, KeyOption } from '../ssh/authorized-keys-line.ts';
import type { PublicKey } from '../ssh/public-key.ts';
import { Failure } from '../failure.ts';

export interface KeyLineMeaning {
  readonly key: PublicKey;
  readonly limits: KeyLimits;
}

/** A person's line is the same on every server they reach: what was read once need not be read ten thousand times. */
const known = new Map<string, KeyLineMeaning | undefined>();
const MOST_KNOWN = 20_000;

/** The meaning of a line in exactly the form that core/ssh writes; undefined for any other. */
export function readKeyLine(line: string): KeyLineMeaning | undefined {
  const before = known.get(line);
  if (before !== undefined || known.has(line)) return before;
  const meaning = meaningOf(line);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(line, meaning);
  return meaning;
}

function meaningOf(line: string): KeyLineMeaning | undefined {
  const reading = parseAuthorizedKeysLine(line);
  if (reading.kind !== 'key' || !reading.key.ok) return undefined;
  const { key } = reading.key;
  const limits = limitsOf(reading.options);
  try {
    return renderKeyLine(key, limits) === line ? { key, limits } : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function limitsOf(options: readonly KeyOption[]): KeyLimits {
  const has = (name: string): boolean => options.some((option) => option.name === name);
  const values = (name: string): readonly string[] =>
    options.filter((option) => option.name === name).map((option) => option.value ?? '');
  const [from] = values('from');
  const [command] = values('command');
  return {
    allow: {
      pty: has('pty'),
      agentForwarding: has('agent-forwarding'),
      x11: has('x11-forwarding'),
      forwardTo: values('permitopen'),
    },
    from: from?.split(','),
    command,
  };
}
