/** What fetching a model will take, found out before anybody is asked. Nothing is written. */
import { failed } from '../errors';
import { hashOf } from './checksum';
import { HubClient, WHOLE_LIMIT, type ClientOptions } from './client';
import type { HubEnvironment } from './environment';
import { idText, type HubId } from './id';
import { listRepository, type HubFile } from './listing';
import type { Part } from './local';
import { filesBeside, shardFiles, weightListing } from './needed';
import { Store } from './store';
import { HEADER_LIMIT, hasTower, headerLength, holdsTower, namedTower } from './tower';
import { SINGLE } from './weight-files';

export interface PlannedFile extends HubFile {
  /** Bytes that are on this disk already; all of them: nothing to do. */
  readonly here: number;
}

export interface PlannedModel {
  readonly id: HubId;
  readonly part: Part;
  readonly commit: string;
  /** Text of config.json; a tower's is not asked for. */
  readonly config?: string;
  /** Weights come last: where they are complete, all else is. */
  readonly files: readonly PlannedFile[];
}

export interface DownloadPlan {
  readonly environment: HubEnvironment;
  /** The tower, where there is one, then the model itself. */
  readonly models: readonly PlannedModel[];
}

/**
 * Lists the model's files, and those of its vision tower where that is a model of its own.
 * @throws CrossflowError `usage` for models that could not be read (pickled weights), or are not there
 */
export async function planDownload(
  id: HubId,
  environment: HubEnvironment,
  options: ClientOptions = {},
): Promise<DownloadPlan> {
  if (environment.offline) {
    throw failed(`${idText(id)} is not on this disk, and HF_HUB_OFFLINE forbids to fetch it`, undefined, 'unset it');
  }
  const { model, tower } = await planModel(new HubClient(id, environment, options), 'model');
  const towers = tower ? [(await planModel(new HubClient(tower, environment, options), 'tower')).model] : [];
  return { environment, models: [...towers, model] };
}

async function planModel(client: HubClient, part: Part): Promise<{ model: PlannedModel; tower?: HubId }> {
  const { id, environment } = client;
  const { commit, files } = await listRepository(client);
  const place = `${environment.endpoint}/${id.name}`;
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
  if (part === 'tower') return { model: { id, part, commit, files: planned } };
  const text = await smallFile(client, commit, config);
  const model: PlannedModel = { id, part, commit, config: text, files: planned };
  const tower = namedTower(text);
  if (tower === undefined || (await hasTower(tower, store.snapshot(commit)))) return { model };
  const tensors = single ? await remoteHeader(client, commit, listing) : index;
  return holdsTower(tensors) ? { model } : { model, tower };
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
