/** What `--json` prints: the command's one value, indented, with what a terminal would act on escaped. */

/** Two spaces, one line feed at the end. Characters that hide or reorder text are written as `\uXXXX`, still JSON. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  // What two of these and a bracket may command a pipeline (style.ts) stands inside of strings only.
  return `${text.replace(/#(?=#(?:vso|teamcity)?\[)|[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, escaped)}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
