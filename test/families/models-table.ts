/** The table of real checkpoints in docs/models.md: what a plan says of each, without its weights. */
import { join } from 'node:path';
import type { RawConfig } from '../../src/core/families/family';
import { FAMILIES } from '../../src/core/families';
import { Planner } from '../../src/core/planning/planner';
import { parameters, shortDuration, size } from '../../src/core/words';
import { readJson } from '../support/checkpoints';
import { REAL, writeReal } from '../support/real';

export const [BEGIN, END] = ['<!-- models -->', '<!-- /models -->'];
/** Those that are estimates of this machine stand last. */
export const HEAD = ['checkpoint', 'parameters', 'tokens of the picture', 'memory', 'clean run', 'six curves'];
export const THREADS = 2;
const PICTURE = { width: 640, height: 480 };
/** As if the machine had it all, so that each is planned alike. */
const MACHINE = { total: 2 ** 40, available: 2 ** 40, limited: false, reliable: true };

/** Whether a folder of test/golden/real belongs to a family that is here. */
export async function isRead(name: string): Promise<boolean> {
  const { model_type: type } = (await readJson(join(REAL, name, 'config.json'))) as RawConfig;
  return FAMILIES.some((family) => family.types.includes(String(type)));
}

/** @param measure runs a layer for the two times; without it they are empty */
export async function rowOf(name: string, folder: string, measure: boolean): Promise<string[]> {
  const planner = await Planner.open(await writeReal(name, join(folder, name)), { threads: THREADS });
  const { memory, time } = await planner.checkpoint({ measure, machine: MACHINE }, 'usual');
  const { eye, parameters: stored } = planner.spec;
  const tokens = eye.layOut(PICTURE, eye.aspects[0]).sources.length;
  const q = time?.question;
  const seconds = q ? [q.image + q.prefix + q.question, q.knockouts].map(shortDuration) : ['', ''];
  return [
    name,
    parameters(stored),
    String(tokens),
    `${size(memory.peak)} + ${size(memory.weights.mapped)}`,
    ...seconds,
  ];
}

/** Rows as they stand in the docs, and what stands before and after the table. */
export function tableIn(docs: string): { before: string; rows: string[][]; after: string } {
  const [from, to] = [docs.indexOf(BEGIN), docs.indexOf(END)];
  const lines = docs.slice(from, to).split('\n').filter((line) => line.startsWith('|')); // prettier-ignore
  const cells = (line: string): string[] => line.split('|').slice(1, -1).map((cell) => cell.trim()); // prettier-ignore
  return { before: docs.slice(0, from), rows: lines.slice(2).map(cells), after: docs.slice(to + END.length) };
}
