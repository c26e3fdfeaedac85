/** The bytes of SSH: one spelling in, the same spelling out, everything else refused. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  asciiBytes,
  asciiText,
  bigEndian,
  decodeBase64,
  decodeHex,
  encodeBase64,
  encodeHex,
  littleEndian,
  Malformed,
  Reader,
  writeMpint,
  writeString,
  writeUint32,
} from '../../../src/core/ssh/wire.ts';
import { caught } from './caught.ts';

const bytes = fc.uint8Array({ maxLength: 200 });

it('base64 and hex agree with Node for all bytes', () => {
  fc.assert(
    fc.property(bytes, (b) => {
      expect(encodeBase64(b)).toBe(Buffer.from(b).toString('base64'));
      expect(encodeHex(b)).toBe(Buffer.from(b).toString('hex'));
      expect(decodeBase64(encodeBase64(b))).toEqual(b);
      expect(decodeHex(encodeHex(b))).toEqual(b);
    }),
  );
});

it('base64: what is taken, written again, is the same text', () => {
  let taken = 0;
  const nearly = fc.string({ unit: fc.constantFrom(...'AQgw/+9=\n -_'.split('')), maxLength: 8 });
  fc.assert(
    fc.property(nearly, (text) => {
      try {
        expect(encodeBase64(decodeBase64(text))).toBe(text);
        taken++;
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
  console.log(`base64: ${taken} of 3000 texts taken`);
  expect(taken).toBeGreaterThan(50);
});

it.each(['A', 'AA', 'AAA', 'AA=', 'AB==', 'AAB=', 'A===', '====', 'AA==AAAA', 'AAA\n', 'AAAA\n', 'AA-_', 'AAAÿ'])(
  'not base64: %j',
  (text) => expect(() => decodeBase64(text)).toThrow(Malformed),
);

it.each(['0', 'AB', '0g', ' 00'])('not hex: %j', (text) => expect(() => decodeHex(text)).toThrow(Malformed));

it('numbers: mpints come back, and only their shortest form is taken', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 300n }), (n) => {
      const written = writeMpint(n);
      expect(new Reader(written).mpint()).toBe(n);
      const padded = writeString(Buffer.concat([Buffer.of(0), written.slice(4)]));
      const needed = (written[4] ?? 0) >= 128;
      expect(caught(() => new Reader(padded).mpint()) instanceof Malformed).toBe(!needed);
    }),
  );
  expect(writeMpint(0n)).toEqual(Uint8Array.of(0, 0, 0, 0));
  expect(writeMpint(128n)).toEqual(Uint8Array.of(0, 0, 0, 2, 0, 128));
  expect(() => writeMpint(-1n)).toThrow(Malformed);
  for (const wrong of [[0], [0, 127], [128], [255, 255]]) {
    expect(() => new Reader(writeString(Uint8Array.from(wrong))).mpint(), String(wrong)).toThrow(Malformed);
  }
  expect(bigEndian(Uint8Array.of(1, 2))).toBe(258n);
  expect(littleEndian(Uint8Array.of(1, 2))).toBe(513n);
});

it('a reader takes exact lengths', () => {
  expect(() => new Reader(Uint8Array.of(0, 0, 0)).uint32()).toThrow(Malformed);
  expect(() => new Reader(Uint8Array.of(0, 0, 0, 2, 65)).string()).toThrow(Malformed);
  expect(() => new Reader(Uint8Array.of(255, 255, 255, 255, 65)).string()).toThrow(Malformed);
  const reader = new Reader(writeString('ab'));
  expect(() => reader.end()).toThrow(Malformed);
  expect(reader.text()).toBe('ab');
  expect(reader.done).toBe(true);
  reader.end();
  expect(() => new Reader(Uint8Array.of(0, 0, 0, 1, 200)).text()).toThrow(Malformed);
  expect(writeUint32(0xdeadbeef)).toEqual(Uint8Array.of(0xde, 0xad, 0xbe, 0xef));
  expect(asciiText(asciiBytes('a~ \n'))).toBe('a~ \n');
  expect(() => asciiBytes('é')).toThrow(Malformed);
});
