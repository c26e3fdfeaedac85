/**
 * Programs that open a shell, run what they are told or write any file: with one of them through sudo, a person has all
 * that `run-as` has. By name only, so never complete: what is not here is not shown to be harmless, and a script is what
 * it does. Arguments in a policy are fixed, so a program counts only where the listed ones (or none) leave a way out.
 */

type Condition =
  /** Whatever the arguments. */
  | 'always'
  /** Without arguments it asks for input or works on what it is given. */
  | 'without arguments'
  /** With an argument like this, or without any. */
  | RegExp;

const EDITORS =
  'vi vim vim.basic vim.tiny nvim view vimdiff rvim nano pico ed ex emacs mg joe jed micro ne visudo vipw vigr sudoedit';
const PAGERS = 'less more most pg man info zless bzless xzless';
const SHELLS = 'sh bash dash ash zsh ksh mksh csh tcsh fish rbash busybox';
const RUNNERS =
  'sudo su doas runuser setpriv pkexec chroot nsenter unshare systemd-run script screen tmux expect xargs parallel watch entr strace ltrace gdb ssh rsync socat nc ncat tar zip make ansible ansible-playbook docker podman ctr nerdctl kubectl lxc lxd incus virsh snap flatpak';
const LANGUAGES =
  'awk gawk mawk nawk perl python python2 python3 ruby node lua php tclsh irb ghci R julia pip pip3 npm gem';
const CLIENTS = 'mysql mariadb psql sqlite3 ftp sftp telnet lftp mutt mail';
const WRITERS =
  'dd tee cp mv install ln chmod chown chattr setfacl sed patch mount useradd usermod passwd chpasswd adduser groupmod gpasswd crontab at batch debugfs dpkg rpm';

const words = (list: string, condition: Condition): [string, Condition][] =>
  list.split(' ').map((name) => [name, condition]);

const ESCAPES: ReadonlyMap<string, Condition> = new Map<string, Condition>([
  ...words(EDITORS, 'always'),
  ...words(PAGERS, 'always'),
  ...words(RUNNERS, 'always'),
  ...words(LANGUAGES, 'always'),
  ...words(WRITERS, 'always'),
  // A shell that is given a script runs that script; on its own, or with -c and -i, it is a shell.
  ...words(SHELLS, /^-[a-z]*[cis]/),
  ...words(CLIENTS, 'always'),
  ['env', /./],
  ['nice', /./],
  ['nohup', /./],
  ['timeout', /./],
  ['time', /./],
  ['ionice', /./],
  ['taskset', /./],
  ['find', /^-(?:exec|execdir|ok|okdir|delete|fprintf?|fls)$/],
  ['git', /^(?:-c|-p|--paginate|help|log|diff|show|branch|grep|config|commit|rebase|clone|pull|fetch)$/],
  ['tcpdump', /^-[a-z]*z/],
  ['apt', /^(?:-o|changelog|install|upgrade|full-upgrade|dist-upgrade|update)/],
  ['apt-get', /^(?:-o|changelog|install|upgrade|full-upgrade|dist-upgrade|update)/],
  ['yum', /^(?:-c|install|update|upgrade|localinstall)/],
  ['dnf', /^(?:-c|install|update|upgrade|localinstall)/],
  ['openssl', 'without arguments'],
]);

/** Those of systemd that show through a pager, which opens a shell, or edit a unit, which is run as root. */
const SYSTEMCTL = /^(?:edit|link|set-environment|import-environment|status|show|cat|help|list-[a-z-]+)$/;
const EDITS = /^(?:edit|link|set-environment|import-environment)$/;

export interface Escape {
  /** Why the command gives more than it seems to, as a sentence. */
  readonly says: string;
  readonly instead: string;
}

const SCRIPT = 'List a script of your own that does the one thing, owned by root.';

/** Why a command of a sudo rule gives more than it seems to; undefined: nothing is known. */
export function sudoEscape(command: string): Escape | undefined {
  const [path = '', ...args] = command.split(' ');
  const program = (path.split('/').at(-1) ?? '').replace(/(?<=^(?:python|perl|ruby|lua|php))[0-9.]+$/, '');
  if (program === 'systemctl' || program === 'journalctl') return pagerEscape(program, args);
  const condition = ESCAPES.get(program);
  if (condition === undefined) return undefined;
  const says = { says: `${program} can open a shell, run other programs or write any file.`, instead: SCRIPT };
  if (condition === 'always') return says;
  if (args.length === 0) return condition === 'without arguments' || !condition.test('x') ? says : undefined;
  return condition !== 'without arguments' && args.some((arg) => condition.test(arg)) ? says : undefined;
}

function pagerEscape(program: string, args: readonly string[]): Escape | undefined {
  if (args.includes('--no-pager')) return undefined;
  const paged =
    program === 'journalctl'
      ? !args.some((arg) => /^--(?:flush|sync|rotate|vacuum-.*)$/.test(arg))
      : args.length === 0 || args.some((arg) => SYSTEMCTL.test(arg));
  if (!paged) return undefined;
  if (args.some((arg) => EDITS.test(arg)))
    return { says: `systemctl ${args.find((arg) => EDITS.test(arg)) ?? ''} changes what root runs.`, instead: SCRIPT };
  return {
    says: `${program} shows this in a pager, from which a shell can be opened.`,
    instead: 'Add --no-pager to it.',
  };
}
