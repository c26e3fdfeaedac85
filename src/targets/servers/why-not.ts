/** Why a connection came to nothing, in words a person can act on. Everything here is "could not look", but one case. */
import type { AbortSignalLike, Outcome } from '../../world.ts';

type Unknown = { readonly kind: 'unknown'; readonly why: string };
type Refused = { readonly kind: 'refused'; readonly why: string };

export function unknown(why: string): Unknown {
  return { kind: 'unknown', why };
}

/** A server that is overloaded, or one (OpenSSH from 9.8 on) that punishes this address, says nothing and closes. */
export function closedEarly(): string {
  return 'the server closed the connection before it answered (it may be overloaded, or it passes over this address for a while)';
}

/** Its time ran out, or somebody stopped the run. */
export function stoppedWaiting(signal: AbortSignalLike): Unknown {
  return unknown(signal.reason === 'timeout' ? 'no answer came within the time that one target may take (--timeout)' : 'it was stopped before an answer came');
}

/** It could be spoken to, and was not to be given anything. */
export const NOT_ITS_TURN = 'nothing was handed over: it was not its turn';

const SOCKET: Readonly<Record<string, (address: string, port: number) => string>> = {
  ENOTFOUND: (address) => `no address is known for the name ${address}`,
  EAI_AGAIN: (address) => `the name ${address} could not be looked up: the name service does not answer`,
  ECONNREFUSED: (address, port) => `nothing listens on ${address} port ${port}`,
  ETIMEDOUT: (address, port) => `${address} port ${port} did not answer`,
  EHOSTUNREACH: (address) => `there is no way to ${address}`,
  ENETUNREACH: (address) => `there is no way to the network of ${address}`,
  EACCES: (address) => `this machine does not let a connection to ${address} out`,
  ECONNRESET: closedEarly,
  EPIPE: closedEarly,
  EMFILE: () => 'this machine has too many connections open',
  EADDRNOTAVAIL: (address) => `there is no way to ${address} from this machine`,
};

/** Where ssh2 names what both sides have no common way of. */
const WAYS: readonly (readonly [RegExp, string])[] = [
  [
    /no matching key exchange/,
    'key exchange; keyward needs curve25519-sha256, ecdh-sha2-nistp* or diffie-hellman-group14-sha256 or better',
  ],
  [/no matching .*cipher/, 'cipher; keyward needs aes-gcm or aes-ctr'],
  [/no matching .*MAC/, 'MAC; keyward needs hmac-sha2'],
  [/no matching .*compression/, 'compression'],
];

/** What an error of ssh2 or of its socket means for who asked. */
export function whyNot(
  error: Error & { readonly level?: string; readonly code?: unknown },
  place: { readonly address: string; readonly port: number },
): Unknown | Refused {
  const said = typeof error.code === 'string' ? SOCKET[error.code] : undefined;
  if (said !== undefined) return unknown(said(place.address, place.port));
  // Happy eyeballs gives one error for all the addresses of a name.
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return whyNot(error.errors[0], place);
  if (/no matching host key/.test(error.message)) {
    return { kind: 'refused', why: 'host key: the server has none of the kind that the signed manifest names' };
  }
  const way = WAYS.find(([pattern]) => pattern.test(error.message));
  if (way !== undefined) return unknown(`the server and keyward have no common ${way[1]}`);
  if (/Connection lost before handshake|Keepalive timeout/.test(error.message)) return unknown(closedEarly());
  if (error.level === 'protocol' || /identification string/i.test(error.message))
    return unknown(
      `what answers on ${place.address} port ${place.port} does not speak SSH as it should: ${plain(error.message)}`,
    );
  return unknown(`the connection ended: ${plain(error.message)}`);
}

/** What a server wrote, made fit to show: printable ASCII, one line, short. */
export function plain(text: string): string {
  return text
    .replaceAll(/[^ -~]+/g, ' ')
    .trim()
    .slice(0, 200);
}

/** The same outcome for another kind of value: there is none in it. */
export function withoutValue(outcome: Outcome<unknown>): Unknown | Refused {
  return outcome.kind === 'done' ? unknown('there was no answer') : outcome;
}
