/** `keyward plan --json`. */
export { plan as schema } from './values.ts';
