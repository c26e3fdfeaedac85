/** A plan as the comment under a pull request: who gains in the open and first, all else folded. */
import type { Change } from '../core/plan/index.ts';
import type { PlanReport } from '../verbs/plan.ts';
import { placeText } from './findings-text.ts';
import { code, comment, type Part } from './markdown.ts';
import { count } from './style.ts';

export function planMarkdown(report: PlanReport, longest?: number): string {
  const of = (direction: Change['direction']): readonly Change[] =>
    report.changes.filter((change) => change.direction === direction);
  const [gains, losses, others] = [of('widens'), of('narrows'), of('neutral')];
  const parts: readonly Part[] = [
    { title: `Who gains (${gains.length})`, lines: whoGains(gains), folded: false },
    {
      title: 'Risks that a signer must accept by name',
      lines: report.risks.map((risk) => `- ${code(risk.message)}: ${code(`--accept-risk ${risk.name}`)}`),
      folded: false,
    },
    {
      title: `Every gain, with the line of the policy that gives it (${gains.length})`,
      lines: gains.map(changeLine),
      folded: true,
    },
    { title: `Who loses (${losses.length})`, lines: losses.map(changeLine), folded: true },
    { title: `Targets, keys, couriers, revocations (${others.length})`, lines: others.map(changeLine), folded: true },
  ];
  const shown = parts.filter((part) => part.lines.length > 0);
  return comment(headOf(report, gains.length, losses.length, others.length), shown, 'run `keyward plan`', longest);
}

function headOf(report: PlanReport, gains: number, losses: number, others: number): readonly string[] {
  const { base, looked, trusted } = report;
  const against =
    base === undefined
      ? 'No release is signed yet'
      : `Against release ${base.number} (${code(base.hash.slice(0, 12))})`;
  const of = `${count(looked.people, 'person', 'people')} on ${count(looked.servers, 'target')} compared, ${count(looked.accesses, 'access', 'accesses')}`;
  const sum = gains + losses + others === 0 ? 'No changes' : `${gains} to gain, ${losses} to lose, ${others} else`;
  return [
    `### Access plan of ${code(report.organization)}: ${sum}`,
    '',
    `${against}; ${of}. Nothing of it holds before the signers have signed.`,
    ...(trusted || base === undefined
      ? []
      : ['', '⚠ Release 1 was taken as it lies here: `KEYWARD_FIRST_RELEASE` is not set.']),
  ];
}

/** A line for each person, with the servers and the rules; then what is nobody's own. */
function whoGains(gains: readonly Change[]): readonly string[] {
  const people = new Map<string, Change[]>();
  for (const change of gains) {
    const name = change.person?.name ?? '';
    people.set(name, [...(people.get(name) ?? []), change]);
  }
  return [...people].flatMap(([name, own]) => {
    if (name === '') return own.map(changeLine);
    const there = own.filter(({ server }) => server !== undefined);
    const words = (changes: readonly Change[]): string =>
      [...new Set(changes.map(({ kind }) => kind.replaceAll('-', ' ')))].join(', ');
    const servers = few(there.flatMap(({ server }) => server?.name ?? []));
    const rules = few(there.flatMap((change) => change.rules.map((rule) => rule.name)));
    const parts = [
      there.length === 0 ? '' : `${words(there)} on ${servers}${rules === '' ? '' : `, by ${rules}`}`,
      words(own.filter(({ server }) => server === undefined)),
    ];
    return [`- **${code(name)}** ${parts.filter((part) => part !== '').join('; ')}`];
  });
}

function few(all: readonly string[]): string {
  const names = [...new Set(all)];
  const shown = names.slice(0, 10).map(code).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

function changeLine({ person, server, kind, detail, rules }: Change): string {
  const on = server === undefined ? '' : `${person === undefined ? '' : ' on '}${code(server.name)}`;
  const subject = `${person === undefined ? '' : code(person.name)}${on}`;
  const by = rules.map((rule) => ` — ${code(rule.name)} ${code(placeText(rule.place))}`).join('');
  return `- ${subject === '' ? '' : `${subject}: `}${kind.replaceAll('-', ' ')}: ${code(detail)}${by}`;
}
