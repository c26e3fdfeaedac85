/** What a provider needs: each part with its documents, so that a person can read them before anything is made. */
import type { PrepareReport } from '../verbs/prepare.ts';
import { count, type Mark, type Style, tame, wrap } from './style.ts';

type State = PrepareReport['parts'][number]['state'];

const WORDS: Readonly<Record<State, string>> = { 'to-make': 'to be made', made: 'made', there: 'there already', differs: 'there, and another one' };
const MARKS: Readonly<Record<State, Mark>> = { 'to-make': 'warning', made: 'done', there: 'done', differs: 'failed' };

export function prepareText(report: PrepareReport, style: Style): string {
  const parts = report.parts.flatMap((part) => [
    `${style.mark(MARKS[part.state])} ${tame(part.kind)} ${tame(part.name)}: ${WORDS[part.state]}`,
    // What was made as it was shown before need not be read again.
    ...(part.state === 'made' || part.state === 'there' ? [] : documentsOf(part)),
  ]);
  return [...parts, ...last(report, style)].join('\n');
}

function documentsOf(part: PrepareReport['parts'][number]): readonly string[] {
  return [
    ...(part.trust === undefined ? [] : ['  who may take it:', ...indented(part.trust)]),
    ...(part.document === undefined ? [] : ['  what it says:', ...indented(part.document)]),
  ];
}

function indented(document: string): readonly string[] {
  return document.split('\n').map((line) => `    ${tame(line)}`);
}

function last(report: PrepareReport, style: Style): readonly string[] {
  const of = (state: State): number => report.parts.filter((part) => part.state === state).length;
  const name = tame(report.name);
  const lines = [
    of('to-make') > 0 ? `${count(of('to-make'), 'part')} to be made in ${name}; nothing was done. \`keyward provider init ${name} --apply\` makes them.` : `${name} is prepared: ${of('made')} made, ${of('there')} there already.`,
    ...(of('differs') > 0 ? ['! What is there under another content was not changed: compare it, and delete it where nobody needs it.'] : []),
  ];
  return lines.map((line) => wrap(line, style.width, '  '));
}
