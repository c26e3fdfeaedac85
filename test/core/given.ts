/** What a test knows to be there. A test whose world is not as drawn fails here, and does not pass over it. */
export function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('this test expects something that is not there');
  return value;
}
