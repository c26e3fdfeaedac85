/** Where this device keeps what is its own: the folders of the XDG Base Directory Specification, one for each organization. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { isName } from '../core/access/names.ts';
import { Failure } from '../core/failure.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface OwnFolders {
  /** Settings: `$XDG_CONFIG_HOME/keyward/ORGANIZATION`. */
  config(organization: string): string;
  /** The journal: `$XDG_STATE_HOME/keyward/ORGANIZATION`. */
  state(organization: string): string;
}

/** The specification says that a relative path in such a variable is passed over. */
export function ownFolders(env: Environment): OwnFolders {
  const home = absolute(env['HOME']) ?? homedir();
  const config = absolute(env['XDG_CONFIG_HOME']) ?? join(home, '.config');
  const state = absolute(env['XDG_STATE_HOME']) ?? join(home, '.local', 'state');
  return {
    config: (organization) => join(config, 'keyward', checked(organization)),
    state: (organization) => join(state, 'keyward', checked(organization)),
  };
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

/** The name becomes a folder, so it is looked at once more here. */
function checked(organization: string): string {
  if (isName(organization)) return organization;
  throw new Failure('policy', `not the name of an organization: ${JSON.stringify(organization.slice(0, 40))}`, {
    next: 'a name matches [a-z0-9][a-z0-9_-]{0,31}',
  });
}
