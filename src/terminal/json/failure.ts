/** What any command prints with `--json` when it fails; the exit status is not 0 then. */
import * as v from 'valibot';
import { CODES } from '../../core/failure.ts';
import { finding, place } from './index.ts';

export const schema = v.strictObject({
  error: v.strictObject({
    code: v.picklist(Object.keys(CODES)),
    message: v.string(),
    exit: v.pipe(v.number(), v.integer()),
    next: v.exactOptional(v.pipe(v.string(), v.description('what to do next'))),
    place: v.exactOptional(place),
    findings: v.array(finding),
  }),
});
