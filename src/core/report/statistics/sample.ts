/** One curve of many questions, a value a layer: grows as questions are added. */
export class CurveSample {
  private data = new Float64Array(0);
  /** Which question each row is of, rising. */
  private readonly owners: number[] = [];

  /** @param width values of a curve */
  constructor(readonly width: number) {}

  /** Number of questions that have this curve. */
  get n(): number {
    return this.owners.length;
  }

  /** Question of a row, by its number among all questions. */
  owner(row: number): number {
    return this.owners[row];
  }

  /**
   * A curve that is shorter or longer, or has a value that is no finite number (a change from a probability of 0), is
   * left out as a whole, so that a curve is of the same questions at every layer. Questions come in the order of their
   * numbers.
   */
  add(question: number, values: readonly number[]): boolean {
    if (values.length !== this.width || !values.every((v) => Number.isFinite(v))) return false;
    const at = this.n * this.width;
    if (at + this.width > this.data.length) {
      const grown = new Float64Array(Math.max(64 * this.width, 2 * this.data.length));
      grown.set(this.data);
      this.data = grown;
    }
    this.data.set(values, at);
    this.owners.push(question);
    return true;
  }

  column(layer: number): Float64Array {
    const column = new Float64Array(this.n);
    for (let row = 0; row < column.length; row++) column[row] = this.data[row * this.width + layer];
    return column;
  }

  /** The curve of each question below `questions` in turn; null for those that have none. Valid until more is added. */
  *curves(questions: number): Generator<Float64Array | null, undefined> {
    for (let question = 0, row = 0; question < questions; question++) {
      if (this.owners[row] !== question) yield null;
      else yield this.data.subarray(row * this.width, ++row * this.width);
    }
    return undefined;
  }
}
