/** What lies over the picture, and in words: quantity, layer, heads, normalisation. */
import type { AttentionResult, Knockout } from '../../src/protocol/panel';
import { attentionRow, summary } from '../model/attention';
import { layersOf, patchesOfSet, rowOf, type PanelState } from '../model/state';
import { change, knockoutWords, percent, plural, spanWords, tokenText, weight, windowSpan } from '../model/words';
import type { Asked } from '../model/answers';

export type OverlayLook = 'heat' | 'set' | 'drop' | 'rise';
export interface OverlayPicture {
  /** 0..1 per patch number; 0 draws nothing. */
  readonly values?: Float32Array;
  readonly look: OverlayLook;
  /** Patches with a hatched outline: targets of an edge. */
  readonly outlined?: readonly number[];
  readonly words: string;
  /** Ends of the colour scale, where there is one. */
  readonly scale?: readonly [string, string];
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
  const all = attentionRow(asked.value, s.layer, s.head);
  const values = all.slice(example.imageStart, example.imageStart + example.imageTokens);
  // Newline and class tokens are not drawn, so the scale is not theirs either.
  const placed = values.filter((_, i) => example.geometry.patches[i]?.rect !== undefined);
  const { max, sum } = summary(placed);
  const others = values.length - placed.length;
  const rest = summary(values).sum - sum;
  if (max > 0) for (let i = 0; i < values.length; i++) values[i] /= max;
  return {
    look: 'heat',
    values,
    words:
      `Attention of ${token} to the patches, ${where}, scaled to its largest value ${weight(max)}. ` +
      `All patches together take ${percent(sum)} of this token's attention` +
      `${others > 0 ? `, the ${plural(others, 'image token')} without a place on the picture ${percent(rest)}` : ''}.`,
    scale: ['0', weight(max)],
  };
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
  const strength = known ? Math.min(1, Math.abs(value) / 100) : 0;
  const what =
    k.kind === 'edge'
      ? `${knockoutWords(k)} blocked in ${blockedSpan(k, s)}`
      : `${knockoutWords(k)}, ${blockedSpan(k, s)}`;
  const shaded =
    sources.length > 0
      ? ` The ${plural(sources.length, k.kind === 'edge' ? 'source patch' : 'patch', k.kind === 'edge' ? 'source patches' : 'patches')} ${sources.length === 1 ? 'is' : 'are'} shaded by the size of the change, full at 100 %.`
      : '';
  const outlined =
    targets.length > 0
      ? ` The ${plural(targets.length, 'target patch', 'target patches')} ${targets.length === 1 ? 'is' : 'are'} outlined.`
      : '';
  const none = sources.length + targets.length === 0 ? ' No image patch takes part in it.' : '';
  return {
    look: known && value > 0 ? 'rise' : 'drop',
    // A small change is still shown as a place: a trace of colour.
    values: mark(example.imageTokens, sources, Math.max(0.12, strength)),
    outlined: targets,
    words: `${what} (centre ${layerWords(s)}): the answer's probability changes by ${known ? change(value) : 'an amount not computed yet'}.${shaded}${outlined}${none}`,
  };
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
