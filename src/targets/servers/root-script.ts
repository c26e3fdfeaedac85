/** The script that root runs to enroll a server or to take it out: section 10 of docs/formats.md, rendered. */
import type { EmployeeId } from '../../core/access/ids.ts';
import { Failure } from '../../core/failure.ts';
import type { PublicKey } from '../../core/ssh/public-key.ts';
import { joinSigned } from '../../core/texts/index.ts';
import type { SignedText } from '../../core/texts/index.ts';

/** The programs that run on servers. */
export interface Programs {
  readonly receive: string;
  readonly look: string;
  readonly enroll: string;
}

export type Phase = 'look' | 'install' | 'revert' | 'remove';

/** What the prologue says. */
export interface Prologue {
  readonly phase: Phase;
  readonly organization: string;
  readonly target: string;
  readonly nonce: string;
  readonly hostKeys: readonly PublicKey[];
  readonly couriers: readonly PublicKey[];
  readonly release: SignedText;
  /** `remove`: sha256 of the receipt that was stored. */
  readonly receipt?: string;
  /** `remove`: whether today's grants stay as plain files. */
  readonly keep?: boolean;
  /** `install`: who enrolls it, so that the server can tell later that they had root. */
  readonly by?: EmployeeId;
  /** `install`: how many seconds it waits for the courier; the program's own 120 when left out. */
  readonly wait?: number;
}

const END = 'KEYWARD-END';

/** Cut off anywhere it does nothing: its last line is the call. Throws `internal` for what could not be quoted. */
export function rootScript(prologue: Prologue, programs: Programs): string {
  const { phase, organization, target, nonce, hostKeys, couriers, release, receipt = '-', keep = false, by = '-', wait } = prologue;
  const keys = (list: readonly PublicKey[]): string => list.map((key) => key.line).join('\n');
  const variables = {
    phase,
    organization,
    target,
    nonce,
    host_keys: keys(hostKeys),
    couriers: keys(couriers),
    receipt,
    keep: keep ? 'yes' : 'no',
    by,
    ...(wait === undefined ? {} : { wait: String(wait) }),
  };
  const { receive, look, enroll } = programs;
  const parts = { release: joinSigned(release), receive, look, enroll };
  return [
    '#!/bin/sh\n# Run by root: keyward enrolls this server, or takes it out. Nothing is done before the last line was read.\n',
    ...Object.entries(variables).map(([name, value]) => `keyward_${name}=${quoted(value)}\n`),
    'keyward_part() {\ncase $1 in\n',
    ...Object.entries(parts).map(([name, text]) => `${name}) cat <<'${END}'\n${part(name, text)}${END}\n;;\n`),
    'esac\n}\neval "$(keyward_part enroll)"\n',
  ].join('');
}

function quoted(value: string): string {
  if (/^[ -&(-~\n]*$/.test(value)) return `'${value}'`;
  throw new Failure('internal', 'a value for a script holds a quote or something that is not ASCII');
}

function part(name: string, text: string): string {
  const lines = text.split('\n');
  if (lines.at(-1) === '' && !lines.includes(END) && !/[^\P{Cc}\t\n]/u.test(text)) return text;
  throw new Failure('internal', `${name} cannot be put into a script: its end, or a control character`);
}
