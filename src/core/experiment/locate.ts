/** What stands at an offset of an experiment's text, and where its parts lie: for hovers, lenses and inlay hints. */
import { findNodeAtOffset, getNodePath, type JSONPath, type Node } from 'jsonc-parser';
import { knockoutReferences } from './references';
import { Source, type Range } from './source';

export type { Range } from './source';

/** What a position is about. `range` is the part to underline or hover. */
export type Located =
  /** A top-level key or its value. */
  | {
      readonly kind: 'key';
      readonly key: string;
      readonly path: JSONPath;
      readonly range: Range;
      readonly onKey: boolean;
    }
  /** A set's definition (its name, or inside it). */
  | {
      readonly kind: 'set';
      readonly name: string;
      readonly path: JSONPath;
      readonly range: Range;
      readonly onKey: boolean;
    }
  /** A knockout; `set` when the position is on a set's name inside it. */
  | {
      readonly kind: 'knockout';
      readonly index: number;
      readonly path: JSONPath;
      readonly range: Range;
      readonly set?: { readonly name: string; readonly range: Range };
    }
  /** A box of `objects`. */
  | { readonly kind: 'object'; readonly index: number; readonly path: JSONPath; readonly range: Range };

const rangeOf = ({ offset, length }: Range): Range => ({ offset, length });
const holds = (range: Range, offset: number): boolean =>
  offset >= range.offset && offset <= range.offset + range.length;

/** What stands at an offset; undefined between things. Works on text with errors as far as it can be read. */
export function nodeAt(text: string, offset: number): Located | undefined {
  const source = new Source(text, '');
  const node = source.root && findNodeAtOffset(source.root, offset, true);
  if (!node || node === source.root) return undefined;
  const onKey = node.parent?.type === 'property' && node.parent.children?.[0] === node;
  const path = onKey ? [...getNodePath(node.parent), String(node.value)] : getNodePath(node);
  const [top, second] = path;
  if (typeof top !== 'string') return undefined;
  if (top === 'knockouts' && typeof second === 'number') {
    const set = knockoutReferences(source, second).find(({ range }) => holds(range, offset));
    const whole = source.valueRange(['knockouts', second]);
    return {
      kind: 'knockout',
      index: second,
      path,
      range: rangeOf(whole),
      ...(set && { set: { name: set.name, range: rangeOf(set.range) } }),
    };
  }
  if (top === 'sets' && typeof second === 'string') {
    return { kind: 'set', name: second, path, range: rangeOf(source.keyRange(['sets', second])), onKey };
  }
  if (top === 'objects' && typeof second === 'number') {
    return { kind: 'object', index: second, path, range: rangeOf(source.valueRange(['objects', second])) };
  }
  return { kind: 'key', key: top, path, range: rangeOf(node), onKey };
}

/** Where each part of the text lies. */
export interface Outline {
  /** Key with its value, by top-level key. */
  readonly keys: Readonly<Record<string, Range>>;
  readonly sets: readonly { readonly name: string; readonly key: Range; readonly value: Range }[];
  /** In the order of the list. */
  readonly knockouts: readonly Range[];
  readonly objects: readonly Range[];
}

export function outline(text: string): Outline {
  const source = new Source(text, '');
  const items = (key: string): Range[] => {
    const list = source.node([key]);
    return list?.type === 'array' ? (list.children ?? []).map(rangeOf) : [];
  };
  const sets = source.node(['sets']);
  return {
    keys: Object.fromEntries(properties(source.root).map(([name, property]) => [name, rangeOf(property)])),
    sets: properties(sets).map(([name, property]) => ({
      name,
      key: rangeOf(property.children![0]),
      value: rangeOf(property.children![1] ?? property),
    })),
    knockouts: items('knockouts'),
    objects: items('objects'),
  };
}

function properties(node: Node | undefined): [string, Node][] {
  if (node?.type !== 'object') return [];
  return (node.children ?? []).flatMap((p): [string, Node][] =>
    p.children?.[0] ? [[String(p.children[0].value), p]] : [],
  );
}
