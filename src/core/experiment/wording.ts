/** Words and small fixes shared by the checks of an experiment. */
import type { Node } from 'jsonc-parser';
import type { Fix } from './problems';
import type { Range, Source } from './source';

export type Path = (string | number)[];

/** Offset and length alone, without a node's other fields. */
export const plain = ({ offset, length }: Range): Range => ({ offset, length });

/** Puts another text in place; in quotes where quotes stood. */
export function replace(range: Range, value: string, source: Source): Fix {
  const raw = source.text[range.offset] === '"' ? JSON.stringify(value) : value;
  return { title: `Change to "${value}"`, edits: [{ ...plain(range), content: raw }] };
}

/** How messages call a place: `knockout 2 (window)`, `set "clicked"`, `"image.file"`. */
export function name(path: Path): string {
  if (path.length === 0) return 'the experiment';
  const [top, second, ...rest] = path;
  const tail = rest.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  if (top === 'knockouts' && typeof second === 'number')
    return `knockout ${second + 1}${tail && ` (${tail.replace(/^\./, '')})`}`;
  if (top === 'sets' && typeof second === 'string') return `set "${second}"${tail && ` (${tail.replace(/^\./, '')})`}`;
  if (top === 'objects' && typeof second === 'number') return `box ${second + 1}${tail}`;
  return `"${path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i > 0 ? `.${part}` : part)).join('')}"`;
}

export function union(path: Path): string {
  if (path[0] === 'image') return 'a path or { "file": …, "aspect": … }';
  if (path[0] === 'dataset') return 'a folder or a list of folders';
  if (path[0] === 'models') return 'a folder, an id or { "model": … }';
  if (path[0] === 'tasks') return 'a CSV path or { "csv": … }';
  if (path[0] === 'sets') return '{ "patches": […] }, { "text": … } or { "not": … }';
  return 'an edge "Source->Target" or an object';
}

const ARTICLES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  boolean: 'true or false',
};
export const article = (kind: string) => ARTICLES[kind] ?? kind;
export const kindOf = (node: Node) =>
  node.type === 'number' || node.type === 'boolean'
    ? String(node.value)
    : node.type === 'null'
      ? 'null'
      : article(node.type);
export const counted = (n: number | bigint) => `${n} ${n === 1 ? 'entry' : 'entries'}`;
export const oneOf = (values: readonly string[]) => values.map((v) => `"${v}"`).join(' or ');
