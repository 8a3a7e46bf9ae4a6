/** Fetching a model at a terminal: the question, the bar, and what is said where there is no terminal. */
import { createInterface } from 'node:readline';
import { cancelled, failed, usage } from '../core/errors';
import { checkConfig } from '../core/families';
import { download } from '../core/hub/download';
import { hubEnvironment, type HubEnvironment } from '../core/hub/environment';
import { idText, type HubId } from '../core/hub/id';
import { planDownload } from '../core/families/hub';
import type { DownloadPlan } from '../core/hub/plan';
import { Rate } from '../core/hub/rate';
import { planSize, planText } from '../core/hub/plan-text';
import { downloadSize } from '../core/words';
import { interruptSignal } from './interrupt';
import { progressBar, type Bar } from './progress';
import { proxiedFetch } from './proxy';
import { reportLine } from './report';

/** What a command that fetches on its way has already. */
export interface Fetching {
  readonly signal?: AbortSignal;
  readonly bar?: Bar;
}

/** @returns the folder of the model. @throws CrossflowError when it may not be fetched, or cannot be */
export async function fetchWithConsent(id: HubId, yes: boolean, fetching: Fetching): Promise<string> {
  const name = idText(id);
  const environment = await hubEnvironment();
  const canAsk = process.stdin.isTTY && process.stderr.isTTY;
  // Without consent in sight not even the size is asked for.
  if (!yes && !canAsk && !environment.offline) {
    const how = `fetch it with "crossflow fetch ${name}", allow it with --yes, or name a checkpoint folder`;
    throw usage(`the model ${name} is not on this disk`, undefined, how);
  }
  const signal = fetching.signal ?? interruptSignal();
  const bar = fetching.bar ?? (await progressBar());
  bar.stop();
  const plan = await planFetch(id, environment, signal);
  refuseUnusable(plan);
  if (!yes && planSize(plan.models).files > 0 && !(await confirm(`Download ${planText(plan)}?`, signal))) {
    throw failed(`the model ${name} is not on this disk, and was not downloaded`);
  }
  return fetchPlanned(plan, { signal, bar });
}

/** Finds out what is to be fetched, through the proxy where there is one. */
export async function planFetch(id: HubId, environment: HubEnvironment, signal: AbortSignal): Promise<DownloadPlan> {
  const fetch = await proxiedFetch();
  return planDownload(id, environment, { signal, ...(fetch && { fetch }) });
}

/** A model that this version cannot read is refused before it is fetched. */
function refuseUnusable({ models, environment }: DownloadPlan): void {
  const main = models[models.length - 1];
  if (main.config !== undefined) checkConfig(main.config, `${environment.endpoint}/${main.id.name}/config.json`);
}

/** Shows what arrives, at what rate, and how long it will take; off a terminal says when it begins. */
export async function fetchPlanned(
  plan: DownloadPlan,
  { signal, bar }: { readonly signal: AbortSignal; readonly bar: Bar },
): Promise<string> {
  if (planSize(plan.models).files > 0 && !process.stderr.isTTY) reportLine(`fetching ${planText(plan)}`);
  const rate = new Rate();
  try {
    const fetch = await proxiedFetch();
    return await download(plan, {
      signal,
      ...(fetch && { fetch }),
      onProgress: ({ done, total }) => {
        rate.add(done);
        const speed = rate.perSecond === undefined ? '' : `, ${downloadSize(Math.round(rate.perSecond))}/s`;
        bar.update(
          'download',
          done,
          total,
          rate.secondsLeft(total - done) ?? NaN,
          `${downloadSize(done)} of ${downloadSize(total)}${speed}`,
        );
      },
      onNote: (text) => {
        bar.stop();
        reportLine(text);
      },
    });
  } finally {
    bar.stop();
  }
}

/** `y` or `yes`; anything else, and the end of the input, is no. */
async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  // Not as a terminal: then Ctrl-C stays the system's, and ends the command as everywhere.
  const lines = createInterface({ input: process.stdin, terminal: false });
  const stopped = (): void => lines.close();
  signal.addEventListener('abort', stopped, { once: true });
  process.stderr.write(`${question} [y/N] `);
  try {
    const answer = await new Promise<string>((done) => {
      lines.once('line', done);
      lines.once('close', () => done(''));
    });
    if (signal.aborted) throw cancelled();
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    signal.removeEventListener('abort', stopped);
    lines.close();
  }
}
