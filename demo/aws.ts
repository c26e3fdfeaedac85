/**
 * Stands in for `aws iam …` of AWS's command line, which need not be installed: the same words and options, over the
 * same SDK and the same settings in ~/.aws.
 */
import { IAM } from '@aws-sdk/client-iam';

const [, , service, operation = '', ...flags] = process.argv;
const camel = (words: string): string => words.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
const input = Object.fromEntries(
  Array.from({ length: flags.length / 2 }, (_, i) => {
    const name = camel((flags[2 * i] ?? '').replace(/^--/, ''));
    return [name.charAt(0).toUpperCase() + name.slice(1), flags[2 * i + 1]];
  }),
);
const iam = new IAM({ maxAttempts: 1 }) as unknown as Record<string, ((input: object) => Promise<{ $metadata?: object }>) | undefined>;
const call = service === 'iam' ? iam[camel(operation)]?.bind(iam) : undefined;
if (call === undefined) {
  process.stderr.write(`aws: this one knows only: aws iam <operation> [--<parameter> <value>]…\n`);
  process.exitCode = 252;
} else {
  try {
    const { $metadata: _, ...answer } = await call(input);
    process.stdout.write(`${JSON.stringify(answer, undefined, 4)}\n`);
  } catch (error) {
    const { name, message } = error as Error;
    const what = camel(`-${operation}`);
    process.stderr.write(`An error occurred (${name}) when calling the ${what} operation: ${message}\n`);
    process.exitCode = 254;
  }
}
