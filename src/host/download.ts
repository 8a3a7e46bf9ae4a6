/** Models of the hub in the editor: asked for once, fetched with progress. Free of the editor: `ui` shows. */
import { checkConfig } from '../core/families';
import { cancelled, toCrossflowError, usage } from '../core/errors';
import type { Experiment } from '../core/experiment/types';
import { findCached } from '../core/families/hub';
import { hubEnvironment } from '../core/hub/environment';
import { hubId, idText, type HubId } from '../core/hub/id';
import { planSize, planText } from '../core/hub/plan-text';
import { downloadSize, duration } from '../core/words';

export interface DownloadUi {
  /** Nothing of a workspace that is not trusted may reach the network. */
  trusted(): boolean;
  /** One question that cannot be overlooked; `what`: model, size, source and place. */
  confirm(what: string): Promise<boolean>;
  /** Shows what goes on until the work is done; its user may end it. */
  progress<T>(title: string, work: (report: Report, signal: AbortSignal) => Promise<T>): Promise<T>;
  log(line: string): void;
}
/** `fraction`: from 0 to 1. */
export type Report = (message: string, fraction: number) => void;

const HINT = 'Run and Try Again ask whether to download it, and so does "Crossflow: Download Model…"';

export class Models {
  /** Ids that somebody has just asked for by a command or a button; typing asks for nothing. */
  readonly #wanted = new Set<string>();
  readonly #underway = new Map<string, Promise<string>>();

  constructor(
    private readonly ui: DownloadUi,
    private readonly environment: typeof hubEnvironment = hubEnvironment,
  ) {}

  /** The user wants this model: if it is not here, the next `locate` may ask. Once; a no stands until the next time. */
  want(model: Experiment['model'] | undefined): void {
    if (model?.kind === 'hub') this.#wanted.add(model.id);
  }

  /**
   * The checkpoint's folder. Editors that want the same model share one question and one download.
   * @throws CrossflowError for a model that is not here and was not fetched
   */
  async locate(model: Experiment['model']): Promise<string> {
    if (model.kind === 'folder') return model.path;
    const id = hubId(model.id);
    const wanted = this.#wanted.delete(model.id);
    const { cache } = await this.environment();
    const found = await findCached(id, cache);
    if (found !== undefined) return found;
    const underway = this.#underway.get(model.id);
    if (underway) return underway;
    if (!this.ui.trusted()) {
      throw usage(
        `the model ${model.id} is not on this machine`,
        undefined,
        'nothing is downloaded in Restricted Mode',
      );
    }
    if (!wanted) throw notHere(id);
    const fetching = this.#fetch(id).finally(() => this.#underway.delete(model.id));
    this.#underway.set(model.id, fetching);
    return fetching;
  }

  async #fetch(id: HubId): Promise<string> {
    const name = idText(id);
    const { planDownload } = await import('../core/families/hub');
    const environment = await this.environment();
    const plan = await this.ui.progress(`Crossflow: looking up ${name}`, (_, signal) =>
      planDownload(id, environment, { signal }),
    );
    const main = plan.models[plan.models.length - 1];
    if (main.config !== undefined) checkConfig(main.config, `${environment.endpoint}/${main.id.name}/config.json`);
    const what = planText(plan);
    if (planSize(plan.models).files > 0 && !(await this.ui.confirm(what))) throw notHere(id);
    const [{ download }, { Rate }] = await Promise.all([import('../core/hub/download'), import('../core/hub/rate')]);
    this.ui.log(`downloading ${what}`);
    const rate = new Rate();
    try {
      return await this.ui.progress(`Crossflow: downloading ${name}`, (report, signal) =>
        download(plan, {
          signal,
          onProgress: ({ done, total }) => {
            rate.add(done);
            report(progressText(done, total, rate), total > 0 ? done / total : 1);
          },
          onNote: (text) => this.ui.log(text),
        }),
      );
    } catch (e) {
      this.ui.log(`the download of ${name} ended: ${toCrossflowError(e).line}`);
      if (toCrossflowError(e).kind === 'cancelled') throw cancelled();
      throw e;
    }
  }
}

const notHere = (id: HubId): Error => usage(`the model ${idText(id)} is not on this machine`, undefined, HINT);

/** `3.2 GB of 14.1 GB, 24.0 MB/s, 7 min 34 s left` */
export function progressText(
  done: number,
  total: number,
  rate: { readonly perSecond: number | undefined; secondsLeft(missing: number): number | undefined },
): string {
  const parts = [`${downloadSize(done)} of ${downloadSize(total)}`];
  if (rate.perSecond !== undefined) parts.push(`${downloadSize(Math.round(rate.perSecond))}/s`);
  const left = rate.secondsLeft(total - done);
  if (left !== undefined) parts.push(`${duration(left)} left`);
  return parts.join(', ');
}
