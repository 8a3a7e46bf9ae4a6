import { readFileSync } from 'node:fs';

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
