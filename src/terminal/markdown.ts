/**
 * Markdown for a comment under a pull request (GitHub and GitLab read the same of it): text from elsewhere stands in
 * code spans only, where nothing is read as a link, an image, HTML or a mention; and the whole keeps within a size.
 */
import { tame } from './style.ts';

/** GitHub takes 65,536 characters for a comment, GitLab a million; what is cut is said. */
export const LONGEST = 60_000;

/** Text from elsewhere as one code span, whatever stands in it. See the CommonMark spec, section "Code spans". */
export function code(text: string): string {
  const line = tame(text).replace(/[\s]+/g, ' ').trim();
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = line === '' || line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A part of a comment: its title and its lines, in the open or folded. */
export interface Part {
  readonly title: string;
  readonly lines: readonly string[];
  readonly folded: boolean;
}

/**
 * The head, then the parts in their order until the size is reached. A line is never cut; a part that does not fit says
 * how many of its lines are missing, and `rest` where they can be read.
 */
export function comment(head: readonly string[], parts: readonly Part[], rest: string, longest = LONGEST): string {
  const spare = parts.length * 300;
  let left = longest - head.join('\n').length - spare;
  const texts = parts.map((part) => {
    let shown = 0;
    for (const line of part.lines) {
      if (line.length + 1 > left) break;
      left -= line.length + 1;
      shown += 1;
    }
    const cut = part.lines.length - shown;
    // What comes later is not shown in place of what comes first.
    if (cut > 0) left = 0;
    return partText(part, [
      ...part.lines.slice(0, shown),
      ...(cut === 0 ? [] : [`- and ${cut} more, not shown here: ${rest}`]),
    ]);
  });
  return [head.join('\n'), ...texts].join('\n\n');
}

function partText({ title, folded }: Part, lines: readonly string[]): string {
  if (!folded) return `#### ${title}\n\n${lines.join('\n')}`;
  return `<details><summary>${title}</summary>\n\n${lines.join('\n')}\n\n</details>`;
}
