/** Vectors that others made, where they lie beside the project; the tests that need them are skipped by name elsewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const places = [process.env['KEYWARD_VECTORS'], join(import.meta.dirname, '../../../../shared/vectors')];

/** The folder of vectors, or undefined. */
export const VECTORS = places.find((place) => place !== undefined && existsSync(place));

export function vectorPath(...parts: readonly string[]): string {
  return join(VECTORS ?? '', ...parts);
}

export function vector(...parts: readonly string[]): string {
  return readFileSync(vectorPath(...parts), 'utf8');
}

export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}
