/** How much of a study is left, in questions and in seconds. */

/** Questions that are left, by run. */
export class Left {
  readonly total: number;
  private readonly runs: Map<string, number>;

  constructor(runs: readonly (readonly [string, number])[]) {
    this.runs = new Map(runs);
    this.total = this.all;
  }

  get all(): number {
    return [...this.runs.values()].reduce((a, b) => a + b, 0);
  }

  set(run: string, questions: number): void {
    this.runs.set(run, questions);
  }
}

/** So many questions are looked back on: enough to even out kept and dropped ones, few enough to follow a busy machine. */
const LOOK_BACK = 20;

/** Time left, from the mean of the last questions. */
export class Eta {
  private readonly seconds: number[] = [];

  add(seconds: number): void {
    this.seconds.push(seconds);
    if (this.seconds.length > LOOK_BACK) this.seconds.shift();
  }

  /** Seconds for so many more questions; undefined until one is done. */
  left(questions: number): number | undefined {
    if (this.seconds.length === 0) return undefined;
    return (questions * this.seconds.reduce((a, b) => a + b)) / this.seconds.length;
  }
}
