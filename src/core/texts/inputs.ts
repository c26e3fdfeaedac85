/** The list of files a release was compiled from: `releases/N/inputs`, which never leaves the repository. */
import { hash, row } from './fields.ts';
import type { Hash } from './fields.ts';
import { byBytes, CAPS, many, text } from './grammar.ts';
import type { Breach, Field } from './grammar.ts';

/** One file by its hash; the path is relative to the repository. */
export interface Input {
  readonly hash: Hash;
  readonly path: string;
}

export interface Inputs {
  readonly inputs: readonly Input[];
}

const path: Field<string> = {
  form: 'a path of [A-Za-z0-9._/-]+',
  read: (spelled) => (/^[A-Za-z0-9._/-]+$/.test(spelled) ? { value: spelled } : undefined),
  write: (value) => value,
};

/** Reads and writes lists of inputs. The sha256 of the bytes stands in the release. */
export const inputs = text<Inputs>(
  'inputs',
  { inputs: many('input', row<Input>({ hash, path }), (a, b) => byBytes(a.path, b.path)) },
  CAPS.inputs,
  laws,
);

function laws(value: Inputs): Breach | undefined {
  const paths = new Set(value.inputs.map((input) => input.path));
  if (paths.size === value.inputs.length) return undefined;
  return { reason: 'spelling', message: 'a path stands twice', word: 'input' };
}
