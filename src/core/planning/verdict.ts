/** Whether a run fits the memory there is, and the setting that would make it fit. Pure. */
import type { ModelSpec } from '../spec';
import { failed } from '../errors';
import { size } from '../words';
import type { MemoryPlan, RunPlan, Verdict } from './plan-types';

/** Left to the rest of the machine. */
const SPARE = 0.05;
/** A smaller chunk budget makes runs needlessly slow before it saves much. */
const LEAST_BUDGET = 16 * 1024 ** 2;
/** Bits of a weight after `crossflow import --quantize int4`, scales and zero points included. */
const INT4_BITS = 4.6;

/** `memoryAt` gives the plan at a chunk budget in bytes. */
export function verdictOf(memoryAt: (budget: number) => MemoryPlan, asked: number, spec: ModelSpec): Verdict {
  const memory = memoryAt(asked);
  const { machine } = memory;
  const room = (1 - SPARE) * (machine.reliable ? machine.available : machine.total);
  const notes: string[] = [];
  if (!machine.reliable && memory.peak > machine.available) {
    notes.push(`only ${size(machine.available)} of memory are free just now: close other programs when it gets slow`);
  }
  const { mapped } = memory.weights;
  const slow = (peak: number): string[] =>
    mapped > Math.max(0, room - peak)
      ? [
          `the weights (${size(mapped)}, mapped) do not fit beside the rest: they will be read from the disk again and again, which is slow`,
        ]
      : [];
  if (memory.peak <= room) return { kind: 'fits', notes: [...notes, ...slow(memory.peak)] };
  const budget = fitting(memoryAt, asked, room);
  if (budget !== undefined) {
    return { kind: 'lowered', budget, notes: [...notes, ...slow(memoryAt(budget).peak)] };
  }
  return { kind: 'refused', ...refusal(memoryAt(LEAST_BUDGET), spec, room), notes };
}

/** The largest chunk budget, in whole MiB, at which the run fits. */
function fitting(memoryAt: (budget: number) => MemoryPlan, asked: number, room: number): number | undefined {
  const step = 1024 ** 2;
  let low = Math.min(LEAST_BUDGET, asked);
  if (memoryAt(low).peak > room) return undefined;
  let high = asked;
  while (high - low > step) {
    const middle = Math.floor((low + high) / 2 / step) * step;
    if (middle <= low) break;
    if (memoryAt(middle).peak <= room) low = middle;
    else high = middle;
  }
  return low;
}

function refusal(least: MemoryPlan, spec: ModelSpec, room: number): { message: string; hint: string } {
  const { weights, caches, machine, peak } = least;
  const parts = [
    `${size(weights.anonymous + weights.working)} weights`,
    `${size(caches)} caches`,
    `${size(peak - weights.anonymous - weights.working - caches)} for the least chunk and the program`,
  ];
  const has = machine.limited
    ? `this process may use ${size(machine.total)}`
    : `this machine has ${size(machine.total)}`;
  const left = machine.reliable ? `, ${size(machine.available)} of it free` : '';
  const ways: string[] = [];
  const matrices = 2 * (weights.how === 'mapped' ? weights.mapped : spec.files.reduce((sum, f) => sum + f.bytes, 0));
  const int4 = (spec.parameters * INT4_BITS) / 8;
  if (!spec.quantization && peak - weights.anonymous - weights.working + int4 <= room && matrices > int4) {
    ways.push(`crossflow import ${spec.directory} --quantize int4 makes weights of about ${size(int4)}`);
  }
  if (spec.eye.limits) ways.push('"pixels": [min, max] with a smaller max makes fewer tokens of a picture');
  if (machine.reliable && machine.total > peak) ways.push('close other programs');
  ways.push(`a machine with ${size(peak / (1 - SPARE))} free`);
  return {
    message: `this run needs ${size(peak)} of memory (${parts.join(', ')}); ${has}${left}`,
    hint: ways.join('; or '),
  };
}

/** What to do about a plan before its model is loaded. `say`: told what the user should know, a line at a time. */
export interface Settling {
  readonly say: (line: string) => void;
  /** What does not fit is tried anyway. False where the user could have said so, left out where nobody can. */
  readonly force?: boolean;
}

/** @throws CrossflowError `failed` when the run does not fit, unless `force` */
export function settle({ verdict, memory, directory }: RunPlan, { say, force }: Settling): void {
  if (verdict.kind === 'refused') {
    const hint = force === undefined ? verdict.hint : `${verdict.hint}; or --force tries it anyway`;
    if (!force) throw failed(verdict.message, directory, hint);
    say(`${verdict.message}; trying it anyway`);
  }
  if (verdict.kind === 'lowered') {
    const asked = size(memory.chunk.asked);
    say(`a chunk may take ${size(verdict.budget)} in place of ${asked}: more does not fit in memory`);
  }
  for (const note of verdict.notes) say(note);
}
