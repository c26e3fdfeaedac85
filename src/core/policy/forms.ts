/**
 * Forms of what people write besides names: addresses, networks, commands. Each by a list of what is allowed; what ends
 * in the options of a key has the form that core/ssh writes there.
 */
import { sudoCommandFault } from '../access/index.ts';
import { keyCommandFault, networkFault as addressFault } from '../ssh/index.ts';

export { isHost, isHostPort } from '../ssh/index.ts';

const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/** What is wrong with an address or a network in CIDR form, and on a second line what it should be; undefined: nothing. */
export function networkFault(text: string): string | undefined {
  const fault = addressFault(text);
  return fault === undefined || fault.suggestion === undefined
    ? fault?.message
    : `${fault.message}\n${fault.suggestion}`;
}

/** Whether a network holds every address, so that it limits nothing. */
export function isEverywhere(text: string): boolean {
  return text.endsWith('/0') && networkFault(text) === undefined;
}

/** A fingerprint as `ssh-keygen -l` prints it. */
export function isFingerprint(text: string): boolean {
  return FINGERPRINT.test(text);
}

/** What is wrong with a command in the list of a sudo rule. */
export function commandFault(text: string): string | undefined {
  return text === 'ALL' ? 'Everything is commands: ALL, without a list' : sudoCommandFault(text)?.replace(/\.$/, '');
}

/** What is wrong with the one command of a rule's `command`. */
export function fixedCommandFault(text: string): string | undefined {
  const fault = keyCommandFault(text);
  return fault === undefined ? undefined : `It ${fault}`;
}
