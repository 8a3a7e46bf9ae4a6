/** The memory of this machine, or of the part of it that this process may use (containers, batch jobs). */
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import type { MachineMemory } from './plan-types';

export interface MemorySources {
  readonly total: number;
  readonly free: number;
  /** `process.constrainedMemory()`: 0 or a huge number where there is no limit. */
  readonly limit: number;
  /** Bytes that the limit's group uses beside droppable file pages; undefined where that cannot be read. */
  readonly used: number | undefined;
  readonly platform: NodeJS.Platform;
}

export function machineMemory(sources: MemorySources = readSources()): MachineMemory {
  const { total, free, limit, used, platform } = sources;
  const limited = limit > 0 && limit < total;
  const room = limited ? Math.max(0, limit - (used ?? 0)) : Infinity;
  return {
    total: limited ? limit : total,
    available: Math.min(free, room),
    limited,
    // Inside a limit whose use is unknown, the limit itself is all there is to say.
    reliable: platform === 'linux' && !(limited && used === undefined),
  };
}

/** What this process may use in all: what it could still have, and what it holds itself already. */
export function memoryForThisProcess(memory = machineMemory(), own = ownBytes()): MachineMemory {
  return { ...memory, available: Math.min(memory.total, memory.available + own) };
}

/** Memory of this process that no file backs; 0 where the system does not say, and `available` counts for little. */
function ownBytes(): number {
  try {
    const [, kilobytes] = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return 1024 * Number(kilobytes ?? 0);
  } catch {
    return 0;
  }
}

function readSources(): MemorySources {
  return {
    total: totalmem(),
    free: freemem(),
    limit: process.constrainedMemory(),
    used: process.platform === 'linux' ? groupUse() : undefined,
    platform: process.platform,
  };
}

/** Memory of this process's control group less its file pages, which the kernel drops before it ends anything. */
function groupUse(): number | undefined {
  const text = (file: string): string | undefined => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  };
  const groups = text('/proc/self/cgroup') ?? '';
  const path = (pattern: RegExp): string => (pattern.exec(groups)?.[1] ?? '').replace(/\/$/, '');
  const v1 = path(/^\d+:[^:\n]*\bmemory\b[^:\n]*:(.*)$/m);
  const v2 = path(/^0::(.*)$/m);
  // A container sees its own group as the root, whatever /proc says its path outside is.
  const places = [
    [`/sys/fs/cgroup${v2}`, 'memory.current', 'file'],
    ['/sys/fs/cgroup', 'memory.current', 'file'],
    [`/sys/fs/cgroup/memory${v1}`, 'memory.usage_in_bytes', 'total_cache'],
    ['/sys/fs/cgroup/memory', 'memory.usage_in_bytes', 'total_cache'],
  ] as const;
  for (const [folder, current, cache] of places) {
    const use = Number(text(`${folder}/${current}`) ?? NaN);
    const stat = text(`${folder}/memory.stat`);
    if (!Number.isFinite(use) || stat === undefined) continue;
    const pages = Number(new RegExp(`^${cache} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
    return Math.max(0, use - pages);
  }
  return undefined;
}
