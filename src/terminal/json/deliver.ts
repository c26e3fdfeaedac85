/** `keyward deliver --json`. */
export { delivered as schema } from './values.ts';
