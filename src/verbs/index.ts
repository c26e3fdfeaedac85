/**
 * What keyward does, one file a verb. A verb reads the clone, asks the core what follows, touches the world through
 * world.ts, and gives back one value.
 *
 * Belongs here: the order of steps, what is written down before acting, and what becomes of every answer. Does not: how
 * anything is shown (terminal/), how a kind of target is reached (targets/), or any decision that can be taken without
 * the world (core/). A verb never asks what kind of target it has.
 */
export { readClone } from './clone.ts';
