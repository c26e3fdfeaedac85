/** `keyward approve --json`. */
export { approved as schema } from './values.ts';
