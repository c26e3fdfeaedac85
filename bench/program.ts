/** Runs the built program as a person would, and tells how long it took and how much memory it had at most. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtProgram } from '../test/built.ts';

export interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
  /** Resident memory at its highest, in MB (VmHWM); undefined where the system does not tell. */
  readonly peak: number | undefined;
}

export interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The entry of the program, a copy that no other build changes. */
export function entry(): string {
  return join(builtProgram(), 'bin/run.js');
}

export function keyward(place: Place, ...args: readonly string[]): Promise<Run> {
  return node(place, entry(), ...args);
}

/** Throws what was said when it ends with anything but 0 or what is allowed. */
export async function must(place: Place, args: readonly string[], allowed: readonly number[] = [0]): Promise<Run> {
  const run = await keyward(place, ...args);
  if (allowed.includes(run.status)) return run;
  throw new Error(`keyward ${args.join(' ')} ended with ${run.status}\n${run.stdout.slice(-2000)}\n${run.stderr.slice(-4000)}`);
}

export function node({ cwd, env }: Place, ...args: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let peak: number | undefined;
    const look = setInterval(() => (peak = peakOf(child.pid) ?? peak), 20);
    child.stdout.on('data', (part: Buffer) => out.push(part));
    child.stderr.on('data', (part: Buffer) => err.push(part));
    child.on('error', reject);
    child.on('close', (status) => {
      clearInterval(look);
      const ms = performance.now() - began;
      resolve({ status: status ?? 1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), ms, peak });
    });
  });
}

function peakOf(pid: number | undefined): number | undefined {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined; // ended in the meantime, or no Linux
  }
}
