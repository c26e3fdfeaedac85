/**
 * Ranges in the names of an Ansible inventory, written out: `web[01:20].example.com`, `db-[a:f]`, `node[1:9:2]`, several in
 * one name. docs.ansible.com, "How to build your inventory", adding ranges of hosts.
 */

const RANGE = /\[([^\]]*)\]/;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** More is no list that a person wrote for servers they have. */
const MOST = 10_000;

/** Every host that a name means, in order; a text says why nobody can tell. A name without a range means itself. */
export function writtenOut(name: string): readonly string[] | string {
  let names: readonly string[] = [name];
  while (names.some((one) => RANGE.test(one))) {
    const found = RANGE.exec(names[0] ?? '');
    const members = membersOf(found?.[1] ?? '');
    if (typeof members === 'string') return members;
    if (names.length * members.length > MOST) return `a range of more than ${MOST} hosts`;
    names = names.flatMap((one) => members.map((member) => one.replace(RANGE, () => member)));
  }
  return names;
}

/** From, to (both are meant) and step. */
function membersOf(range: string): readonly string[] | string {
  const [from = '', to = '', step = '1', ...more] = range.split(':');
  const by = Number(step);
  if (more.length > 0 || !/^[1-9]\d{0,4}$/.test(step) || !range.includes(':')) return `not a range: [${range}]`;
  if (/^[a-zA-Z]$/.test(from) && /^[a-zA-Z]$/.test(to)) {
    return stepped(LETTERS.indexOf(from), LETTERS.indexOf(to), by, (at) => LETTERS[at] ?? '');
  }
  if (!/^\d{0,9}$/.test(from) || !/^\d{1,9}$/.test(to)) return `not a range: [${range}]`;
  const padded = from.length > 1 && from.startsWith('0');
  if (padded && from.length !== to.length) return `a range with zeros in front has ends of one length: [${range}]`;
  return stepped(Number(from), Number(to), by, (at) => (padded ? String(at).padStart(from.length, '0') : String(at)));
}

function stepped(from: number, to: number, by: number, spell: (at: number) => string): readonly string[] | string {
  if (to < from) return 'a range that ends before it begins';
  if ((to - from) / by >= MOST) return `a range of more than ${MOST} hosts`;
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => spell(from + i * by));
}
