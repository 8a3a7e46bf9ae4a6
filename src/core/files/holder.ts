import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { isAlive, processStart } from './alive';

export const holderSchema = z.object({
  pid: z.int(),
  host: z.string(),
  start: z.string().optional(),
  /** processSpace() */
  space: z.string().optional(),
});
/** A process, on whatever machine. */
export type Holder = z.infer<typeof holderSchema>;

/**
 * Where this process's number counts: containers give out numbers of their own, often under the host's name. Undefined
 * where the system has no such spaces. Linux: pid_namespaces(7).
 */
export function processSpace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

export function thisProcess(): Holder {
  const [start, space] = [processStart(process.pid), processSpace()];
  return {
    pid: process.pid,
    host: hostname(),
    ...(start !== undefined && { start }),
    ...(space !== undefined && { space }),
  };
}

/** Of a process on this machine, whether it still runs; undefined for one on another, of which nothing can be known. */
export function stillRuns(holder: Holder): boolean | undefined {
  if (holder.host !== hostname()) return undefined;
  if (holder.space !== undefined && holder.space !== processSpace()) return undefined;
  if (!isAlive(holder.pid)) return false;
  const start = processStart(holder.pid);
  return start === undefined || holder.start === undefined || start === holder.start;
}

export const nameOf = ({ pid, host }: Holder): string => `process ${pid}${host === hostname() ? '' : ` on ${host}`}`;
