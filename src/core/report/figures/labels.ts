import { dashOf, knockoutWords, SERIES_ON_WHITE } from '../../experiment/looks';
import { PUBLISHED_EDGES } from '../../experiment/names';
import { knockoutId, knockoutLabel, type Knockout } from '../../experiment/types';

/** How the published figures call some sets (`vil/merge_lineplot.py`). */
const PUBLISHED_NAMES: Readonly<Record<string, string>> = {
  'Image Central Object': 'Related Image Patches',
  'Image Without Central Object': 'Other Image Patches',
  'Image Without Central Object with pad': 'Other Image Patches',
  // As older tables of the published scripts have them.
  'Image Objects': 'Related Image Patches',
  'Image Without Objects': 'Other Image Patches',
};
const figureName = (set: string): string => PUBLISHED_NAMES[set] ?? set;

/** Colours of the six published edges, the same in every figure. */
export const PALETTES = {
  /**
   * Colours of Okabe and Ito (https://jfly.uni-koeln.de/color/), told apart by people with any common colour vision,
   * each edge's the nearest to the published one.
   */
  'colour-blind': ['#009E73', '#E69F00', '#D55E00', '#0072B2', '#56B4E9', '#CC79A7'],
  /** As in the paper's figures: two of its own, then four of ColorBrewer's Set1. */
  published: ['#a7c957', '#ffcc00', '#e41a1c', '#377eb8', '#4daf4a', '#f781bf'],
} as const;
export type Palette = keyof typeof PALETTES;

const publishedColour = (label: string, palette: Palette): string | undefined =>
  PALETTES[palette][(PUBLISHED_EDGES as readonly string[]).indexOf(label)];

/** For all else: the colour-blind set again, dashed where they stand beside published edges, so that no two look alike. */
const OTHERS = [...PALETTES['colour-blind'], '#000000'];
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

export function curveStyles(knockouts: readonly Knockout[], palette: Palette = 'colour-blind'): CurveStyle[] {
  const plain = knockouts.map(knockoutLabel);
  const labels = knockouts.map(figureLabel);
  const seen = new Set<string>();
  let others = 0;
  return knockouts.map((k, i) => {
    const twice = plain.filter((l) => l === plain[i]).length > 1;
    const alike = labels.filter((l) => l === labels[i]).length > 1;
    const fixed = seen.has(plain[i]) || (k.kind === 'edge' && k.heads) ? undefined : publishedColour(plain[i], palette);
    seen.add(plain[i]);
    return {
      name: twice ? knockoutId(k) : plain[i],
      label: twice ? labels[i] + detail(k) : alike ? edgeLabel(k, (set) => set) : labels[i],
      ...(fixed ? { colour: fixed, dash: [] } : other(others++)),
    };
  });
}

/**
 * Names and looks of a panel's curves, so that its figure is the one on the screen.
 * @param looks as looksOf() gives them
 */
export function panelStyles(knockouts: readonly Knockout[], looks: readonly number[]): Omit<CurveStyle, 'name'>[] {
  const words = knockouts.map(knockoutWords);
  return knockouts.map((k, i) => ({
    label: words.filter((w) => w === words[i]).length > 1 ? words[i] + detail(k) : words[i],
    ...panelLook(looks[i]),
  }));
}

export const panelLook = (look: number): Pick<CurveStyle, 'colour' | 'dash'> => ({
  colour: SERIES_ON_WHITE[look % SERIES_ON_WHITE.length],
  dash: dashOf(look),
});

const other = (n: number): { colour: string; dash: readonly number[] } => ({
  colour: OTHERS[n % OTHERS.length],
  dash: DASHES[Math.floor(n / OTHERS.length) % DASHES.length],
});

/** Curves that are no edges (models, say): solid first, then dashed. */
export const seriesStyle = (n: number): Pick<CurveStyle, 'colour' | 'dash'> =>
  n < OTHERS.length ? { colour: OTHERS[n], dash: [] } : other(n - OTHERS.length);

export const figureLabel = (k: Knockout): string => edgeLabel(k, figureName);

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
