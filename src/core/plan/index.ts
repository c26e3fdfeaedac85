/**
 * Two releases, compared: who gains and who loses what, in order, and what of it is a risk that has a name.
 *
 * The plan is a value: `plan` prints the very object that `approve` shows and asks about. Belongs here: what a difference
 * is, which way it goes, in which order it is told, and which risks there are. Does not: how a plan is shown (terminal/),
 * what a policy says (the rules come in), and whether a receipt vouches for a removal (that comes in as well).
 */
export * from './change.ts';
export * from './compared.ts';
export * from './plan.ts';
export * from './risks.ts';
