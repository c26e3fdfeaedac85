/** Does a value have its written shape? Turns every issue of the schema into a finding with its place. */
import * as v from 'valibot';
import { asciiTwin } from './characters.ts';
import type { At } from './at.ts';
import { nearest } from './nearest.ts';
import { list } from './report.ts';
import type { Report } from './report.ts';
import { BROKEN, kindOf } from './yaml-values.ts';

type Issue = v.BaseIssue<unknown>;
type Steps = readonly (string | number)[];

/** The value in its shape; undefined when it has another, which is then reported. */
export function shapeOf<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  at: At,
  report: Report,
): v.InferOutput<Schema> | undefined {
  if (value === BROKEN) return undefined;
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  for (const issue of result.issues) reportIssue(issue, schema, at, report);
  return undefined;
}

function reportIssue(issue: Issue, schema: v.GenericSchema, at: At, report: Report): void {
  if (issue.input === BROKEN) return;
  const steps = (issue.path ?? []).map((item) => item.key as string | number);
  const last = String(steps.at(-1) ?? '');
  const keyIsMeant = issue.path?.at(-1)?.origin === 'key';
  if (keyIsMeant && issue.input === undefined) {
    report.error(
      'missing-field',
      at.key(...steps.slice(0, -1)),
      `${what(at, steps.slice(0, -1))} has no ${last}.`,
      `Add ${last}.`,
    );
    return;
  }
  const colon = issue.message.indexOf(': ');
  const rule = issue.message.slice(0, colon);
  const [sentence = '', suggestion] = issue.message.slice(colon + 2).split('\n');
  if (rule === 'unknown-field') reportUnknown(steps, schema, at, report);
  else if (rule === 'wrong-type') reportType(issue, sentence, at.value(...steps), report);
  else reportForm(rule, sentence, suggestion, issue, keyIsMeant ? at.key(...steps) : at.value(...steps), report);
}

function reportUnknown(steps: Steps, schema: v.GenericSchema, at: At, report: Report): void {
  const field = String(steps.at(-1));
  const known = fieldsAt(schema, steps.slice(0, -1));
  const near = nearest(field, known);
  const may = known.length === 0 ? undefined : `Fields here are ${list(known, 12)}.`;
  report.error(
    'unknown-field',
    at.key(...steps),
    `There is no field ${field} here.`,
    near === undefined ? may : `Did you mean ${near}?`,
  );
}

function reportType(issue: Issue, wanted: string, place: ReturnType<At['value']>, report: Report): void {
  const { input } = issue;
  const scalar = typeof input === 'number' || typeof input === 'boolean';
  const quote = scalar && wanted.includes('text') ? `Put it in quotes: "${String(input)}".` : undefined;
  const asList =
    typeof input === 'string' && wanted.startsWith('a list') ? `Write it as a list: [${input}].` : undefined;
  report.error('wrong-type', place, `This must be ${wanted}, not ${kindOf(input)}.`, quote ?? asList);
}

function reportForm(
  rule: string,
  sentence: string,
  suggestion: string | undefined,
  issue: Issue,
  place: ReturnType<At['value']>,
  report: Report,
): void {
  const input = typeof issue.input === 'string' ? issue.input : '';
  const names = rule === 'name-form' || rule === 'account-form';
  const lower =
    names && /^[a-z][a-z0-9_-]{0,31}$/.test(input.toLowerCase()) ? `Write ${input.toLowerCase()}.` : undefined;
  const twin = names && /[^ -~]/.test(input) ? asciiTwin(input) : undefined;
  const near = rule === 'allow-unknown' ? nearest(input, ['pty', 'agent-forwarding', 'x11']) : undefined;
  if (twin === undefined)
    report.error(rule, place, `${sentence}.`, near === undefined ? (suggestion ?? lower) : `Did you mean ${near}?`);
  else
    report.error(
      'lookalike-name',
      place,
      `This name holds letters that only look like ${twin}.`,
      `Write ${twin} in ASCII.`,
    );
}

function what(at: At, steps: Steps): string {
  return [at.name, ...steps].join(' ').trim() || 'This file';
}

/** The fields a mapping at a path may have. */
function fieldsAt(schema: v.GenericSchema, steps: Steps): readonly string[] {
  const [step, ...rest] = steps;
  const parts = variants(schema);
  if (step === undefined)
    return parts.flatMap((part) => ('entries' in part ? Object.keys(part.entries as object) : []));
  return parts.flatMap((part) => {
    const { entries, item, value } = part as {
      entries?: Record<string, v.GenericSchema>;
      item?: v.GenericSchema;
      value?: v.GenericSchema;
    };
    const next = entries?.[step] ?? item ?? value;
    return next === undefined ? [] : fieldsAt(next, rest);
  });
}

/** A schema with its wrappings taken off: optional, pipe, union. */
function variants(schema: v.GenericSchema): readonly v.GenericSchema[] {
  const { wrapped, pipe, options } = schema as {
    wrapped?: v.GenericSchema;
    pipe?: readonly v.GenericSchema[];
    options?: readonly unknown[];
  };
  if (pipe !== undefined)
    return pipe
      .filter((part) => part.kind === 'schema')
      .flatMap((part) => (part === schema ? [] : variants({ ...part, pipe: undefined } as v.GenericSchema)));
  if (wrapped !== undefined) return variants(wrapped);
  return schema.type === 'union' ? (options as readonly v.GenericSchema[]).flatMap(variants) : [schema];
}
