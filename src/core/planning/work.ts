/** What a question makes the engine do, counted before it is done: the calls of the decoder and their rows. Pure. */
import type { DecoderSpec, ImageLayout, Size } from '../spec';
import type { Knockout } from '../experiment/types';
import { resolveSet } from '../prompt/resolve';
import type { TokenSets } from '../prompt/types';
import { bytesPerForkedRow, chunksOf, pointsOf } from '../engine/chunks';
import { edgeEffect, type Effect, effectOf } from '../engine/effects';
import { blockRows } from '../engine/passage';
import { Sight } from '../engine/sight';
import type { Span } from '../engine/types';

/** Rows of one group over a past. */
export interface Shape {
  /** Frozen rows before them. */
  readonly past: number;
  readonly rows: number;
}

/** One call of the decoder graph. */
export interface Call extends Shape {
  /** Groups of rows in each layer. */
  readonly groups: readonly number[];
  /** Rows of the output matrix that follow. */
  readonly headRows: number;
}

export interface Work {
  readonly tokens: number;
  /** Tokens before the question that others on the same picture share. */
  readonly prefix: number;
  /** Inputs of the vision tower, and their size in pixels: one, or the whole picture and its tiles. */
  readonly views: number;
  readonly view: Size;
  /** Rows that a call of the clean run takes at the least: those that see each other. */
  readonly leastRows: number;
  readonly prefixCalls: readonly Call[];
  /** Question, and then the answer token by token. */
  readonly textCalls: readonly Call[];
  readonly lensRows: number;
  readonly knockoutCalls: readonly Call[];
  /** Whether knockouts run as whole passes. */
  readonly full: boolean;
  /** One edge more, from a few patches to the question: what a click on the picture asks. */
  readonly clickCalls: readonly Call[];
  /** Bytes that the largest chunk of knockouts takes beside weights and caches. */
  readonly chunkBytes: number;
  /** And with one group of rows at a time, the least there can be. */
  readonly leastBytes: number;
}

export interface WorkInput {
  readonly spec: DecoderSpec;
  readonly tokens: number;
  /** Position of the first image token. */
  readonly imageStart: number;
  readonly imageTokens: number;
  readonly views: number;
  readonly view: Size;
  /** Rows that see each other. */
  readonly both?: Span;
  readonly sets: TokenSets;
  readonly knockouts: readonly Knockout[];
  readonly window: number;
  readonly budget: number;
  readonly method: 'fork' | 'full';
}

/** What a layout makes the vision tower do. */
export const viewsOf = ({ views, viewSize }: ImageLayout): Pick<WorkInput, 'views' | 'view'> => ({
  views: views.length,
  view: viewSize,
});

/** Published answers are a word: its first token comes with the question, then another or the end. */
const ANSWER_PASSES = 2;

/** Throws CrossflowError `usage` for unknown sets, as the run would. */
export function workOf(input: WorkInput): Work {
  const { spec, tokens, imageStart, imageTokens, budget, sets, method } = input;
  const sight = new Sight(input.both);
  const prefix = sight.cut(imageStart + imageTokens);
  const plain = (past: number, rows: number, headRows: number): Call => ({
    past,
    rows,
    groups: new Array<number>(spec.layers).fill(1),
    headRows,
  });
  const blocks = (from: number, to: number): Call[] => {
    const runs = sight.runs(from, to, blockRows(spec, tokens, budget));
    return runs.map(([start, end]) => plain(start, end - start, 0));
  };
  const answer = Array.from({ length: ANSWER_PASSES }, (_, i) => plain(tokens + i, 1, 1));
  const resolve = (name: string): readonly number[] => resolveSet(sets, name);
  const effects = input.knockouts.map((k) => effectOf(k, resolve, tokens, spec.heads, sight));
  const forked = (knockouts: readonly Knockout[], own: readonly Effect[]): Call[] =>
    chunksOf(pointsOf(knockouts, own, spec.layers).real, own, spec, budget, tokens).map(({ first, plan, points }) => ({
      past: first,
      rows: tokens - first,
      groups: plan.layers.map((groups) => groups.length),
      headRows: points.length,
    }));
  const knockoutCalls =
    method === 'full'
      ? pointsOf(input.knockouts, effects, spec.layers).real.map(() => plain(0, tokens, 1))
      : forked(input.knockouts, effects);
  const headed = effects.some((e) => e.heads);
  const bytesPerGroupRow = bytesPerForkedRow(spec, tokens, headed);
  return {
    tokens,
    prefix,
    views: input.views,
    view: input.view,
    leastRows: input.both ? input.both[1] - input.both[0] : 1,
    prefixCalls: blocks(0, prefix),
    textCalls: [...blocks(prefix, tokens), ...answer].map((call, i, all) =>
      i === all.length - ANSWER_PASSES - 1 ? { ...call, headRows: 1 } : call,
    ),
    lensRows: 2 * (spec.layers + 1),
    knockoutCalls,
    full: method === 'full',
    clickCalls: forked([clickOf(input)], [clickEffect(input)]),
    chunkBytes: Math.max(0, ...knockoutCalls.map((c) => Math.max(...c.groups) * c.rows * bytesPerGroupRow)),
    leastBytes: Math.max(0, ...knockoutCalls.map((c) => c.rows * bytesPerGroupRow)),
  };
}

const clickOf = ({ window }: WorkInput): Knockout => ({ kind: 'edge', from: 'clicked', to: 'Question', window });

function clickEffect({ sets, imageStart, imageTokens, tokens, both }: WorkInput): Effect {
  const after = Array.from({ length: tokens - imageStart - imageTokens }, (_, i) => imageStart + imageTokens + i);
  const question = sets.Question ?? [];
  const targets = question.length > 0 ? question : after;
  return edgeEffect(targets, [imageStart], new Sight(both));
}
