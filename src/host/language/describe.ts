/** What the editor says about a place of an experiment: hovers and the results beside knockouts. Pure. */
import { getLocation } from 'jsonc-parser';
import { builtinSet } from '../../core/experiment/names';
import { sourceOf } from '../../core/experiment/parse';
import type { Source } from '../../core/experiment/source';
import { knockoutId, knockoutLabel, type Experiment, type Knockout } from '../../core/experiment/types';
import type { Curve } from '../../core/engine/types';
import { change, escapeMarkdown, largestChange, NO_CHANGE, percent, plural } from '../../core/words';
import type { Shown } from '../live/shown';
import { descriptionAt } from './schema';

/** The layer where a curve is furthest from the clean run. */
export function strongest(
  curve: Curve,
): { readonly layer: number; readonly change: number; readonly score: number } | undefined {
  const peak = largestChange(curve.change);
  return peak && { ...peak, score: curve.scores[peak.layer] };
}

/** `▾ −92 % at layer 7`. */
export function curveHint(curve: Curve): string | undefined {
  const peak = strongest(curve);
  if (!peak) return undefined;
  if (Math.abs(peak.change) < NO_CHANGE) return 'no change';
  return `${peak.change < 0 ? '▾' : '▴'} ${change(peak.change)} at layer ${peak.layer}`;
}

/** The curve of a knockout of the text, if it is among those shown. */
export function curveOf(knockout: Knockout, shown: Shown): Curve | undefined {
  const id = knockoutId(knockout);
  const index = shown.knockouts.findIndex((known) => knockoutId(known) === id);
  return shown.curves[index] ?? undefined;
}

/** A piece of text as people write it: without the mark or the blanks that a tokenizer puts before a word. */
function asRead(piece: string): string {
  return piece.replace(/[▁\s]+/g, ' ').trim() || 'a blank';
}

export function answerHint(shown: Shown): string | undefined {
  const answer = shown.clean?.answer;
  if (!answer) return undefined;
  const mark = answer.correct === undefined ? '' : answer.correct ? ' ✓' : ' ✗';
  return `→ ${asRead(answer.text)} ${percent(answer.probability)}${mark}`;
}

/** A name as code, whatever stands in it. */
function code(name: string): string {
  const longest = Math.max(0, ...(name.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = longest > 0 ? ' ' : '';
  return fence + pad + name.replace(/\s+/g, ' ') + pad + fence;
}

export interface Described {
  readonly markdown: string;
  readonly offset: number;
  readonly length: number;
}

export function describe(
  source: Source,
  offset: number,
  experiment: Experiment | undefined,
  shown: Shown,
): Described | undefined {
  const { path, isAtPropertyKey } = getLocation(source.text, offset);
  const [top, index] = path;
  if (top === 'knockouts' && typeof index === 'number' && !isAtPropertyKey) {
    const node = source.node(['knockouts', index]);
    // By its place in the text: an experiment without its wrong knockouts counts them otherwise.
    const knockout = experiment?.knockouts.find(
      (_, i) => sourceOf(experiment).node(['knockouts', i])?.offset === node?.offset,
    );
    if (node && knockout)
      return { markdown: describeKnockout(knockout, shown), offset: node.offset, length: node.length };
  }
  if (top === 'sets' && typeof index === 'string' && path.length === 2 && isAtPropertyKey) {
    const range = source.keyRange(path);
    const tokens = shown.example?.sets[index];
    const name = `**${escapeMarkdown(index)}**`;
    const text = tokens ? `${name}: ${plural(tokens.length, 'token')}` : `${name}: a token set of this file`;
    return { markdown: text, ...range };
  }
  const text = descriptionAt(path);
  const range = isAtPropertyKey ? source.keyRange(path) : source.node(path);
  return text && range ? { markdown: text, offset: range.offset, length: range.length } : undefined;
}

function describeKnockout(knockout: Knockout, shown: Shown): string {
  const parts = [`**${escapeMarkdown(knockoutLabel(knockout))}**`, whatItBlocks(knockout, shown)];
  const names = knockout.kind === 'edge' ? [knockout.from, knockout.to] : [knockout.of];
  for (const name of new Set(names)) {
    const known = builtinSet(name);
    if (known) parts.push(`${code(name)}: ${known.description}`);
  }
  const curve = curveOf(knockout, shown);
  const peak = curve && strongest(curve);
  const base = shown.clean?.answer;
  if (peak && base) {
    parts.push(
      `Largest change: **${change(peak.change)}** with the window around layer ${peak.layer} ` +
        `(probability of “${escapeMarkdown(asRead(base.text))}”: ${base.probability.toFixed(4)} → ${peak.score.toFixed(4)}).`,
    );
  }
  return parts.join('\n\n');
}

function whatItBlocks(knockout: Knockout, { example, model }: Shown): string {
  const size = (name: string): string => {
    const tokens = example?.sets[name];
    return tokens ? `${plural(tokens.length, 'token')} of ${code(name)}` : `tokens of ${code(name)}`;
  };
  if (knockout.kind === 'prune') return `The ${size(knockout.of)} are dropped after layer K; one score for each K.`;
  const layers = `In ${plural(knockout.window, 'layer')} around each centre layer${model ? ` (of ${model.layers})` : ''}`;
  if (knockout.kind !== 'edge') {
    const part = knockout.kind === 'mlp' ? 'the MLP' : 'attention';
    return `${layers}, nothing of what ${part} computes is added to the residual of the ${size(knockout.of)}.`;
  }
  const heads = knockout.heads ? `, in head${knockout.heads.length === 1 ? '' : 's'} ${knockout.heads.join(', ')}` : '';
  return `${layers}, the ${size(knockout.to)} may not attend to the ${size(knockout.from)}${heads}.`;
}
