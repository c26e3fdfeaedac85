/** Who may be given access: employees and machines. No names, no e-mail addresses. */
import type { PublicKey } from '../ssh/public-key.ts';
import type { EmployeeId, MachineId, SubjectId } from './ids.ts';
import type { Instant } from './instant.ts';

interface PersonParts {
  /** The short name the policy gives. */
  readonly handle: string;
  /** What they log in with; one key belongs to one of them only. */
  readonly keys: readonly PublicKey[];
  /** Their Unix account, the same name on every server. */
  readonly account: string;
  /** Their uid where it must be equal everywhere; otherwise each server chooses. */
  readonly uid?: number;
  /** The id whose account this is from now on; without it an account is given to no second id. */
  readonly takesOver?: SubjectId;
  /** When they left: no grants from then on, whatever the rules say. */
  readonly left?: Instant;
}

/** A person, in the words of the policy an employee. */
interface Employee extends PersonParts {
  readonly kind: 'employee';
  readonly id: EmployeeId;
}

/** A robot, such as a deploy job, with the person who answers for it. */
interface Machine extends PersonParts {
  readonly kind: 'machine';
  readonly id: MachineId;
  readonly owner: EmployeeId;
}

/** Whoever a grant may be for. */
export type Person = Employee | Machine;

/** A person who may sign: a signer's handle is an employee's, their keys are not the employee's login keys. */
export interface Signer {
  readonly id: EmployeeId;
  readonly keys: readonly PublicKey[];
}
