/**
 * The `HostKeyAlias` among the arguments that an inventory hands to ssh: under that name, and no other, the host key stands
 * in known_hosts. ssh_config(5). What else is said there is passed over: one's own ssh_config says how a server is reached.
 */

/** In the order in which Ansible hands them over: ssh takes the first of several. Its ssh connection plugin says which. */
export const SSH_ARGUMENTS = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'] as const;

const OPTION = /^\s*hostkeyalias(?:\s*=\s*|\s+)([a-z0-9][a-z0-9:._-]*)\s*$/i;

/** Undefined where there is none; `not-understood` where one stands there in a way that is not read here. */
export function hostKeyAlias(host: string, given: readonly string[]): { readonly name: string } | 'not-understood' | undefined {
  const text = given.join(' ').replaceAll(/\{\{\s*inventory_hostname\s*\}\}/g, host);
  const words = [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
  let other = '';
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const option = word === '-o' ? (words[++i] ?? '') : word.startsWith('-o') ? word.slice(2) : undefined;
    if (option === undefined) other += ` ${word}`;
    else if (/^\s*hostkeyalias/i.test(option)) {
      const name = OPTION.exec(option)?.[1];
      return name === undefined ? 'not-understood' : { name };
    }
  }
  // In a ProxyCommand it is another server's.
  return /hostkeyalias/i.test(other) ? 'not-understood' : undefined;
}
