/** What knockouts name: edges, `source->target` (the target rows may not attend to the source columns), and sets. */
import type { SetName } from '../prompt/set-names';
import { PUBLISHED_EDGES } from './names';
import { knockoutSets, type Knockout } from './types';

export const ARROW = '->';

export type EdgeText =
  | { readonly ok: true; readonly from: string; readonly to: string; readonly fromAt: number; readonly toAt: number }
  | {
      readonly ok: false;
      readonly message: string;
      /** The text made right, where that can be told. */ readonly better?: string;
    };

/** What people write in place of the arrow. Longest first. */
const OTHER_ARROWS = /\s*(-{2,}>|=+>|-+\/+>|[→↛⇒⟶➜↦]|>)\s*/u;

/** Reads `A->B`. Blanks around names do not count. `fromAt`, `toAt`: where the names begin in the text. */
export function parseEdge(text: string, known: Iterable<string> = []): EdgeText {
  const parts = text.split(ARROW);
  if (parts.length === 2) {
    const [left = '', right = ''] = parts;
    const from = left.trim();
    const to = right.trim();
    if (from && to) {
      const fromAt = left.length - left.trimStart().length;
      const toAt = left.length + ARROW.length + right.length - right.trimStart().length;
      return { ok: true, from, to, fromAt, toAt };
    }
    const missing = from ? 'a target after' : to ? 'a source before' : 'a source and a target around';
    const published = PUBLISHED_EDGES.find((edge) =>
      from ? edge.startsWith(from + ARROW) : to && edge.endsWith(ARROW + to),
    );
    return { ok: false, message: `an edge needs ${missing} "${ARROW}"`, ...(published && { better: published }) };
  }
  if (parts.length > 2) return { ok: false, message: `an edge has one "${ARROW}", not ${parts.length - 1}` };
  return { ok: false, message: `"${text}" has no "${ARROW}" between source and target`, ...guess(text, known) };
}

function guess(text: string, known: Iterable<string>): { better?: string } {
  const names = [...known];
  for (const from of names) {
    for (const to of names) {
      const rest = text.trim();
      if (rest.length <= from.length + to.length || !rest.startsWith(from) || !rest.endsWith(to)) continue;
      const between = rest.slice(from.length, rest.length - to.length);
      if (/^[^\p{L}\p{N}]+$|^\s*to\s*$/u.test(between)) return { better: from + ARROW + to };
    }
  }
  const other = OTHER_ARROWS.exec(text);
  if (!other || other.index === 0 || other.index + other[0].length >= text.length) return {};
  return { better: text.slice(0, other.index).trim() + ARROW + text.slice(other.index + other[0].length).trim() };
}

/** The knockouts that have something to block, by the tokens of each set. Names that are not among them pass. */
export function blocking(
  list: readonly Knockout[],
  sets: Readonly<Record<string, readonly number[] | undefined>>,
): Knockout[] {
  return list.filter((k) => knockoutSets(k).every((name) => !Object.hasOwn(sets, name) || sets[name]?.length !== 0));
}

/** Always with the last position: a prune of them leaves no row that the answer could be read from. */
export const HOLDS_LAST: readonly SetName[] = ['Last', 'Text'];
export const dropsAnswer = (set: string): string =>
  `"${set}" cannot be dropped: the answer is read from its last position`;
export const KEEP_ANSWER = 'drop a set without the last position, such as "Image" or "Question"';
