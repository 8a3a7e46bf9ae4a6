/**
 * Changes to the text of an experiment that keep comments and formatting. Each gives the edits to make; offsets
 * belong to the text given. A text with syntax errors is refused (`usage`): nobody knows what an edit would do there.
 */
import { parseTree, findNodeAtLocation, type JSONPath, type Node, type ParseError } from 'jsonc-parser';
import { usage } from '../errors';
import { insertInto, removeFrom } from './insert';
import type { Edit } from './problems';
import { DEFAULT_WINDOW, type Knockout, type SetDefinition } from './types';

export type { Edit } from './problems';

/** Order of the keys in a tidy experiment; a new key goes behind the nearest one before it. */
const ORDER = [
  '$schema',
  'model',
  'prompt',
  'system',
  'instruction',
  'pixels',
  'image',
  'question',
  'answer',
  'options',
  'objects',
  'dataset',
  'sets',
  'knockouts',
  'window',
  'track',
  'output',
  'method',
];

function rootOf(text: string): Node {
  const errors: ParseError[] = [];
  const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true });
  if (root?.type !== 'object' || errors.length > 0) {
    throw usage('the experiment has a syntax error', undefined, 'repair the text first, then edit it from the panel');
  }
  return root;
}

const find = (root: Node, path: JSONPath) => findNodeAtLocation(root, path);
const replaceNode = (node: Node, content: string): Edit[] => [{ offset: node.offset, length: node.length, content }];

/** `{ "patches": [1, 2] }`: one line, with blanks inside braces. */
function compact(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(compact).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    return `{ ${entries.map(([k, v]) => `${JSON.stringify(k)}: ${compact(v)}`).join(', ')} }`;
  }
  return JSON.stringify(value);
}

/** Sets a top-level key. */
function setKey(text: string, key: string, value: unknown): Edit[] {
  const root = rootOf(text);
  const node = find(root, [key]);
  return node ? replaceNode(node, compact(value)) : insertKey(text, root, key, compact(value));
}

function insertKey(text: string, root: Node, key: string, content: string): Edit[] {
  const rank = (name: string) => ORDER.indexOf(name);
  const properties = root.children ?? [];
  const before = properties.filter((p) => {
    const place = rank(String(p.children?.[0]?.value));
    return place >= 0 && place < rank(key);
  });
  const after = before.at(-1) ?? (rank(key) < 0 ? properties.at(-1) : undefined);
  return insertInto(text, root, after, `${JSON.stringify(key)}: ${content}`);
}

export const setQuestion = (text: string, question: string): Edit[] => setKey(text, 'question', question);
export const setWindow = (text: string, window: number): Edit[] => setKey(text, 'window', window);

/** Adds a set, or replaces its definition. */
export function addSet(text: string, name: string, definition: SetDefinition): Edit[] {
  const root = rootOf(text);
  const existing = find(root, ['sets', name]);
  const content = compact(setInFile(definition));
  if (existing) return replaceNode(existing, content);
  const sets = find(root, ['sets']);
  const property = `${JSON.stringify(name)}: ${content}`;
  if (sets?.type !== 'object') {
    // A file that is one line stays one line.
    const lines = /[\r\n]/.test(text.trim());
    const indent = lines ? '\n    ' : ' ';
    const whole = eol(text, `{${indent}${property}${lines ? '\n  ' : ' '}}`);
    return sets ? replaceNode(sets, whole) : insertKey(text, root, 'sets', whole);
  }
  return insertInto(text, sets, sets.children?.at(-1), property);
}

const eol = (text: string, content: string) => (text.includes('\r\n') ? content.replaceAll('\n', '\r\n') : content);

const setInFile = (set: SetDefinition): object => {
  switch (set.kind) {
    case 'patches':
      return { patches: set.patches };
    case 'text':
      return { text: set.text, ...(set.nth !== 1 && { nth: set.nth }) };
    case 'not':
      return { not: set.of };
  }
};

/** Gives a set these patches (ascending, each once); makes the set when there is none. */
export function setPatches(text: string, set: string, patches: readonly number[]): Edit[] {
  const wanted = [...new Set(patches)].sort((a, b) => a - b);
  const root = rootOf(text);
  const list = find(root, ['sets', set, 'patches']);
  if (list?.type !== 'array') return addSet(text, set, { kind: 'patches', patches: wanted });
  const inside = text.slice(list.offset + 1, list.offset + list.length - 1);
  if (!/\/[/*]/.test(inside)) return replaceNode(list, compact(wanted));
  return patchByPatch(text, set, list, wanted);
}

/** With comments among the numbers, only the numbers that change are touched. */
function patchByPatch(text: string, set: string, list: Node, wanted: readonly number[]): Edit[] {
  const present = (list.children ?? []).map((child) => child.value as unknown);
  const surplus = present.findLastIndex((n, i) => !wanted.includes(n as number) || present.indexOf(n) !== i);
  const missing = wanted.find((n) => !present.includes(n));
  if (surplus >= 0)
    return chain(
      text,
      (t) => removeFrom(t, listOf(t, set), surplus),
      (t) => setPatches(t, set, wanted),
    );
  if (missing === undefined) return [];
  const after = list.children!.filter((child) => (child.value as number) < missing).at(-1);
  return chain(
    text,
    (t) => insertInto(t, list, after, String(missing)),
    (t) => setPatches(t, set, wanted),
  );
}
const listOf = (text: string, set: string): Node => find(rootOf(text), ['sets', set, 'patches'])!;

/** A knockout in its shortest form: an edge as text unless it has heads or a window of its own. */
export function knockoutInFile(knockout: Knockout, window: number): string | object {
  if (knockout.kind === 'prune') return { prune: knockout.of };
  const own = knockout.window === window ? {} : { window: knockout.window };
  if (knockout.kind !== 'edge') return { [knockout.kind]: knockout.of, ...own };
  const { from, to, heads } = knockout;
  if (!heads && knockout.window === window) return `${from}->${to}`;
  return { from, to, ...own, ...(heads && { heads }) };
}

/** Adds a knockout at the end. */
export function addKnockout(text: string, knockout: Knockout): Edit[] {
  const root = rootOf(text);
  const window = find(root, ['window'])?.value as unknown;
  const written = knockoutInFile(knockout, typeof window === 'number' ? window : DEFAULT_WINDOW);
  const list = find(root, ['knockouts']);
  if (list?.type === 'array') return insertInto(text, list, list.children?.at(-1), compact(written));
  const content = compact([written]);
  return list ? replaceNode(list, content) : insertKey(text, root, 'knockouts', content);
}

/** Removes a knockout by its place in the list; a place that does not exist changes nothing. */
export function removeKnockout(text: string, index: number): Edit[] {
  const list = find(rootOf(text), ['knockouts']);
  return list?.type === 'array' ? removeFrom(text, list, index) : [];
}

export function applyEdits(text: string, edits: readonly Edit[]): string {
  const ordered = edits.map((edit, i) => ({ edit, i })).sort((a, b) => b.edit.offset - a.edit.offset || b.i - a.i);
  return ordered.reduce(
    (t, { edit }) => t.slice(0, edit.offset) + edit.content + t.slice(edit.offset + edit.length),
    text,
  );
}

/** Several changes, each seeing the text the one before left, as one edit of the first text: one undo step. */
export function chain(text: string, ...changes: readonly ((text: string) => readonly Edit[])[]): Edit[] {
  const changed = changes.reduce((t, change) => applyEdits(t, change(t)), text);
  return difference(text, changed);
}

/** The least single replacement that turns one text into the other. */
export function difference(from: string, to: string): Edit[] {
  if (from === to) return [];
  const most = Math.min(from.length, to.length);
  let start = 0;
  while (start < most && from[start] === to[start]) start++;
  let end = 0;
  while (end < most - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end++;
  return [{ offset: start, length: from.length - start - end, content: to.slice(start, to.length - end) }];
}
