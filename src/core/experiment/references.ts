/** Checks that names in an experiment lead somewhere: sets, edges, the keys that sets need. */
import type { Node } from 'jsonc-parser';
import { ARROW, dropsAnswer, HOLDS_LAST, KEEP_ANSWER, parseEdge } from './edges';
import { BUILTIN_SETS, builtinSet } from './names';
import { nearest } from '../words/nearest';
import type { SetName } from '../prompt/set-names';
import type { Problem } from './problems';
import type { FlowFile, KnockoutInFile } from './schema';
import type { Range, Source } from './source';
import { DEFAULT_INSTRUCTION, knockoutId, knockoutLabel, type Knockout } from './types';
import { replace } from './wording';

/** A set's name where a knockout (or `not`) uses it. */
interface Reference {
  readonly name: string;
  readonly range: Range;
}

export function referenceProblems(source: Source, file: FlowFile, knockouts: readonly Knockout[]): Problem[] {
  return [
    ...setProblems(source, file),
    ...(file.knockouts ?? []).flatMap((_, i) =>
      knockoutReferences(source, i).flatMap((reference) => resolve(reference, source, file)),
    ),
    ...(file.knockouts ?? []).flatMap((_, i) => droppedAnswer(source, i)),
    ...duplicateKnockouts(source, knockouts),
    ...voidEdges(source, file, knockouts),
  ]
    .filter((a, i, all) => all.findIndex((b) => b.code === a.code && b.offset === a.offset) === i)
    .sort((a, b) => a.offset - b.offset);
}

/** The sets that knockout `index` names, with their places in the text. */
export function knockoutReferences(source: Source, index: number): Reference[] {
  const node = source.node(['knockouts', index]);
  if (!node) return [];
  if (node.type === 'string') {
    const edge = parseEdge(String(node.value));
    if (!edge.ok) return [];
    return [
      { name: edge.from, range: source.stringPart(node, edge.fromAt, edge.from.length) },
      { name: edge.to, range: source.stringPart(node, edge.toAt, edge.to.length) },
    ];
  }
  return ['from', 'to', 'attention', 'mlp', 'prune'].flatMap((key) => {
    const value: Node | undefined = source.node(['knockouts', index, key]);
    return value?.type === 'string' ? [{ name: String(value.value).trim(), range: value }] : [];
  });
}

const ownSets = (file: FlowFile): string[] => Object.keys(file.sets ?? {});

function resolve({ name, range }: Reference, source: Source, file: FlowFile): Problem[] {
  const own = ownSets(file);
  if (own.includes(name)) {
    const definition = file.sets![name];
    if ('patches' in definition && definition.patches.length === 0) {
      const message = `set "${name}" is empty, so there is nothing to block`;
      return [
        // The panel empties a set before it fills it again; what names it waits, without a curve.
        source.problem('empty-set', source.valueRange(['sets', name, 'patches']), message, {
          severity: 'warning',
          hint: 'give it patch numbers',
        }),
      ];
    }
    return [];
  }
  const builtin = builtinSet(name);
  if (!builtin) {
    const near = nearest(name, [...own, ...BUILTIN_SETS.map((set) => set.name)]);
    return [
      source.problem('unknown-set', range, `unknown set "${name}"`, {
        hint: near ? `did you mean "${near}"?` : `define it in "sets", or use ${known(own)}`,
        ...(near && { fixes: [replace(range, near, source)] }),
      }),
    ];
  }
  if (file.dataset || !builtin.needs) return [];
  if ((builtin.needs === 'options' && !file.options) || (builtin.needs === 'objects' && !file.objects?.length)) {
    return [
      source.problem('unknown-set', range, `set "${name}" needs "${builtin.needs}"`, { hint: needs[builtin.needs] }),
    ];
  }
  if (builtin.needs === 'objectName') {
    const hint = 'define a set of its words instead: "sets": { "object": { "text": "…" } }';
    return [source.problem('unknown-set', range, `set "${name}" exists in data set runs only`, { hint })];
  }
  return [];
}

const needs = {
  options: 'add "options": [true option, false option]',
  objects: 'add "objects": [[x, y, width, height]]',
};
const known = (own: readonly string[]) => [...own, 'Question', 'Image', 'Last'].map((name) => `"${name}"`).join(', ');

function setProblems(source: Source, file: FlowFile): Problem[] {
  return Object.entries(file.sets ?? {}).flatMap(([name, definition]): Problem[] => {
    const key = source.keyRange(['sets', name]);
    const problems: Problem[] = [];
    if (builtinSet(name)) {
      problems.push(
        source.problem('reserved-name', key, `"${name}" exists already`, {
          hint: 'choose another name',
          fixes: [replace(key, `my ${name.toLowerCase()}`, source)],
        }),
      );
    }
    if (name.includes('->') || name.trim() !== name) {
      const hint = 'no "->" and no blanks at the ends';
      problems.push(source.problem('reserved-name', key, `"${name}" cannot be a set's name`, { hint }));
    }
    if ('not' in definition) problems.push(...notProblems(name, definition.not.trim(), source, file));
    if ('text' in definition && file.question !== undefined && !file.dataset) {
      const place = file.question + (file.instruction ?? DEFAULT_INSTRUCTION);
      if (!place.includes(definition.text)) {
        problems.push(
          source.problem(
            'text-not-found',
            source.valueRange(['sets', name, 'text']),
            `"${definition.text}" is not in the question`,
            {
              severity: 'warning',
              hint: 'capital letters and blanks count',
            },
          ),
        );
      }
    }
    return problems;
  });
}

function notProblems(name: string, of: string, source: Source, file: FlowFile): Problem[] {
  const range = source.valueRange(['sets', name, 'not']);
  const seen = new Set<string>([name]);
  for (let next = of; ;) {
    if (seen.has(next)) return [source.problem('circular-set', range, `set "${name}" is defined by itself`)];
    seen.add(next);
    const definition = Object.hasOwn(file.sets ?? {}, next) ? file.sets![next] : undefined;
    if (!definition || !('not' in definition)) break;
    next = definition.not.trim();
  }
  // An empty set is a fair thing to take away: all patches remain.
  return resolve({ name: of, range }, source, file).filter((problem) => problem.code !== 'empty-set');
}

/** Sets of the file's own may hold the last position too; that shows once they are resolved. */
function droppedAnswer(source: Source, index: number): Problem[] {
  const node = source.node(['knockouts', index, 'prune']);
  const set = typeof node?.value === 'string' ? builtinSet(node.value.trim()) : undefined;
  if (!node || !set || !HOLDS_LAST.includes(set.name)) return [];
  return [source.problem('wrong-value', node, dropsAnswer(set.name), { hint: KEEP_ANSWER })];
}

function duplicateKnockouts(source: Source, knockouts: readonly Knockout[]): Problem[] {
  const seen = new Set<string>();
  return knockouts.flatMap((knockout, i) => {
    const id = knockoutId(knockout);
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    const message = `${knockoutLabel(knockout)} stands here twice`;
    return [
      source.problem('duplicate-knockout', source.valueRange(['knockouts', i]), message, { severity: 'warning' }),
    ];
  });
}

/** Rows see only what stands before them, so an edge towards what comes before blocks nothing. */
function voidEdges(source: Source, file: FlowFile, knockouts: readonly Knockout[]): Problem[] {
  return knockouts.flatMap((knockout, i) => {
    if (knockout.kind !== 'edge') return [];
    const { from, to } = knockout;
    const [first, last] = [placeOf(from, file)?.[0], placeOf(to, file)?.[1]];
    if (first === undefined || last === undefined || last >= first) return [];
    const path = ['knockouts', i];
    const [node, fromNode, toNode] = [path, [...path, 'from'], [...path, 'to']].map((at) => source.node(at));
    const better = to + ARROW + from;
    const edits =
      fromNode && toNode
        ? [...replace(fromNode, to, source).edits, ...replace(toNode, from, source).edits]
        : node
          ? replace(node, better, source).edits
          : [];
    const message = `"${to}" stands before "${from}" and cannot see it, so nothing is blocked`;
    return [
      source.problem('void-edge', source.valueRange(path), message, {
        severity: 'warning',
        hint: `did you mean "${better}"?`,
        ...(edits.length > 0 && { fixes: [{ title: `Change to "${better}"`, edits }] }),
      }),
    ];
  });
}

/** The parts of a prompt in their order. Sets inside one part may stand in any. */
const [BEFORE, IMAGE, QUESTION, INSTRUCTION, LAST] = [0, 1, 2, 3, 4];
const PLACES: Partial<Record<SetName, readonly [first: number, last: number]>> = {
  System: [BEFORE, BEFORE],
  Question: [QUESTION, QUESTION],
  'True Option': [QUESTION, QUESTION],
  'False Option': [QUESTION, QUESTION],
  'Question without Options': [QUESTION, QUESTION],
  'Central Object': [QUESTION, QUESTION],
  Instruction: [INSTRUCTION, INSTRUCTION],
  Last: [LAST, LAST],
  Text: [QUESTION, LAST],
};

/** First and last part that a set may have tokens in; undefined for an unknown set. */
function placeOf(name: string, file: FlowFile): readonly [first: number, last: number] | undefined {
  const own = Object.hasOwn(file.sets ?? {}, name) ? file.sets![name] : undefined;
  if (own) return 'text' in own ? [QUESTION, LAST] : [IMAGE, IMAGE];
  const builtin = builtinSet(name);
  return builtin && (PLACES[builtin.name] ?? [IMAGE, IMAGE]);
}

/** A knockout as written, with names trimmed and the file's window filled in. */
export function toKnockout(written: KnockoutInFile, window: number): Knockout | undefined {
  if (typeof written === 'string') {
    const edge = parseEdge(written);
    return edge.ok ? { kind: 'edge', from: edge.from, to: edge.to, window } : undefined;
  }
  if ('prune' in written) return { kind: 'prune', of: written.prune.trim() };
  const size = written.window ?? window;
  if ('attention' in written) return { kind: 'attention', of: written.attention.trim(), window: size };
  if ('mlp' in written) return { kind: 'mlp', of: written.mlp.trim(), window: size };
  const heads = written.heads && [...new Set(written.heads)].sort((a, b) => a - b);
  return { kind: 'edge', from: written.from.trim(), to: written.to.trim(), window: size, ...(heads && { heads }) };
}
