/**
 * What a run will need, asked before anything runs: in a process of its own, so that measuring leaves nothing behind in
 * the engine. The process stays while the plan is shown, since a changed text needs no new measuring.
 */
import type { EngineOptions } from '../../core/engine/types';
import { toCrossflowError, type CrossflowError } from '../../core/errors';
import type { Experiment } from '../../core/experiment/types';
import type { HostToPanel } from '../../protocol/panel';
import type { EngineHooks } from '../engine/engine';
import { EngineProcess } from '../engine/process';

export interface PlanningDeps {
  readonly hooks: EngineHooks;
  send(message: HostToPanel): void;
  /** The experiment cannot be planned, for a reason that its run would give as well. */
  failed(error: CrossflowError): void;
}

export class Planning {
  #process: EngineProcess | undefined;
  #round = 0;
  #shown: HostToPanel | undefined;

  constructor(private readonly deps: PlanningDeps) {}

  get active(): boolean {
    return this.#process !== undefined;
  }

  /** Sizes at once, then times. A newer call takes the place of an older one. */
  async start(directory: string, options: EngineOptions, experiment: Experiment): Promise<void> {
    const round = ++this.#round;
    const process = (this.#process ??= this.#fork());
    const ask = async (measure: boolean): Promise<boolean> => {
      const plan = await process.call('plan', { directory, options, experiment, measure });
      if (round !== this.#round) return false;
      const fits = plan.verdict.kind !== 'refused';
      this.#send({ type: 'plan', plan, measuring: fits && !measure });
      return fits;
    };
    try {
      if (await ask(false)) await ask(true);
    } catch (e) {
      if (round !== this.#round) return;
      this.stop();
      this.deps.failed(toCrossflowError(e));
    }
  }

  /** For a panel that has just come up. */
  replay(): void {
    if (this.#shown) this.deps.send(this.#shown);
  }

  /** A run begins, or nobody looks any more. */
  stop(): void {
    this.#round++;
    this.#process?.kill('the plan is not needed any more');
    this.#process = undefined;
    if (this.#shown) this.deps.send({ type: 'plan', plan: null, measuring: false });
    this.#shown = undefined;
  }

  #send(message: HostToPanel): void {
    this.#shown = message;
    this.deps.send(message);
  }

  #fork(): EngineProcess {
    const { hooks } = this.deps;
    const process: EngineProcess = new EngineProcess(
      hooks.entry,
      {
        exit: () => {
          if (this.#process === process) this.#process = undefined;
        },
        log: (line) => hooks.log(line),
      },
      hooks.execArgv,
    );
    return process;
  }
}
