/** Holds JSON that a command printed against the schema it promises. */
import * as v from 'valibot';
import { jsonSchemas } from '../../tools/surface.ts';

const schemas = await jsonSchemas();

export function schemaNames(): string[] {
  return [...schemas.keys()];
}

/** What is wrong with `json` for the schema of this name; nothing when nothing is. */
export function jsonFaults(name: string, json: string): string[] {
  const schema = schemas.get(name);
  if (schema === undefined) return [`there is no schema ${name}`];
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return [`stdout is no JSON: ${json.slice(0, 80)}`];
  }
  return (
    v.safeParse(schema, value).issues?.map((issue) => `${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`) ?? []
  );
}
