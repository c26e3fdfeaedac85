/**
 * Who may reach what: people, servers, grants, and the sums of grants. The compiled meaning of a policy, without a word
 * of its syntax.
 *
 * Belongs here: ids and names and their forms, instants, Person, Server, Grant, and reach (which grants add up to what).
 * Does not: how any of it is written in a policy file (core/policy), how it is written into a signed text (core/texts), or
 * whether a key is a good one (core/ssh).
 */
export * from './ids.ts';
export * from './names.ts';
export * from './instant.ts';
export * from './person.ts';
export * from './server.ts';
export * from './grant.ts';
export * from './reach.ts';
export * from './sudo-command.ts';
