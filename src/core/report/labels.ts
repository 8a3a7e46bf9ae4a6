import { knockoutId, knockoutLabel, type Knockout } from '../experiment/types';

/** How the published figures call some sets (`vil/merge_lineplot.py`). */
const PUBLISHED_NAMES: Readonly<Record<string, string>> = {
  'Image Central Object': 'Related Image Patches',
  'Image Without Central Object': 'Other Image Patches',
  'Image Without Central Object with pad': 'Other Image Patches',
};
const figureName = (set: string): string => PUBLISHED_NAMES[set] ?? set;

/**
 * Colours of Okabe and Ito (https://jfly.uni-koeln.de/color/), told apart by people with any common colour vision; the
 * six published edges get those nearest to the published ones, the same in every figure.
 */
const COLOURS: Readonly<Record<string, string>> = {
  'Question->Last': '#009E73',
  'Image->Last': '#E69F00',
  'Last->Last': '#D55E00',
  'Image->Question': '#0072B2',
  'Image Central Object->Question': '#56B4E9',
  'Image Without Central Object->Question': '#CC79A7',
};
/** For all other knockouts: the same set again, dashed, so that no two lines look alike. */
const OTHERS = [...Object.values(COLOURS), '#000000'];
const DASHES = [[6, 3], [2, 2], [8, 3, 2, 3]] as const; // prettier-ignore

export interface CurveStyle {
  /** `block_desc` in information_flow.csv: knockoutLabel(), with window and heads where two would be the same. */
  readonly name: string;
  /** As figures call it: `Question↛Last`. */
  readonly label: string;
  readonly colour: string;
  /** Lengths of dashes and gaps; empty for a solid line. */
  readonly dash: readonly number[];
}

export function curveStyles(knockouts: readonly Knockout[]): CurveStyle[] {
  const plain = knockouts.map(knockoutLabel);
  const labels = knockouts.map(figureLabel);
  const seen = new Set<string>();
  let others = 0;
  return knockouts.map((k, i) => {
    const twice = plain.filter((l) => l === plain[i]).length > 1;
    const alike = labels.filter((l) => l === labels[i]).length > 1;
    const fixed = seen.has(plain[i]) || (k.kind === 'edge' && k.heads) ? undefined : COLOURS[plain[i]];
    seen.add(plain[i]);
    return {
      name: twice ? knockoutId(k) : plain[i],
      label: twice ? labels[i] + detail(k) : alike ? edgeLabel(k, (set) => set) : labels[i],
      ...(fixed ? { colour: fixed, dash: [] } : other(others++)),
    };
  });
}

const other = (n: number): { colour: string; dash: readonly number[] } => ({
  colour: OTHERS[n % OTHERS.length],
  dash: DASHES[Math.floor(n / OTHERS.length) % DASHES.length],
});

const figureLabel = (k: Knockout): string => edgeLabel(k, figureName);

function edgeLabel(k: Knockout, name: (set: string) => string): string {
  switch (k.kind) {
    case 'edge':
      return `${name(k.from)}↛${name(k.to)}`;
    case 'prune':
      return `${name(k.of)} dropped after`;
    default:
      return `${name(k.of)} without ${k.kind === 'mlp' ? 'MLP' : 'attention'}`;
  }
}

function detail(k: Knockout): string {
  const heads = k.kind === 'edge' && k.heads ? `, heads ${k.heads.join(' ')}` : '';
  return 'window' in k ? ` (window ${k.window}${heads})` : '';
}
