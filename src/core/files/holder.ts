import { hostname } from 'node:os';
import { z } from 'zod';
import { isAlive, processStart } from './alive';

export const holderSchema = z.object({ pid: z.int(), host: z.string(), start: z.string().optional() });
/** A process, on whatever machine. */
export type Holder = z.infer<typeof holderSchema>;

export function thisProcess(): Holder {
  const start = processStart(process.pid);
  return { pid: process.pid, host: hostname(), ...(start !== undefined && { start }) };
}

/** Of a process on this machine, whether it still runs; undefined for one on another, of which nothing can be known. */
export function stillRuns(holder: Holder): boolean | undefined {
  if (holder.host !== hostname()) return undefined;
  if (!isAlive(holder.pid)) return false;
  const start = processStart(holder.pid);
  return start === undefined || holder.start === undefined || start === holder.start;
}

export const nameOf = ({ pid, host }: Holder): string => `process ${pid}${host === hostname() ? '' : ` on ${host}`}`;
