import type { JournalHeader, KeptRecord } from '../../journal/record';
import { kindWords, WORD_KINDS } from '../../dataset/lens-words';
import type { BootstrapOptions } from './bootstrap';
import { curvePoints, withTests, type LayerPoint } from './points';
import { CurveSample } from './sample';
import { changeOf } from '../../experiment/formulas';
import { farthest, type FarQuestion } from './outliers';

/** What figures and tables show of a run: means over its questions, by layer. */
export interface RunStatistics {
  /** Questions answered rightly. */
  readonly questions: number;
  /** By knockout: change in percent, with tests; empty where no question has its sets. */
  readonly flow: readonly (readonly LayerPoint[])[];
  /** By norm (without, with), by WORD_KINDS: probability in percent; empty where no question has the word. */
  readonly lens: readonly (readonly (readonly LayerPoint[])[])[];
}

/** A difference of two probabilities up to this share of the clean one is rounding, of f16 weights as well as of f32. */
const ROUNDING = 1e-5;

/** Curves of a run's questions, one question at a time. */
export class RunSample {
  private readonly changes: readonly CurveSample[];
  private readonly differences: readonly CurveSample[];
  private readonly lens: readonly (readonly CurveSample[])[];
  /** By question: its row of the CSV. */
  private readonly rows: number[] = [];

  constructor({ about: { knockouts, model } }: JournalHeader) {
    this.changes = knockouts.map(() => new CurveSample(model.layers));
    this.differences = knockouts.map(() => new CurveSample(model.layers));
    this.lens = [0, 1].map(() => WORD_KINDS.map(() => new CurveSample(model.layers + 1)));
  }

  add(r: KeptRecord): void {
    const question = this.rows.push(r.row) - 1;
    r.curves.forEach((scores, i) => {
      if (!scores || i >= this.changes.length) return;
      if (!this.changes[i].add(question, scores.map((score) => changeOf(score, r.base)))) return; // prettier-ignore
      this.differences[i].add(question, scores.map((score) => differenceOf(score, r.base))); // prettier-ignore
    });
    const words = kindWords({ answer: r.gold, options: r.options });
    WORD_KINDS.forEach((kind, k) => {
      const at = r.lens.words.indexOf(words[kind] ?? '');
      if (words[kind] === undefined || at < 0) return;
      [r.lens.without_norm, r.lens.with_norm].forEach((rows, norm) => {
        this.lens[norm][k].add(question, (rows[at] ?? []).map((p) => 100 * p)); // prettier-ignore
      });
    });
  }

  /** The same questions and seed give the same numbers. */
  statistics(options: BootstrapOptions = {}): RunStatistics {
    const { changes, differences, lens } = this;
    const questions = this.rows.length;
    // All in one go, so that all curves see the same resamples.
    const points = curvePoints([...changes, ...lens.flat()], questions, options);
    const lensFrom = changes.length;
    return {
      questions,
      flow: differences.map((sample, i) => withTests(points[i], sample)),
      lens: lens.map((kinds, norm) => kinds.map((_, k) => points[lensFrom + norm * kinds.length + k])),
    };
  }

  /** The questions whose curves of changes (in percent) lie farthest from the mean, with their rows. */
  outliers(most: number): (FarQuestion & { readonly row: number })[] {
    return farthest(this.changes, this.rows.length, most).map((far) => ({ ...far, row: this.rows[far.question] }));
  }
}

const differenceOf = (score: number, base: number): number =>
  Math.abs(score - base) <= ROUNDING * base ? 0 : score - base;

/** Of all of a run's questions. */
export function runStatistics(
  header: JournalHeader,
  records: Iterable<KeptRecord>,
  options: BootstrapOptions = {},
): RunStatistics {
  const sample = new RunSample(header);
  for (const record of records) sample.add(record);
  return sample.statistics(options);
}
