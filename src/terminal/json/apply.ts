/** `keyward apply --json`. */
import * as v from 'valibot';
import { approved, delivered, status } from './values.ts';

export const schema = v.strictObject({ approved, delivered: v.exactOptional(delivered), status });
