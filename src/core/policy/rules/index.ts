/**
 * The rules of a policy: what `keyward check` finds beyond the shape. One small function for each, one file for each
 * thing they are about. A rule looks at everything and reports; it never changes or throws, and its name is stable.
 */
import type { Instant } from '../../access/index.ts';
import type { PolicyFiles, Sha256 } from '../compiled.ts';
import type { KeyFiles } from '../key-files.ts';
import type { Reaches } from '../reach-of-rules.ts';
import type { ReadPolicy } from '../read.ts';
import type { Report } from '../report.ts';
import { accountRules } from './accounts.ts';
import { keyRules } from './keys.ts';
import { limitRules } from './limits.ts';
import { organizationRules } from './organization.ts';
import { peopleRules } from './people.ts';
import { providerRules } from './providers.ts';
import { revokedRules } from './revoked.ts';
import { selectorRules } from './selectors.ts';
import { serverRules } from './servers.ts';
import { sudoRules } from './sudo.ts';

/** All that a rule may look at. */
export interface Subject {
  readonly policy: ReadPolicy;
  readonly keys: KeyFiles;
  readonly reaches: Reaches;
  readonly files: PolicyFiles;
  readonly now: Instant;
  readonly sha256: Sha256;
  readonly report: Report;
}

export type PolicyRule = (subject: Subject) => void;

export const RULES: readonly PolicyRule[] = [
  ...organizationRules,
  ...peopleRules,
  ...accountRules,
  ...serverRules,
  ...keyRules,
  ...selectorRules,
  ...limitRules,
  ...sudoRules,
  ...providerRules,
  ...revokedRules,
];
