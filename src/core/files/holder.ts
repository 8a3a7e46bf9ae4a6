import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';

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

/** Whether a process of this machine runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    // EPERM: it runs, as somebody else's.
    return (e as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When a process began, in the system's own unit, to tell it from a later one that got the same number; undefined where
 * the system does not say. Linux: field 22 of /proc/PID/stat (proc(5)), and the boot's id, since ticks count from it.
 */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is a name in parentheses that may hold blanks; field 22 is the twentieth after it.
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${ticks ?? ''}`;
  } catch {
    return undefined;
  }
}
