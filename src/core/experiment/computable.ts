/**
 * What can be computed of an experiment although a knockout or a set in it is wrong. The wrong parts are blanked out of
 * the text, which leaves every other place as it was, and the rest is read as any experiment.
 */
import { createScanner, type Node } from 'jsonc-parser';
import { parseExperiment, type ParseResult } from './parse';
import type { Problem } from './problems';
import { Source } from './source';
import type { Experiment } from './types';

export interface ComputableResult extends ParseResult {
  /**
   * The experiment without the knockouts and sets that are wrong, and those that need them; `experiment` itself when
   * nothing is. Undefined when something else is wrong. Its places in the text are those of the whole text.
   */
  readonly computable?: Experiment;
}

/** As parseExperiment, whose first problems may hide others: here all of them are found. */
export function parseComputable(text: string, file: string): ComputableResult {
  const first = parseExperiment(text, file);
  let { experiment, problems } = first;
  const all = new Map<string, Problem>();
  const wrongSets = new Set<string>();
  let rest = text;
  for (;;) {
    for (const problem of problems) {
      const told = tellOfSet(problem, new Source(rest, file), wrongSets);
      const key = `${told.offset} ${told.code}`;
      if (!all.has(key)) all.set(key, told);
    }
    const errors = problems.filter(({ severity }) => severity === 'error');
    if (errors.length === 0) break;
    const source = new Source(rest, file);
    const parts = errors.map(({ offset }) => partAt(source, offset));
    const local = parts.filter((part) => part !== undefined);
    if (local.length < parts.length) return first;
    for (const { node, set } of local) {
      if (set !== undefined) wrongSets.add(set);
      rest = blank(rest, node);
    }
    ({ experiment, problems } = parseExperiment(rest, file));
  }
  const sorted = [...all.values()].sort((a, b) => a.offset - b.offset);
  return {
    problems: sorted,
    ...(first.experiment && { experiment: first.experiment }),
    ...(experiment && { computable: experiment }),
  };
}

interface Part {
  readonly node: Node;
  /** Its name, when the part is a set. */
  readonly set?: string;
}

/** The knockout, or the set with its name, that an offset lies in. */
function partAt(source: Source, offset: number): Part | undefined {
  const holds = (node: Node): boolean => node.offset <= offset && offset < node.offset + node.length;
  const [knockouts, sets] = [source.node(['knockouts']), source.node(['sets'])];
  const knockout = knockouts?.type === 'array' ? knockouts.children?.find(holds) : undefined;
  if (knockout) return { node: knockout };
  const set = sets?.type === 'object' ? sets.children?.find(holds) : undefined;
  return set && { node: set, set: String(set.children?.[0]?.value) };
}

/** Blanks in place of a part and the comma behind it; line ends stay. A comma left before the end of a list is allowed. */
function blank(text: string, { offset, length }: Node): string {
  const scanner = createScanner(text, true);
  scanner.setPosition(offset + length);
  scanner.scan();
  const next = scanner.getTokenOffset();
  const blanks = (part: string): string => part.replace(/[^\r\n]/g, ' ');
  const without = text.slice(0, offset) + blanks(text.slice(offset, offset + length)) + text.slice(offset + length);
  return without[next] === ',' ? `${without.slice(0, next)} ${without.slice(next + 1)}` : without;
}

/** A set that is wrong is not unknown: what names it only waits until it is mended. */
function tellOfSet(problem: Problem, source: Source, wrong: ReadonlySet<string>): Problem {
  if (problem.code !== 'unknown-set' || problem.severity !== 'error') return problem;
  const written = source.text.slice(problem.offset, problem.offset + problem.length);
  const name = (written.startsWith('"') ? written.slice(1, -1) : written).trim();
  if (!wrong.has(name)) return problem;
  const { fixes: _, hint: __, ...place } = problem;
  return { ...place, severity: 'warning', message: `not computed, because set "${name}" has an error` };
}
