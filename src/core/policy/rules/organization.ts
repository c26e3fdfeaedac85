/** The organization as a whole: who may sign, how many it takes, what may carry. */
import { nearest } from '../nearest.ts';
import type { PolicyRule, Subject } from './index.ts';

/** A signer counts with at least one key that may sign. */
function signersWithKeys({ keys }: Subject): number {
  return [...keys.signers.values()].filter(({ lines }) => lines.length > 0).length;
}

const thresholdFitsSigners: PolicyRule = (subject) => {
  const { threshold } = subject.policy;
  const signers = signersWithKeys(subject);
  if (threshold === undefined || [...subject.keys.signers.values()].some(({ broken }) => broken)) return;
  const place = threshold.at.value();
  if (signers === 0) {
    subject.report.error(
      'no-signers',
      place,
      'There is no key in signers/: nothing can be signed.',
      'Add signers/<handle>.pub.',
    );
  } else if (threshold.value > signers) {
    subject.report.error(
      'threshold-above-signers',
      place,
      `${threshold.value} signatures cannot be had from ${people(signers)}.`,
      `Write ${signers} or less, or add signers.`,
    );
  } else if (threshold.value === signers) {
    const lost = signers === 1 ? 'If that key is lost' : 'If one of them is lost or away';
    subject.report.warning(
      'threshold-equals-signers',
      place,
      `${signers === 1 ? 'There is one signer' : `All ${signers} signers must sign`}. ${lost}, nothing can be given any more.`,
      'Add a signer, or a spare key of one in a safe.',
    );
  }
};

function people(count: number): string {
  return count === 1 ? '1 signer' : `${count} signers`;
}

const signersAreEmployees: PolicyRule = ({ policy, keys, report }) => {
  if (!policy.whole) return;
  const names = new Set(policy.named.people.keys());
  const machines = new Set(policy.machines.map(({ name }) => name));
  const gone = new Set(policy.employees.flatMap(({ name, value }) => (value.left === undefined ? [] : [name])));
  const staying = [...keys.signers.values()].filter(({ name, lines }) => lines.length > 0 && !gone.has(name)).length;
  for (const { name, path } of keys.signers.values()) {
    if (machines.has(name))
      report.error('unknown-signer', { file: path }, `${name} is a machine; a signer is an employee.`);
    else if (!names.has(name)) {
      const near = nearest(name, names);
      report.error(
        'unknown-signer',
        { file: path },
        `There is no employee ${name}.`,
        near === undefined ? 'Add the employee, or delete this file.' : `Did you mean ${near}?`,
      );
    }
    if (!gone.has(name)) continue;
    const message = `${name} has left and can still sign.`;
    // An error would stop all that takes away, just when it is needed: nobody can delete the file at once.
    if (staying >= (policy.threshold?.value ?? 1)) report.error('signer-left', { file: path }, message, 'Delete this file.');
    else {
      const suggestion = 'Without them there are too few: add a signer or lower the threshold, and delete this file.';
      report.warning('signer-left', { file: path }, message, suggestion);
    }
  }
};

const somethingCarries: PolicyRule = ({ policy, keys, report }) => {
  const [first] = policy.servers;
  const files = [...keys.couriers.values()];
  if (first === undefined || files.some(({ lines, broken }) => broken || lines.length > 0)) return;
  report.error(
    'no-courier',
    first.at.key(),
    'There is no key in couriers/: nothing can be carried to a server.',
    'Add couriers/<name>.pub.',
  );
};

export const organizationRules: readonly PolicyRule[] = [thresholdFitsSigners, signersAreEmployees, somethingCarries];
