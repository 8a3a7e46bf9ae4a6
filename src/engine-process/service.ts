/** The calls of protocol/engine.ts, done with core. Modules with native parts are loaded by the first call. */
import type { Example, Model } from '../core/engine/api';
import type { Planner } from '../core/planning/planner';
import type { RunControl } from '../core/engine/types';
import { failed } from '../core/errors';
import type { Knockout } from '../core/experiment/types';
import type { CallName, EngineCalls } from '../protocol/engine';
import { processMemory } from './memory';
import { Sessions } from './sessions';

export interface CallContext<K extends CallName> {
  readonly signal: AbortSignal;
  emit(event: EngineCalls[K]['event']): void;
}
type Calls = {
  readonly [K in CallName]: (
    params: EngineCalls[K]['params'],
    context: CallContext<K>,
  ) => Promise<EngineCalls[K]['result']>;
};
type RunCall = { readonly [K in CallName]: EngineCalls[K]['event'] extends never ? never : K }[CallName];

/** A page shows no more of a picture, and several times as many pixels would take seconds to travel. */
const PICTURE_SIDE = 4096;
/** Events above this rate would only keep both processes busy. */
const PROGRESS_EVERY_MS = 50;

function control<K extends RunCall>(context: CallContext<K>): RunControl {
  let last = 0;
  return {
    signal: context.signal,
    progress(progress) {
      const now = performance.now();
      if (now - last < PROGRESS_EVERY_MS && progress.done < progress.total) return;
      last = now;
      (context as CallContext<'clean'>).emit({ type: 'progress', progress });
    },
  };
}

export class EngineService {
  #model: Promise<Model> | undefined;
  /** Kept with its measured layers while plans of one model are asked for. */
  #planner: { readonly key: string; readonly planner: Planner } | undefined;
  readonly #sessions = new Sessions();

  call<K extends CallName>(
    name: K,
    params: EngineCalls[K]['params'],
    context: CallContext<K>,
  ): Promise<EngineCalls[K]['result']> {
    const run = this.#calls[name] as Calls[K] | undefined;
    if (!run) return Promise.reject(failed(`the engine knows no call ${name}`));
    return run(params, context);
  }

  readonly #calls: Calls = {
    open: async ({ directory, options }) => {
      if (this.#model) throw failed('this engine holds a model already');
      // What the process prints goes to the output channel.
      const say = (line: string): void => console.error(line);
      this.#model = import('../core/dataset/fit').then(({ openFitting }) => openFitting(directory, options, { say }));
      // A checkpoint that could not be opened may be mended and tried again.
      this.#model.catch(() => (this.#model = undefined));
      return (await this.#model).info;
    },
    plan: async ({ directory, options, experiment, measure }, context) => {
      const key = JSON.stringify([directory, options]);
      if (this.#planner?.key !== key) {
        const { Planner: planners } = await import('../core/planning/planner');
        this.#planner = { key, planner: await planners.open(directory, options) };
      }
      const { planExperiment } = await import('../core/dataset/plan');
      return planExperiment(this.#planner.planner, experiment, { measure, lenient: true, control: control(context) });
    },
    prepare: async ({ session, question, anew }, context) =>
      (await this.#sessions.prepare(session, await this.#opened(), question, anew, control(context))).info,
    clean: async ({ session }, context) => this.#sessions.get(session).clean(control(context)),
    knockouts: async ({ session, list, method = 'fork' }, context) => {
      const example = this.#sessions.get(session);
      return example.knockouts(list, {
        ...control(context),
        method,
        budget: await this.#fitting(example, list, method),
        onPart: (part) => context.emit({ type: 'part', part }),
      });
    },
    lens: async ({ session, words }, context) => this.#sessions.get(session).lens(words, control(context)),
    attention: async ({ session, rows, mean }, context) =>
      this.#sessions.get(session).attention(rows, { ...control(context), mean }),
    tokenLens: async ({ session, row }, context) =>
      (await this.#sessions.get(session).lens([], { ...control(context), row })).top,
    check: async ({ session, list }, context) => {
      const example = this.#sessions.get(session);
      const budgets = [await this.#fitting(example, list, 'fork'), await this.#fitting(example, list, 'full')];
      return example.check(list, { ...control(context), budget: Math.min(...budgets) });
    },
    dataset: async ({ experiment }, context) => {
      const { runDatasetCall } = await import('./dataset');
      return runDatasetCall(await this.#opened(), experiment, control(context), (event) => context.emit(event));
    },
    study: async (params, context) => (await import('./study')).runWhole(params, context),
    studyStatus: async ({ file }) => (await import('./study')).status(file),
    studyReport: async ({ file }, context) => (await import('./study')).report(file, context),
    results: async ({ experiment }) => (await import('../core/report/stored')).storedOverview(experiment),
    picture: async ({ file }) => (await import('../core/vision/decode')).decodedPng(file, PICTURE_SIDE),
    figure: async (request) => (await import('../core/report/example')).exampleFigure(request),
    document: async (parts) => (await import('./document')).document(parts),
    memory: async () => ({
      ...(await processMemory()),
      caches: (await this.#model?.catch(() => undefined))?.cacheBytes ?? 0,
    }),
    release: async ({ session }) => {
      this.#sessions.release(session);
      return undefined;
    },
  };

  /** The model was opened for a usual question; this one may need more. @throws CrossflowError when it does not fit */
  async #fitting({ info }: Example, knockouts: readonly Knockout[], method: 'fork' | 'full'): Promise<number> {
    const [model, { fittingBudget }] = [await this.#opened(), await import('../core/planning/fits')];
    return fittingBudget(model, { info, knockouts, method });
  }

  async #opened(): Promise<Model> {
    if (!this.#model) throw failed('no model is open');
    return this.#model;
  }
}
