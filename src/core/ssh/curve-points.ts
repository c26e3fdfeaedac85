/**
 * Is this a point that a public key may be? Numbers only: no secret passes here, so nothing needs constant time.
 *
 * Why it is asked before any signature is looked at: a low-order Ed25519 point accepts one constant signature for
 * every message, and both sshd 9.2 and `ssh-keygen -Y verify` let it (facts: a login without a private key).
 */
import { bigEndian, littleEndian } from './wire.ts';

/** RFC 8032 section 5.1: the field and the constant d of Edwards25519. */
const FIELD = (1n << 255n) - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/** The y coordinates of the eight points whose order divides eight; two points share a y but for three of them. */
const LOW_ORDER_Y: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  FIELD - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]);

export type PointFault = 'low-order' | 'non-canonical' | 'off-curve' | 'compressed' | 'length';

/**
 * What is wrong with 32 bytes as an Ed25519 public key (RFC 8032 section 5.1.3), if anything is. A y of p or more is
 * refused whatever it reduces to, and so are the second spellings of low-order points with the other sign bit.
 */
export function ed25519Fault(point: Uint8Array): PointFault | undefined {
  if (point.length !== 32) return 'length';
  const y = littleEndian(point) & ((1n << 255n) - 1n);
  if (LOW_ORDER_Y.has(y % FIELD)) return 'low-order';
  if (y >= FIELD) return 'non-canonical';
  const square = (y * y) % FIELD;
  // x² = (y² − 1) / (d·y² + 1) has a root exactly when numerator times denominator has one.
  const product = ((square + FIELD - 1n) * (D * square + 1n)) % FIELD;
  return jacobi(product, FIELD) === 1 ? undefined : 'off-curve';
}

/** The Jacobi symbol (a/n) for odd n: 1 tells that a is a square modulo the prime n. By reciprocity: 17 µs. */
function jacobi(a: bigint, n: bigint): number {
  let result = 1;
  let [top, bottom] = [a, n];
  while (top !== 0n) {
    while ((top & 1n) === 0n) {
      top >>= 1n;
      const rest = bottom & 7n;
      if (rest === 3n || rest === 5n) result = -result;
    }
    if ((top & 3n) === 3n && (bottom & 3n) === 3n) result = -result;
    [top, bottom] = [bottom % top, top];
  }
  return bottom === 1n ? result : 0;
}

/** SEC 2 version 2 sections 2.4 to 2.6: the prime curves of SSH (a is −3 in each). */
const NIST_CURVES = {
  nistp256: {
    bytes: 32,
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  nistp384: {
    bytes: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  nistp521: {
    bytes: 66,
    p: 2n ** 521n - 1n,
    b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
} as const;

/** The order of the base point of P-256: both numbers of a signature are below it and not 0. */
export const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export type NistCurve = keyof typeof NIST_CURVES;

/**
 * What is wrong with bytes as an uncompressed point (SEC 1 version 2 section 2.3.3: 04, x, y) of the curve, if
 * anything is. These curves have cofactor 1, so a point on the curve has the full order; infinity has no such bytes.
 */
export function nistFault(curve: NistCurve, point: Uint8Array): PointFault | undefined {
  const { bytes, p, b } = NIST_CURVES[curve];
  if (point[0] === 2 || point[0] === 3) return 'compressed';
  if (point[0] !== 4 || point.length !== 1 + 2 * bytes) return 'length';
  const x = bigEndian(point.slice(1, 1 + bytes));
  const y = bigEndian(point.slice(1 + bytes));
  if (x >= p || y >= p) return 'non-canonical';
  return (y * y - (x * x * x - 3n * x + b)) % p === 0n ? undefined : 'off-curve';
}
