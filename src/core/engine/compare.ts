/** How far a quantised model is from the one it was made from, in what an experiment shows. */
import type { Knockout, QuestionInput } from '../experiment/types';
import type { OpenExample } from './example';
import type { OpenModel } from './model';
import type { Answer, Curve, RunControl } from './types';

export interface CurveDifference {
  readonly edge: string;
  readonly window: number;
  /** In points of the change curve's own percent: |change of one - change of the other|. */
  readonly largest: number;
  readonly mean: number;
  /** Centre layer of the largest. */
  readonly layer: number;
}

export interface ExampleDifference {
  readonly question: string;
  readonly answer: { readonly original: string; readonly quantized: string };
  /** The first answer token is the same; curves of different tokens are not compared. */
  readonly same: boolean;
  /** Of the first answer token in the clean run. */
  readonly probability: { readonly original: number; readonly quantized: number };
  /** Empty where the answers differ. */
  readonly curves: readonly CurveDifference[];
  /** By layer, its output's relative error: root mean square of the difference over that of the original, all tokens. */
  readonly residuals: readonly number[];
}

export interface Comparison {
  readonly examples: readonly ExampleDifference[];
  readonly answersThatDiffer: number;
  /** Over all examples: of the clean probability, and of points of the curves (percent). */
  readonly largestProbabilityDifference: number;
  readonly largestCurveDifference: number;
  readonly meanCurveDifference: number;
}

/** One question to compare, and its curves. */
export interface Compared {
  readonly question: QuestionInput;
  readonly knockouts: readonly Knockout[];
}

/** Asks both models the same. `onExample`: examples done. Throws as prepare() and knockouts() do. */
export async function compareModels(
  original: OpenModel,
  quantized: OpenModel,
  asked: readonly Compared[],
  control: RunControl & { onExample?(done: number): void } = {},
): Promise<Comparison> {
  const examples: ExampleDifference[] = [];
  for (const one of asked) {
    examples.push(await compareExample(original, quantized, one, control));
    control.onExample?.(examples.length);
  }
  const curves = examples.flatMap((e) => e.curves);
  return {
    examples,
    answersThatDiffer: examples.filter((e) => !e.same).length,
    largestProbabilityDifference: largest(
      examples.filter((e) => e.same).map((e) => Math.abs(e.probability.original - e.probability.quantized)),
    ),
    largestCurveDifference: largest(curves.map((c) => c.largest)),
    meanCurveDifference: mean(curves.map((c) => c.mean)),
  };
}

async function compareExample(
  original: OpenModel,
  quantized: OpenModel,
  { question, knockouts }: Compared,
  control: RunControl,
): Promise<ExampleDifference> {
  const a = await original.prepare(question, control);
  try {
    const b = await quantized.prepare(question, control);
    try {
      const [one, other] = [await ask(a, knockouts, control), await ask(b, knockouts, control)];
      const same = one.answer.token === other.answer.token;
      return {
        question: question.question,
        answer: { original: one.answer.text, quantized: other.answer.text },
        same,
        probability: { original: one.answer.probability, quantized: other.answer.probability },
        curves: same ? one.curves.map((curve, i) => curveDifference(curve, other.curves[i])) : [],
        residuals: await residualErrors(a, b, original.info.layers, original.info.hidden, control),
      };
    } finally {
      b.release();
    }
  } finally {
    a.release();
  }
}

async function ask(
  example: OpenExample,
  knockouts: readonly Knockout[],
  control: RunControl,
): Promise<{ answer: Answer; curves: Curve[] }> {
  const { answer } = await example.clean(control);
  return { answer, curves: await example.knockouts(knockouts, control) };
}

function curveDifference(a: Curve, b: Curve): CurveDifference {
  const off = a.change.map((change, l) => Math.abs(change - b.change[l]));
  const most = largest(off);
  return { edge: a.edge, window: a.window, largest: most, mean: mean(off), layer: Math.max(0, off.indexOf(most)) };
}

/** Of each layer's output: what enters the next one, and after the last layer what the answer is read from. */
async function residualErrors(
  a: OpenExample,
  b: OpenExample,
  layers: number,
  hidden: number,
  control: RunControl,
): Promise<number[]> {
  const rows = a.info.tokens.length;
  return a.sequence.using(control, (one) =>
    b.sequence.using(control, async (other) =>
      Array.from({ length: layers }, (_, l) =>
        l === layers - 1
          ? relativeError(one.final, other.final)
          : relativeError(
              one.cache.residuals[l + 1].subarray(0, rows * hidden),
              other.cache.residuals[l + 1].subarray(0, rows * hidden),
            ),
      ),
    ),
  );
}

function relativeError(a: Float32Array, b: Float32Array): number {
  let square = 0;
  let total = 0;
  for (let i = 0; i < a.length; i++) {
    square += (a[i] - b[i]) ** 2;
    total += a[i] ** 2;
  }
  return total === 0 ? 0 : Math.sqrt(square / total);
}

const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
