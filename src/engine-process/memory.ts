/** What this process holds of the machine's memory. */
import { readFile } from 'node:fs/promises';
import type { MemoryReport } from '../protocol/engine';

/** Linux tells apart what belongs to the process and what is mapped from files (proc(5), RssFile and RssShmem). */
export async function processMemory(): Promise<Omit<MemoryReport, 'caches'>> {
  const resident = process.memoryUsage.rss();
  const status = process.platform === 'linux' ? await readFile('/proc/self/status', 'utf8').catch(() => '') : '';
  const parts = [...status.matchAll(/^Rss(?:File|Shmem):\s+(\d+) kB$/gm)].map(
    ([, kilobytes]) => 1024 * Number(kilobytes),
  );
  if (parts.length === 0) return { resident };
  // Read a moment later: it must not be more than all there is.
  return {
    resident,
    mapped: Math.min(
      resident,
      parts.reduce((sum, bytes) => sum + bytes, 0),
    ),
  };
}
