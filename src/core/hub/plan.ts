/** What fetching a model will take, found out before anybody is asked. Nothing is written. */
import { failed } from '../errors';
import { ADAPTER_CONFIG, adapterRefusal } from './adapter';
import { hashOf, type HubFile, listRepository } from './listing';
import { HubClient, WHOLE_LIMIT, type ClientOptions } from './client';
import { HEADER_LIMIT, headerLength, hubCompanions, isHere, type CompanionsOf, type HubCompanion } from './companions';
import type { HubEnvironment } from './environment';
import { idText, type HubId } from './id';
import type { Part } from './local';
import { filesBeside, shardFiles, weightListing } from './needed';
import { Store } from './store';
import { SINGLE } from './weight-files';

export interface PlannedFile extends HubFile {
  /** Bytes that are on this disk already; all of them: nothing to do. */
  readonly here: number;
}

export interface PlannedModel {
  readonly id: HubId;
  readonly part: Part;
  /** What a companion is to the model, in words: `vision tower`. */
  readonly role?: string;
  readonly commit: string;
  /** Text of config.json; a companion's is not asked for. */
  readonly config?: string;
  /** Weights come last: where they are complete, all else is. */
  readonly files: readonly PlannedFile[];
}

export interface DownloadPlan {
  readonly environment: HubEnvironment;
  /** Companions, where there are some, then the model itself. */
  readonly models: readonly PlannedModel[];
}

export interface PlanOptions extends ClientOptions {
  readonly companionsOf: CompanionsOf;
}

/**
 * Lists the model's files, and those of the companions that it needs and that are not here.
 * @throws CrossflowError `usage` for models that could not be read (pickled weights), or are not there
 */
export async function planDownload(
  id: HubId,
  environment: HubEnvironment,
  { companionsOf, ...options }: PlanOptions,
): Promise<DownloadPlan> {
  if (environment.offline) {
    throw failed(`${idText(id)} is not on this disk, and HF_HUB_OFFLINE forbids to fetch it`, undefined, 'unset it');
  }
  const { model, tensors, folder } = await planFiles(new HubClient(id, environment, options), 'model');
  const companions: PlannedModel[] = [];
  for (const companion of await hubCompanions(model.config ?? '', companionsOf)) {
    if ((await isHere(companion.id, folder)) || companion.inside(await tensors())) continue;
    companions.push(await planCompanion(companion, environment, options));
  }
  return { environment, models: [...companions, model] };
}

async function planCompanion(
  { id, role }: HubCompanion,
  environment: HubEnvironment,
  options: ClientOptions,
): Promise<PlannedModel> {
  return { ...(await planFiles(new HubClient(id, environment, options), 'companion')).model, role };
}

interface PlannedFiles {
  readonly model: PlannedModel;
  /** Where the model will lie. */
  readonly folder: string;
  /** The text that lists its tensors. */
  readonly tensors: () => Promise<string>;
}

async function planFiles(client: HubClient, part: Part): Promise<PlannedFiles> {
  const { id, environment } = client;
  const { commit, files } = await listRepository(client);
  const place = `${environment.endpoint}/${id.name}`;
  const adapter = files.find((file) => file.name === ADAPTER_CONFIG);
  if (adapter) {
    const names = files.map((file) => file.name);
    throw adapterRefusal(await smallFile(client, commit, adapter), names, place);
  }
  const beside = filesBeside(files, part);
  const config = beside.find((file) => file.name === 'config.json');
  if (config === undefined) throw failed('has no config.json', place, 'it is no model that Crossflow can read');
  const listing = weightListing(files, place);
  const single = listing.name === SINGLE;
  const index = single ? '' : await smallFile(client, commit, listing);
  const wanted = single ? [...beside, listing] : [...beside, listing, ...shardFiles(index, files, place)];
  const store = new Store(environment.cache, id.name);
  const planned: PlannedFile[] = [];
  for (const file of wanted) {
    planned.push({ ...file, here: (await store.has(file, commit)) ? file.size : await store.arrived(file) });
  }
  const text = part === 'model' ? await smallFile(client, commit, config) : undefined;
  return {
    model: { id, part, commit, ...(text !== undefined && { config: text }), files: planned },
    folder: store.snapshot(commit),
    tensors: async () => (single ? remoteHeader(client, commit, listing) : index),
  };
}

/** Where a file can be fetched from; the hub sends large ones elsewhere. */
export function fileUrl({ id, environment }: HubClient, commit: string, { name }: HubFile): string {
  return `${environment.endpoint}/${id.name}/resolve/${commit}/${encodeURIComponent(name)}`;
}

/** Text of a file that is read to plan, verified like any other. */
async function smallFile(client: HubClient, commit: string, file: HubFile): Promise<string> {
  const { bytes } = await client.whole(fileUrl(client, commit, file), {}, WHOLE_LIMIT);
  if (hashOf(file).update(bytes).digest('hex') !== file.checksum.digits) {
    throw failed(`${file.name} arrived damaged`, `${client.environment.endpoint}/${client.id.name}`, 'try again');
  }
  return bytes.toString('utf8');
}

/** The list of tensors at the beginning of a .safetensors file. */
async function remoteHeader(client: HubClient, commit: string, file: HubFile): Promise<string> {
  const url = fileUrl(client, commit, file);
  const part = async (from: number, to: number): Promise<Buffer> =>
    (await client.whole(url, { range: `bytes=${from}-${to}` }, HEADER_LIMIT)).bytes;
  const length = headerLength(await part(0, 7));
  return length === 0 ? '' : (await part(8, 7 + length)).toString('utf8');
}
