/**
 * The forms of names that people choose. Everything that reaches a path, a key line or a sudo line is checked here
 * against a list of what is allowed, never against a list of what is not.
 */

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const ACCOUNT = /^[a-z][a-z0-9_-]{0,31}$/;
const FOUND_ACCOUNT = /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}\$?$/;

/** A handle, a server's name or an organization: `[a-z0-9][a-z0-9_-]{0,31}`. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** A Unix account that keyward may make or take over: `[a-z][a-z0-9_-]{0,31}`. */
export function isAccountName(text: string): boolean {
  return ACCOUNT.test(text);
}

/** An account as it may be found on a server, which need not have the form keyward gives. */
export function isFoundAccountName(text: string): boolean {
  return FOUND_ACCOUNT.test(text);
}

/** Names that are given to nobody: root, and keyward's own. Uids below UID_MIN only the server can tell. */
export function isReservedAccount(text: string): boolean {
  return text === 'root' || text.startsWith('keyward');
}
