/** `crossflow fetch`: brings a model of the Hugging Face hub into the local cache. Asking for it is the consent. */
import { checkConfig } from '../core/families';
import { failed } from '../core/errors';
import { findCached } from '../core/families/hub';
import { hubEnvironment } from '../core/hub/environment';
import { hubId, idText, isCommit, type HubId } from '../core/hub/id';
import type { DownloadPlan } from '../core/hub/plan';
import { planSize, planText } from '../core/hub/plan-text';
import { downloadSize } from '../core/words';
import { fetchPlanned, planFetch } from './download';
import { interruptSignal } from './interrupt';
import { progressBar } from './progress';
import { reportLine } from './report';
import { print } from './streams';
import { table } from './table';

export interface FetchOptions {
  readonly revision?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export async function fetchModel(name: string, options: FetchOptions): Promise<number> {
  const id = hubId(name, options.revision);
  const environment = await hubEnvironment();
  // A branch may have moved since; a commit cannot, and offline there is nobody to ask.
  if (environment.offline || (id.revision !== undefined && isCommit(id.revision))) {
    const found = await findCached(id, environment.cache);
    if (found !== undefined) return await done(found, id, options, 0);
    if (environment.offline) throw failed(`${idText(id)} is not complete on this disk, and HF_HUB_OFFLINE is set`);
  }
  const signal = interruptSignal();
  const plan = await planFetch(id, environment, signal);
  warnUnusable(plan);
  if (options.dryRun) {
    await print(options.json ? JSON.stringify(facts(plan)) + '\n' : describe(plan));
    return 0;
  }
  const { files, bytes, here } = planSize(plan.models);
  if (files > 0 && process.stderr.isTTY) reportLine(`fetching ${planText(plan)}`);
  const folder = await fetchPlanned(plan, { signal, bar: await progressBar() });
  return done(folder, id, options, bytes - here);
}

/** The folder on standard output, for scripts. */
async function done(folder: string, id: HubId, { json }: FetchOptions, fetched: number): Promise<number> {
  if (fetched === 0) reportLine(`${idText(id)} is complete on this disk`);
  await print(json ? JSON.stringify({ id: idText(id), folder, fetched_bytes: fetched }) + '\n' : folder + '\n');
  return 0;
}

/** The user may want a vision tower alone, or a model for another program: said, not refused. */
function warnUnusable({ models, environment }: DownloadPlan): void {
  const main = models[models.length - 1];
  try {
    if (main.config !== undefined) checkConfig(main.config, `${environment.endpoint}/${main.id.name}/config.json`);
  } catch (e) {
    reportLine(`warning: no model for an experiment: ${(e as Error).message}`);
  }
}

const facts = (plan: DownloadPlan): object => ({
  endpoint: plan.environment.endpoint,
  cache: plan.environment.cache,
  models: plan.models.map(({ id, commit, files }) => ({
    id: idText(id),
    commit,
    files: files.map((f) => ({ name: f.name, bytes: f.size, bytes_here: f.here, checksum: f.checksum.digits })),
  })),
});

function describe(plan: DownloadPlan): string {
  const rows = plan.models.flatMap(({ id, files }) =>
    files.map((f) => {
      const state = f.here === f.size ? 'here' : f.here > 0 ? `${downloadSize(f.here)} here` : '';
      return [id.name, f.name, downloadSize(f.size), state];
    }),
  );
  const columns = [{ title: 'model' }, { title: 'file' }, { title: 'size', right: true }, { title: '' }];
  return `${table(columns, rows)}\n${planText(plan)}\n`;
}
