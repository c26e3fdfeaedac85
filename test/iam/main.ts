/**
 * The service as a process of its own: `node test/iam/main.ts [--account-id N] [--lag MS] [--rate N] [--port N]`.
 * Writes one JSON line (endpoint, region, accountId, root) and runs until its standard input ends or it is told to stop.
 * A JSON line on standard input signs in to the console: `{ user, password, code?, newPassword? }`; the answer is a line.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { type IamOptions, type SignInRequest, startIam } from './index.ts';

const { values } = parseArgs({
  options: {
    'account-id': { type: 'string' },
    lag: { type: 'string' },
    rate: { type: 'string' },
    host: { type: 'string' },
    port: { type: 'string' },
  },
});

const options: IamOptions = {
  ...(values['account-id'] === undefined ? {} : { accountId: values['account-id'] }),
  ...(values.lag === undefined ? {} : { lag: Number(values.lag) }),
  ...(values.rate === undefined ? {} : { ratePerSecond: Number(values.rate) }),
  ...(values.host === undefined ? {} : { host: values.host }),
  ...(values.port === undefined ? {} : { port: Number(values.port) }),
};

const iam = await startIam(options);
const { endpoint, region, accountId, root } = iam;
process.stdout.write(`${JSON.stringify({ endpoint, region, accountId, root })}\n`);
const stop = (): void => void iam.stop().then(() => process.exit(0));
process.once('SIGTERM', stop).once('SIGINT', stop);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { user, password, ...options } = JSON.parse(line) as SignInRequest;
  process.stdout.write(`${JSON.stringify(iam.hands.login(user, password, options))}\n`);
});
process.stdin.on('end', stop).on('error', stop);
