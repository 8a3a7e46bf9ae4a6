/** The hub, asked with what families know of companions. */
import { cachedModels as cached, findCached as find } from '../hub/complete';
import type { CompanionsOf } from '../hub/companions';
import type { HubEnvironment } from '../hub/environment';
import type { HubId } from '../hub/id';
import { planDownload as plan, type DownloadPlan, type PlanOptions } from '../hub/plan';

/** Families are loaded only when there is a config.json to read. */
const companionsOf: CompanionsOf = async (config) => (await import('./index')).companionsOf(config);

/** The snapshot of an id in the cache, when all of it is here, its companions included. The network is not asked. */
export const findCached = (id: HubId, cache?: string): Promise<string | undefined> => find(id, companionsOf, cache);

/** All models in the cache that are complete, by name, with their snapshots. The network is not asked. */
export const cachedModels = (cache?: string): Promise<{ name: string; snapshot: string }[]> =>
  cached(companionsOf, cache);

/** What fetching a model will take. @throws CrossflowError as hub/plan.ts says */
export const planDownload = (
  id: HubId,
  environment: HubEnvironment,
  options: Omit<PlanOptions, 'companionsOf'> = {},
): Promise<DownloadPlan> => plan(id, environment, { ...options, companionsOf });
