/** What a provider of the policy needs before anything can be given there: shown, or made with one's own rights. */
import { Failure } from '../core/failure.ts';
import type { AbortSignalLike, Prepared, World } from '../world.ts';
import { readClone } from './clone.ts';
import { didYouMean } from './known-targets.ts';

export interface PrepareReport {
  readonly name: string;
  readonly id: string;
  readonly kind: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly parts: readonly Prepared[];
}

export interface PrepareOptions {
  readonly name: string;
  /** Who may take the roles that look and take away. */
  readonly trusts: string | undefined;
  readonly makes: boolean;
  readonly signal: AbortSignalLike;
}

/** Reads the policy as it lies here: nothing of it need be signed, since what is made gives nobody anything. */
export async function prepare(world: World, { name, trusts, makes, signal }: PrepareOptions): Promise<PrepareReport> {
  const clone = await readClone(world, { for: 'look' });
  const provider = clone.policy.providers.find((one) => one.name === name);
  if (provider === undefined) {
    const names = clone.policy.providers.map((one) => one.name);
    throw new Failure('not-found', `the policy has no provider ${name}`, {
      next: names.length === 0 ? 'write it under providers in access-policy.yaml' : (didYouMean(name, names) ?? `there is ${names.join(', ')}`),
    });
  }
  const settings = Object.fromEntries(provider.settings.map((one) => [one.name, one.value]));
  const place = { id: provider.id, name, kind: provider.kind, organization: clone.organization, address: '', port: 0, hostKeys: [], settings };
  if (makes && !(await world.terminal.confirm(`Make what keyward needs in ${name}?`, name))) {
    throw new Failure('risk', `nothing was made in ${name}`, { next: `--confirm ${name} makes it without asking` });
  }
  const outcome = await world.prepare(place, { groups: provider.mayGive.groups, policies: provider.mayGive.policies, trusts }, makes, signal);
  if (outcome.kind === 'done') return { name, id: provider.id, kind: provider.kind, settings, parts: outcome.value };
  throw new Failure(outcome.kind === 'refused' ? 'trust' : 'unreachable', `${name}: ${outcome.why}`, {
    next: "use an administrator's rights of that account",
  });
}
