/**
 * The room core/policy: from the files people write to what they mean.
 *
 * The way through: text (yaml-text.ts) → written policy (read.ts, whose shape written.ts says) → findings (rules/, one small
 * named function for each) → compiled policy (compile.ts). The written policy and the compiled one are two types. What
 * commands change in the files is in edit.ts.
 *
 * Belongs here: everything that knows YAML or how a policy is spelled. Does not: files on a disk, the texts that are
 * signed, and what to do about a finding.
 */
export * from './compiled.ts';
export { compilePolicy, readNames } from './compile.ts';
export * from './edit.ts';
export type { WrittenAccepted, WrittenEmployee, WrittenMachine, WrittenServer } from './written.ts';
export { readHostList } from './host-lists.ts';
export type { HostList, Listed, PassedOver } from './host-lists.ts';
export { nearest } from './nearest.ts';
