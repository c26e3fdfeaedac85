/** What a piece of work threw; undefined: it threw nothing, which no expectation about an error fits. */
export function caught(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}
