import { arch, cpus, hostname, platform } from 'node:os';
import { z } from 'zod';
import type { EngineOptions } from '../engine/types';

/** What computed a journal's results, for who wonders about a last digit. Processors and numbers of threads round differently. */
export const machineSchema = z.object({
  host: z.string(),
  platform: z.string(),
  arch: z.string(),
  cpu: z.string(),
  cores: z.int(),
  /** As asked for; left out: as many as the processor has cores. */
  threads: z.int().optional(),
});
export type Machine = z.infer<typeof machineSchema>;

export function thisMachine({ threads }: EngineOptions): Machine {
  const processors = cpus();
  return {
    host: hostname(),
    platform: platform(),
    arch: arch(),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    ...(threads !== undefined && { threads }),
  };
}
