/** Who and what is on stage, handed from scene to scene. */
import type { TestServer } from '../test/fleet/index.ts';
import type { Admin } from './admin.ts';
import type { Checks } from './checks.ts';
import type { Narrator } from './narrator.ts';
import type { Person } from './person.ts';
import type { Stage } from './stage.ts';

export interface Cast {
  readonly stage: Stage;
  readonly narrator: Narrator;
  readonly checks: Checks;
  readonly servers: readonly TestServer[];
  readonly web1: TestServer;
  readonly web2: TestServer;
  readonly db1: TestServer;
  /** Sign both; each has a clone of the repository on a device of her own. */
  readonly alice: Admin;
  readonly dana: Admin;
  /** Employees. */
  readonly bob: Person;
  readonly carol: Person;
  /** A machine. */
  readonly shop: Person;
}
