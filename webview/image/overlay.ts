/** What lies over the picture, and in words: quantity, layer, heads, normalisation. */
import type { AttentionResult, ExampleInfo, Knockout } from '../../src/protocol/panel';
import { attentionRow, summary } from '../model/attention';
import { layersOf, patchesOfSet, rowOf, type PanelState } from '../model/state';
import { change, knockoutWords, percent, plural, spanWords, tokenText, weight, windowSpan } from '../model/words';
import type { Asked } from '../model/answers';
import { byPlace, choiceFor, type GridChoice } from './places';

export type OverlayLook = 'heat' | 'set' | 'drop' | 'rise';
export interface OverlayPicture {
  /** 0..1 per patch number; 0 draws nothing. */
  readonly values?: Float32Array;
  /** The largest of the scale, where `values` are shares of it. */
  readonly top?: number;
  readonly look: OverlayLook;
  readonly outlines?: readonly Outline[];
  readonly words: string;
  /** Ends of the colour scale, where there is one. */
  readonly scale?: readonly [string, string];
}
/** Patches of one grid with a line around them. */
export interface Outline {
  readonly patches: readonly number[];
  /** Targets of an edge. */
  readonly dashed: boolean;
  /** Beside the line. */
  readonly label?: string;
}

const EMPTY: OverlayPicture = { look: 'set', words: 'No overlay.' };

export function overlayOf(s: PanelState, attention: Asked<AttentionResult> | undefined): OverlayPicture {
  if (!s.example || s.overlay === 'none') return EMPTY;
  if (s.overlay === 'attention') return attentionOverlay(s, attention);
  if (s.overlay.startsWith('set:')) return setOverlay(s, s.overlay.slice('set:'.length));
  return effectOverlay(s, s.overlay.slice('effect:'.length));
}

const headWords = (head: number | 'mean', heads: number): string =>
  head === 'mean' ? (heads === 1 ? 'the only head' : `mean of ${heads} heads`) : `head ${head} of 0–${heads - 1}`;
const layerWords = (s: PanelState): string => `layer ${s.layer} of 0–${Math.max(0, layersOf(s) - 1)}`;

function attentionOverlay(s: PanelState, asked: Asked<AttentionResult> | undefined): OverlayPicture {
  const { example, model } = s;
  const row = rowOf(s);
  if (!example || !model || row === undefined) return EMPTY;
  const token = `“${tokenText(example.tokens[row].text)}” (token ${row})`;
  const where = `${layerWords(s)}, ${headWords(s.head, model.heads)}`;
  if (row < example.imageStart) {
    return {
      look: 'heat',
      words: `Token ${token} stands before the image and cannot attend to it. Choose a later token in the strip.`,
    };
  }
  if (!asked) return { look: 'heat', words: `Attention of ${token} to the patches, ${where}: not computed yet.` };
  if (asked.kind === 'failed')
    return { look: 'heat', words: `Attention of ${token} could not be computed: ${asked.message}` };
  if (asked.kind === 'asked')
    return { look: 'heat', words: `Attention of ${token} to the patches, ${where}: on its way…` };
  const choice = choiceFor(example.geometry, s.gridKind);
  const values = imageRow(asked.value, example, s.layer, s.head);
  const placed = byPlace(example, choice, values);
  const most = s.perLayer
    ? { value: summary(placed).max, layer: s.layer }
    : largest(asked.value, example, s.head, choice);
  if (most.value > 0) for (let i = 0; i < placed.length; i++) placed[i] /= most.value;
  const { sum } = summary(values.filter((_, i) => example.geometry.patches[i]?.rect !== undefined));
  const rest = summary(values).sum - sum;
  const others = example.geometry.patches.filter((p) => p.rect === undefined).length;
  const of = s.perLayer ? 'in this layer' : 'in any layer';
  return {
    look: 'heat',
    values: placed,
    top: most.value,
    words:
      `Attention of ${token} to ${WHERE[choice === 'both' ? 'both' : grids(example) > 1 ? choice : 'all']}, ${where}, ` +
      `scaled to its largest value ${of}, ${weight(most.value)}${s.perLayer ? '' : ` (layer ${most.layer})`}. ` +
      `All patches together take ${percent(sum)} of this token's attention` +
      `${others > 0 ? `, the ${plural(others, 'image token')} without a place on the picture ${percent(rest)}` : ''}.`,
    scale: ['0', weight(most.value)],
  };
}

const WHERE = {
  all: 'the patches',
  base: 'the patches of the whole image',
  tile: 'the patches of the tiles',
  both: 'each place (the patch of the whole image and those of the tiles on it, summed)',
} as const;
const grids = (example: ExampleInfo): number => new Set(example.geometry.grids.map((g) => g.kind)).size;

/** Attention to the image tokens, `[image tokens]`. */
function imageRow(a: AttentionResult, example: ExampleInfo, layer: number, head: number | 'mean'): Float32Array {
  const { imageStart, imageTokens } = example;
  return attentionRow(a, layer, head).slice(imageStart, imageStart + imageTokens);
}

interface Largest {
  readonly value: number;
  readonly layer: number;
}
const largestOf = new WeakMap<AttentionResult, Map<string, Largest>>();

/** The largest value that is drawn in any layer: computed once, for all layers share its scale. */
function largest(a: AttentionResult, example: ExampleInfo, head: number | 'mean', choice: GridChoice): Largest {
  let known = largestOf.get(a);
  if (!known) largestOf.set(a, (known = new Map<string, Largest>()));
  const key = `${head} ${choice}`;
  let found = known.get(key);
  if (!found) {
    const layers = Array.from({ length: a.layers }, (_, layer): Largest => ({
      value: summary(byPlace(example, choice, imageRow(a, example, layer, head))).max,
      layer,
    }));
    found = layers.reduce((most, one) => (one.value > most.value ? one : most), { value: 0, layer: 0 });
    known.set(key, found);
  }
  return found;
}

function setOverlay(s: PanelState, name: string): OverlayPicture {
  const { example } = s;
  if (!example) return EMPTY;
  if (!(name in example.sets)) return { look: 'set', words: `There is no set “${name}” here.` };
  const patches = patchesOfSet(example, name);
  const others = example.sets[name].length - patches.length;
  return {
    look: 'set',
    values: mark(example.imageTokens, patches, 1),
    words: `Set “${name}”: ${plural(patches.length, 'patch', 'patches')}${others > 0 ? ` and ${plural(others, 'text token')}` : ''}.`,
  };
}

function effectOverlay(s: PanelState, id: string): OverlayPicture {
  const { example } = s;
  const curve = s.curves.find((c) => c.id === id);
  if (!example || !curve) return { look: 'drop', words: 'This knockout is no longer part of the experiment.' };
  const k = curve.knockout;
  const value = curve.change[s.layer];
  const sources = patchesOfSet(example, k.kind === 'edge' ? k.from : k.of);
  const targets = k.kind === 'edge' ? patchesOfSet(example, k.to) : [];
  const known = Number.isFinite(value);
  const what =
    k.kind === 'edge'
      ? `${knockoutWords(k)} blocked in ${blockedSpan(k, s)}`
      : `${knockoutWords(k)}, ${blockedSpan(k, s)}`;
  const outlined = (n: number, one: string, many: string): string =>
    `The ${plural(n, one, many)} ${n === 1 ? 'is' : 'are'} outlined`;
  const from =
    k.kind === 'edge'
      ? outlined(sources.length, 'source patch', 'source patches')
      : outlined(sources.length, 'patch', 'patches');
  const notes = [
    ...(sources.length > 0 ? [`${from}: the number is of all of them together, not of each.`] : []),
    ...(targets.length > 0 ? [`${outlined(targets.length, 'target patch', 'target patches')} with dashes.`] : []),
    ...(sources.length + targets.length === 0 ? ['No image patch takes part in it.'] : []),
  ];
  const choice = choiceFor(example.geometry, s.gridKind);
  return {
    look: known && value > 0 ? 'rise' : 'drop',
    outlines: [
      ...outlinesOf(example, choice, sources, false, change(value)),
      ...outlinesOf(example, choice, targets, true, sources.length === 0 ? change(value) : undefined),
    ],
    words: `${what} (centre ${layerWords(s)}): the answer's probability changes by ${known ? change(value) : 'an amount not computed yet'}. ${notes.join(' ')}`,
  };
}

/** One for each grid that is drawn; the label stands once. */
function outlinesOf(
  example: ExampleInfo,
  choice: GridChoice,
  patches: readonly number[],
  dashed: boolean,
  label: string | undefined,
): Outline[] {
  const kinds = (['base', 'tile'] as const).filter((kind) => choice === 'both' || choice === kind);
  const of = kinds.map((kind) => patches.filter((p) => example.geometry.patches[p]?.kind === kind));
  const first = of.findIndex((list) => list.length > 0);
  return of.flatMap((list, i) =>
    list.length === 0 ? [] : [{ patches: list, dashed, ...(i === first && label !== undefined && { label }) }],
  );
}

function blockedSpan(k: Knockout, s: PanelState): string {
  if (k.kind === 'prune') return `after layer ${s.layer}`;
  return spanWords(windowSpan(s.layer, k.window, layersOf(s)));
}

function mark(size: number, patches: readonly number[], value: number): Float32Array {
  const out = new Float32Array(size);
  for (const p of patches) if (p < size) out[p] = value;
  return out;
}
