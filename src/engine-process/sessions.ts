/** One example per session (an editor that shows an experiment), changed as little as the question changed. */
import type { Example, Model } from '../core/engine/api';
import type { RunControl } from '../core/engine/types';
import { failed } from '../core/errors';
import type { QuestionInput } from '../core/experiment/types';

interface Held {
  readonly question: QuestionInput;
  readonly example: Example;
}

/** Everything but the token sets: what the model sees. */
function seen(question: QuestionInput): string {
  // the sets come and go while the rest stays
  return JSON.stringify({ ...question, sets: undefined });
}

export class Sessions {
  readonly #held = new Map<string, Held>();

  /** The session's example. */
  get(session: string): Example {
    const held = this.#held.get(session);
    if (!held) throw failed('nothing is prepared for this editor', undefined, 'run the experiment again');
    return held.example;
  }

  /**
   * Takes over a new question. The old example goes only after the new one stands, so shared caches survive. `anew`:
   * not even the clean run is kept when the question is the old one, because the picture's file may be another. Sets that
   * the question cannot have are absent: the editor shows what can be computed without them.
   */
  async prepare(
    session: string,
    model: Model,
    question: QuestionInput,
    anew: boolean,
    control: RunControl,
  ): Promise<Example> {
    const old = this.#held.get(session);
    const example =
      old && !anew && seen(old.question) === seen(question)
        ? old.example.withSets(question.sets)
        : await model.prepare(question, { ...control, lenient: true });
    // Another prepare of this session may have come first while this one waited.
    const last = this.#held.get(session);
    this.#held.set(session, { question, example });
    if (last && last.example !== example) last.example.release();
    return example;
  }

  release(session: string): void {
    this.#held.get(session)?.example.release();
    this.#held.delete(session);
  }
}
