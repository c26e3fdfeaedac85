/** Servers: addresses, host keys, what is accepted and adopted there. */
import { SERVER_WAYS } from '../../access/index.ts';
import { nearest } from '../nearest.ts';
import { dayOf } from './people.ts';
import type { PolicyRule } from './index.ts';

const addressesOnce: PolicyRule = ({ policy, report }) => {
  const before = new Map<string, string>();
  for (const { name, value, at } of policy.servers) {
    const address = `${value.address} ${value.port ?? 22}`;
    const other = before.get(address);
    if (other === undefined) before.set(address, name);
    else
      report.warning(
        'address-twice',
        at.value('address'),
        `${other} has the same address and port.`,
        'If they are reached in different ways, say how with via in your own settings.',
      );
  }
};

const hostKeysAreThere: PolicyRule = ({ policy, keys, report }) => {
  for (const { name, at } of policy.servers) {
    const file = keys.servers.get(name);
    if (file?.broken === true || file?.lines.some(({ key }) => !isNext(key.comment)) === true) continue;
    const missing = file === undefined ? `servers/${name}.pub is missing` : `servers/${name}.pub holds no present key`;
    report.error(
      'no-host-key',
      at.key(),
      `keyward does not know the host key of ${name}: ${missing}.`,
      `Run keyward server enroll ${name}.`,
    );
  }
};

/** A host key that a server may have next carries the word `next` as its comment. */
export function isNext(comment: string): boolean {
  return comment === 'next';
}

const acceptedSaysOneThing: PolicyRule = ({ policy, report }) => {
  for (const { value, at } of policy.servers) {
    for (const [index, accepted] of (value.accepted ?? []).entries()) {
      const kinds = SERVER_WAYS.filter((kind) => accepted[kind] !== undefined);
      if (kinds.length === 1) continue;
      report.error(
        'accepted-kind',
        at.value('accepted', index),
        kinds.length === 0
          ? 'This does not say which way in is accepted.'
          : `This names ${kinds.length} ways in at once.`,
        `Write one of ${SERVER_WAYS.join(', ')}.`,
      );
    }
  }
};

const adoptedPeopleExist: PolicyRule = ({ policy, report }) => {
  for (const { value, at } of policy.servers) {
    for (const [index, handle] of (value.adopt ?? []).entries()) {
      if (!policy.whole || policy.named.people.has(handle)) continue;
      const near = nearest(handle, policy.named.people.keys());
      report.error(
        'unknown-person',
        at.value('adopt', index),
        `There is no employee or machine ${handle}.`,
        near === undefined ? undefined : `Did you mean ${near}?`,
      );
    }
  }
};

const removedIsNotAhead: PolicyRule = ({ policy, now, report }) => {
  for (const { name, value, at } of policy.servers) {
    const removed = dayOf(value.removed);
    if (removed === undefined || removed <= now) continue;
    report.error(
      'removed-ahead',
      at.value('removed'),
      `removed says that ${name} was taken out; this day is still to come.`,
    );
  }
};

export const serverRules: readonly PolicyRule[] = [
  addressesOnce,
  hostKeysAreThere,
  acceptedSaysOneThing,
  adoptedPeopleExist,
  removedIsNotAhead,
];
