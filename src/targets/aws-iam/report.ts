/**
 * The credential report: one text for everybody in the account, made at most every four hours. What it says may be that
 * old, so it is never evidence that somebody is out, and what it has no line for is asked of AWS itself. Columns as
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html gives them.
 */
import { instantOf } from '../../core/access/index.ts';
import type { Instant } from '../../core/access/index.ts';
import type { Caller } from './iam.ts';

/** Of one access key: the report has two places and no ids. */
export interface ReportedKey {
  readonly made: Instant | undefined;
  readonly used: Instant | undefined;
}

export interface Reported {
  /** Tells a namesake of today from the user of the report. */
  readonly created: Instant | undefined;
  /** Undefined: there is none. */
  readonly password: ReportedKey | undefined;
  readonly mfa: boolean;
  /** Those that are active. */
  readonly keys: readonly ReportedKey[];
  /** Whether a signing certificate is active. */
  readonly certificate: boolean;
}

/** By ARN; made when there is none younger than four hours. */
export async function credentialReport(caller: Caller): Promise<ReadonlyMap<string, Reported>> {
  for (let round = 0; ; round += 1) {
    const { State } = await caller.call((iam, options) => iam.generateCredentialReport({}, options));
    if (State === 'COMPLETE') break;
    if (round > 50) throw new Error('the credential report does not come');
    await caller.rest(Math.min(caller.settle / 10, 1000));
  }
  const { Content } = await caller.call((iam, options) => iam.getCredentialReport({}, options));
  return readReport(new TextDecoder().decode(Content));
}

/** Throws for a report without the columns that are asked for: nothing is guessed. */
export function readReport(text: string): ReadonlyMap<string, Reported> {
  const [head = '', ...rows] = text.split('\n').filter((line) => line !== '');
  const columns = head.split(',');
  const at = (column: string): number => {
    const found = columns.indexOf(column);
    if (found < 0) throw new Error(`the credential report has no column ${column}`);
    return found;
  };
  const places = { arn: at('arn'), created: at('user_creation_time'), mfa: at('mfa_active'), password: at('password_enabled') };
  const password = { made: at('password_last_changed'), used: at('password_last_used') };
  const keys = [1, 2].map((one) => ({ active: at(`access_key_${one}_active`), made: at(`access_key_${one}_last_rotated`), used: at(`access_key_${one}_last_used_date`) }));
  const certificates = [at('cert_1_active'), at('cert_2_active')];
  return new Map(
    rows.flatMap((row) => {
      const cells = row.split(',');
      // A name or a path with a comma in it would move what stands behind it, and could speak for somebody else.
      if (cells.length !== columns.length) return [];
      const is = (place: number): boolean => cells[place] === 'true';
      const when = ({ made, used }: { readonly made: number; readonly used: number }): ReportedKey => ({ made: time(cells[made]), used: time(cells[used]) });
      const one: Reported = {
        created: time(cells[places.created]),
        password: is(places.password) ? when(password) : undefined,
        mfa: is(places.mfa),
        keys: keys.filter(({ active }) => is(active)).map(when),
        certificate: certificates.some(is),
      };
      return [[cells[places.arn] ?? '', one] as const];
    }),
  );
}

/** Undefined for `N/A`, `no_information` and whatever else is no time. */
function time(cell = ''): Instant | undefined {
  const milliseconds = /^\d{4}-\d\d-\d\dT/.test(cell) ? Date.parse(cell) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : instantOf(Math.floor(milliseconds / 1000));
}
