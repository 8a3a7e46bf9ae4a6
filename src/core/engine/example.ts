/** One question on one image, ready to be asked things. */
import type { Tokenizer } from '../checkpoint/tokenizer';
import { usage } from '../errors';
import type { Knockout, QuestionInput } from '../experiment/types';
import { TOP } from '../graph/head';
import { resolveSet } from '../prompt/resolve';
import type { DecoderSpec } from '../spec';
import type { Example } from './api';
import { bytesPerRow } from './chunks';
import { step } from './control';
import { computeCurves } from './curves';
import type { Parts } from './parts';
import { attentionOf, residualPath } from './readings';
import type { CleanRun, Sequence } from './sequence';
import type {
  AttentionResult,
  Candidate,
  CheckResult,
  CleanResult,
  Curve,
  CurvePart,
  ExampleInfo,
  LensResult,
  RunControl,
} from './types';

/** Largest difference of a score between forked rows and full passes that float32 rounding explains. */
export const CHECK_TOLERANCE = 1e-5;
/** Consecutive rows whose attention one call gives at most: a run can only report and stop between calls. */
const ATTENTION_ROWS = 64;

/** As many of them as fit the budget: a call gives every layer's heads at once. */
function attentionRows(spec: DecoderSpec, length: number, budget: number): number {
  const perRow = 4 * spec.layers * spec.heads * length + bytesPerRow(spec, length);
  return Math.max(1, Math.min(ATTENTION_ROWS, Math.floor(budget / perRow)));
}

export class OpenExample implements Example {
  private released = false;

  constructor(
    readonly info: ExampleInfo,
    /** For benches. */
    readonly sequence: Sequence,
    private readonly parts: Parts,
    private readonly tokenizer: Tokenizer,
    private readonly gold: string | undefined,
    private readonly remake: (sets: QuestionInput['sets']) => OpenExample,
  ) {}

  withSets(sets: QuestionInput['sets']): OpenExample {
    return this.remake(sets);
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.sequence.release();
  }

  async clean(control?: RunControl): Promise<CleanResult> {
    const run = await this.sequence.using(control, async (clean) => clean);
    const { eosTokenIds } = this.parts.spec;
    const words = run.ids.filter((id) => !eosTokenIds.includes(id));
    const text = this.tokenizer.decode(words, { skipSpecial: true }).trim();
    return {
      answer: {
        token: run.ids[0],
        ids: run.ids,
        text,
        probability: run.probability,
        ...(this.gold === undefined ? {} : { correct: text.toLowerCase() === this.gold.trim().toLowerCase() }),
      },
      top: run.top.map((c) => this.named(c)),
    };
  }

  async knockouts(
    list: readonly Knockout[],
    control?: RunControl & { onPart?(part: CurvePart): void; method?: 'fork' | 'full'; budget?: number },
  ): Promise<Curve[]> {
    // Unknown sets are an error before anything runs.
    const resolve = (name: string): readonly number[] => resolveSet(this.info.sets, name);
    for (const k of list) (k.kind === 'edge' ? [k.from, k.to] : [k.of]).forEach(resolve);
    return this.sequence.using(control, (clean) =>
      computeCurves({
        parts: this.parts,
        clean,
        length: this.length,
        knockouts: list,
        resolve,
        method: control?.method ?? 'fork',
        budget: control?.budget ?? this.parts.chunkBudget,
        ...(control ? { control } : {}),
      }),
    );
  }

  async lens(
    words: readonly string[],
    control?: RunControl & { readonly row?: number; readonly best?: number },
  ): Promise<LensResult> {
    const row = this.checkRow(control?.row ?? this.length - 1);
    const path = await this.sequence.using(control, async (clean) => {
      await step(control, 'lens', 0, 1);
      return residualPath(this.parts, clean, this.length, row);
    });
    const { layers, hidden } = this.parts.decoder.spec;
    const rows = layers + 1;
    const normed = this.parts.head.norm(path);
    // Both readings in one run of the output matrix, normed rows first.
    const both = new Float32Array(2 * path.length);
    both.set(normed);
    both.set(path, path.length);
    // The last row is after the final norm in both, as published.
    both.set(normed.subarray(layers * hidden), path.length + layers * hidden);
    const { chosen, top } = await this.parts.head.run(
      both,
      words.map((w) => this.tokenizer.firstToken(w)),
      Math.max(TOP, control?.best ?? 0),
    );
    const curves = (first: number): Record<string, number[]> =>
      Object.fromEntries(
        words.map((word, i) => [word, Array.from({ length: rows }, (_, l) => chosen[(first + l) * words.length + i])]),
      );
    return {
      withoutNorm: curves(rows),
      withNorm: curves(0),
      top: top.slice(0, rows).map((list) => list.slice(0, TOP).map((c) => this.named(c))),
      ...(control?.best && {
        best: top
          .slice(rows)
          .map((list) => list.slice(0, control.best).map((c) => ({ ...c, text: this.tokenizer.decode([c.token]) }))),
      }),
    };
  }

  async attention(
    rows: readonly number[],
    control?: RunControl & { readonly mean?: boolean },
  ): Promise<AttentionResult> {
    rows.forEach((row) => this.checkRow(row));
    const { spec } = this.parts.decoder;
    const { layers, heads } = spec;
    const columns = this.length;
    const most = attentionRows(spec, columns, this.parts.chunkBudget);
    const kept = control?.mean ? 1 : heads;
    const values = new Float32Array(layers * kept * rows.length * columns);
    await this.sequence.using(control, async (clean) => {
      let at = 0;
      while (at < rows.length) {
        await step(control, 'attention', at, rows.length);
        let count = 1;
        while (count < most && rows[at + count] === rows[at] + count) count++;
        const { layers: byLayer, columns: seen } = await attentionOf(this.parts, clean, rows[at], count);
        byLayer.forEach((p, l) => {
          for (let h = 0; h < heads; h++) {
            for (let i = 0; i < count; i++) {
              const from = (h * count + i) * seen;
              const row = p.subarray(from, from + seen);
              const to = ((l * kept + (h % kept)) * rows.length + at + i) * columns;
              if (kept === heads) values.set(row, to);
              else row.forEach((value, column) => (values[to + column] += value / heads));
            }
          }
        });
        at += count;
      }
    });
    await step(control, 'attention', rows.length, rows.length);
    return { rows, layers, heads: kept, columns, values };
  }

  async check(list: readonly Knockout[], control?: RunControl & { budget?: number }): Promise<CheckResult> {
    await this.clean(control);
    const timed = async (method: 'fork' | 'full'): Promise<[Curve[], number]> => {
      const start = performance.now();
      // Of its own, because a pass takes many times as long as its variant's rows: no estimate may mix them.
      const curves = await this.knockouts(list, {
        ...control,
        method,
        ...(method === 'full' && { progress: (p) => control?.progress?.({ ...p, phase: 'full' }) }),
      });
      return [curves, (performance.now() - start) / 1000];
    };
    const [forked, forkSeconds] = await timed('fork');
    const [full, fullSeconds] = await timed('full');
    const curves = forked.map((curve, i) => ({
      edge: curve.edge,
      largestDifference: Math.max(...curve.scores.map((s, l) => Math.abs(s - full[i].scores[l]))),
    }));
    const largestDifference = Math.max(0, ...curves.map((c) => c.largestDifference));
    const passed = largestDifference <= CHECK_TOLERANCE;
    return { curves, largestDifference, forkSeconds, fullSeconds, tolerance: CHECK_TOLERANCE, passed };
  }

  /** The clean run itself, for tests. */
  cleanRun(control?: RunControl): Promise<CleanRun> {
    return this.sequence.clean(control);
  }

  private get length(): number {
    return this.info.tokens.length;
  }

  private checkRow(row: number): number {
    if (!Number.isInteger(row) || row < 0 || row >= this.length) {
      throw usage(`row ${row} does not exist`, undefined, `the sequence has rows 0 to ${this.length - 1}`);
    }
    return row;
  }

  private named(c: { token: number; probability: number }): Candidate {
    return { token: c.token, text: this.tokenizer.tokenText(c.token), probability: c.probability };
  }
}
