/** `keyward server enroll --json`. */
import * as v from 'valibot';
import { amount } from './index.ts';
import { number, paths } from './values.ts';

export const schema = v.strictObject({
  name: v.string(),
  id: v.string(),
  hostKeys: v.array(v.string()),
  times: v.pipe(number, v.description('how often it was enrolled')),
  found: v.array(v.strictObject({ word: v.string(), fields: v.array(v.string()) })),
  accepted: amount,
  written: paths,
});
