/** What can be typed at a place of an experiment. Pure: what lies on disk comes in as facts. */
import { getLocation, type Location, type Node } from 'jsonc-parser';
import { BUILTIN_SETS, PUBLISHED_EDGES, type BuiltinSet } from '../../core/experiment/names';
import type { Source } from '../../core/experiment/source';
import { descriptionAt, placeholder, schemasAt, valueSchemasAt } from './schema';
import { wordAt, type Word } from './word';

export interface Suggestion {
  readonly label: string;
  /** Text of the replacement; a snippet (with `$1`) where `snippet` is set. */
  readonly insert: string;
  readonly snippet?: boolean;
  readonly kind: 'key' | 'file' | 'folder' | 'set' | 'edge' | 'value';
  readonly detail?: string;
  /** What is replaced. */
  readonly offset: number;
  readonly length: number;
  /** What the typed text is compared with: it begins with a quote where that does. */
  readonly filter: string;
  /** The value that follows has suggestions of its own. */
  readonly more?: boolean;
}

/** Paths as they would stand in the file. */
export interface DiskFacts {
  readonly models: readonly string[];
  readonly images: readonly string[];
  readonly tables: readonly string[];
  readonly folders: readonly string[];
}

/** Keys whose value has a list of its own, which opens as soon as the key is accepted. */
const LISTED = new Set([
  'model',
  'image',
  'prompt',
  'csv',
  'images',
  'file',
  'aspect',
  'method',
  'knockouts',
  'options',
]);
const NAMED = new Set(['from', 'to', 'attention', 'mlp', 'prune', 'not']);

export function complete(source: Source, offset: number, disk: DiskFacts): Suggestion[] {
  const at = wordAt(source.text, offset);
  if (!at) return [];
  const location = getLocation(source.text, offset);
  const found = location.isAtPropertyKey ? keys(source, location, at) : values(source, location, at, disk);
  const quoted = source.text[at.offset] === '"';
  return found.map((one) => ({ ...one, filter: quoted || at.length === 0 ? JSON.stringify(one.label) : one.label }));
}
type Unfiltered = Omit<Suggestion, 'filter'>;

function keys(source: Source, location: Location, at: Word): Unfiltered[] {
  const parent = location.path.slice(0, -1);
  const object = source.node(parent);
  const present = new Set((object?.children ?? []).map((property) => String(property.children?.[0]?.value)));
  // A key that has its value keeps it: only the name changes.
  const rest = source.text.slice(at.offset + at.length);
  const valued = /^\s*:/.test(rest);
  const comma = !valued && ANOTHER_KEY.test(rest) ? ',' : '';
  const known = new Map(
    schemasAt(parent)
      .flatMap((schema) => (schema.anyOf && !schema.properties ? schema.anyOf : [schema]))
      .flatMap((schema) => Object.entries(schema.properties ?? {})),
  );
  const sets = parent.length === 2 && parent[0] === 'sets';
  const others = sets && present.size > 0 ? [...present] : [];
  return [...known]
    .filter(([key]) => !present.has(key) || (location.previousNode?.value as unknown) === key)
    .filter(([key]) => !others.some((other) => ['patches', 'not'].includes(other) && key !== other))
    .map(([key, schema]) => ({
      label: key,
      kind: 'key',
      // In a snippet a dollar, as of "$schema", begins a variable.
      insert: valued
        ? JSON.stringify(key)
        : `${JSON.stringify(key).replace(/[$}\\]/g, '\\$&')}: ${placeholder(schema)}${comma}`,
      snippet: !valued,
      ...(!valued && (LISTED.has(key) || NAMED.has(key)) && { more: true }),
      ...(schema.description && { detail: schema.description }),
      ...at,
    }));
}
/** A key follows, behind comments or none: then a comma belongs between. */
const ANOTHER_KEY = /^(?:\s|\/\/[^\r\n]*|\/\*[^]*?\*\/)*"/;

function values(source: Source, location: Location, at: Word, disk: DiskFacts): Unfiltered[] {
  const { path } = location;
  const [top, second, third] = path;
  const make = (kind: Suggestion['kind'], label: string, detail?: string): Unfiltered => ({
    kind,
    label,
    insert: JSON.stringify(label),
    ...(detail && { detail }),
    ...at,
  });
  if (path.length === 1 && top === 'model') return disk.models.map((model) => make('folder', model, 'checkpoint'));
  if ((path.length === 1 && top === 'image') || (top === 'image' && second === 'file'))
    return disk.images.map((file) => make('file', file));
  if (top === 'dataset' && second === 'csv') return disk.tables.map((file) => make('file', file));
  if (top === 'dataset' && second === 'images') return disk.folders.map((folder) => make('folder', folder));
  if (top === 'options' && path.length === 2) return words(source).map((word) => make('value', word));
  if (top === 'track' && path.length === 2) return trackWords(source).map((word) => make('value', word));
  if (top === 'sets' && third === 'text') return words(source).map((word) => make('value', word));
  const isSet = (top === 'sets' && third === 'not') || (top === 'knockouts' && path.length === 3);
  if (isSet && third !== 'window' && third !== 'heads') {
    return setsHere(source)
      .filter(({ name }) => !(top === 'sets' && name === second))
      .map(({ name, description }) => make('set', name, description));
  }
  if (top === 'knockouts' && path.length === 2)
    return edges(source).map(([edge, detail]) => make('edge', edge, detail));
  return valueSchemasAt(path).flatMap((schema) =>
    [...(schema.enum ?? []), ...(schema.default === undefined ? [] : [schema.default])].map((value) => ({
      ...make('value', typeof value === 'string' ? value : JSON.stringify(value)),
      insert: JSON.stringify(value),
      ...(descriptionAt(path) && { detail: descriptionAt(path)! }),
    })),
  );
}

/** The sets that a knockout of this file can name: those of its own, and the built-in ones whose data is given. */
export function setsHere(source: Source): { readonly name: string; readonly description: string }[] {
  const has = (key: string): boolean => (source.node([key])?.children?.length ?? 0) > 0;
  const dataset = source.node(['dataset']) !== undefined;
  const given = ({ needs }: BuiltinSet): boolean =>
    needs === undefined || needs === 'tiles' || dataset || (needs !== 'objectName' && has(needs));
  const own = (source.node(['sets'])?.children ?? []).map((property) => ({
    name: String(property.children?.[0]?.value),
    description: `set of this file: ${source.text.slice(...span(property.children?.[1]))}`,
  }));
  return [...own, ...BUILTIN_SETS.filter(given)];
}
const span = (node: Node | undefined): [number, number] => (node ? [node.offset, node.offset + node.length] : [0, 0]);

/** Published edges whose sets exist, then every own set to the question and to the last position. */
function edges(source: Source): [edge: string, detail: string][] {
  const sets = setsHere(source);
  const names = new Set(sets.map(({ name }) => name));
  const published = PUBLISHED_EDGES.filter((edge) => edge.split('->').every((name) => names.has(name)));
  const rest = sets.flatMap(({ name }) =>
    ['Question', 'Last'].filter((to) => to !== name).map((to) => `${name}->${to}`),
  );
  return [
    ...published.map((edge): [string, string] => [edge, 'published edge']),
    ...rest
      .filter((edge) => !(PUBLISHED_EDGES as readonly string[]).includes(edge))
      .map((edge): [string, string] => [edge, 'source->target']),
  ];
}

function words(source: Source): string[] {
  const question = source.node(['question'])?.value as unknown;
  return typeof question === 'string' ? [...new Set(question.match(/[\p{L}\p{N}]+/gu) ?? [])] : [];
}

function trackWords(source: Source): string[] {
  const own = [source.node(['answer']), ...(source.node(['options'])?.children ?? [])]
    .map((node) => node?.value as unknown)
    .filter((value): value is string => typeof value === 'string' && value.length > 0);
  const cased = (own.length > 0 ? own : words(source)).flatMap((word) => [word, word[0].toUpperCase() + word.slice(1)]);
  return [...new Set(cased)];
}
