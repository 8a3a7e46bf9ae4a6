import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { download, type DownloadOptions } from '../../src/core/hub/download';
import { hubEnvironment, type HubEnvironment } from '../../src/core/hub/environment';
import { hubId } from '../../src/core/hub/id';
import { planDownload } from '../../src/core/families/hub';
import { HubServer } from '../support/hub-server';
import { repositoryRoot } from '../support/golden';
import { temporaryFolder } from '../support/temporary';

export const ID = 'crossflow-tests/model';
const SHAPES = join(repositoryRoot, 'models/shapes-llava');

/** The embedded model's files. */
export const shapes = (): Record<string, Buffer> =>
  Object.fromEntries(readdirSync(SHAPES).map((name) => [name, readFileSync(join(SHAPES, name))]));

/** A repository as they are: shards and their index, things beside, and much that nobody needs. */
export function sharded(shards = 3, bytes = 200_000): Record<string, string | Buffer> {
  const names = Array.from({ length: shards }, (_, i) => `model-0000${i + 1}-of-0000${shards}.safetensors`);
  const weight_map = Object.fromEntries(names.map((name, i) => [`layer.${i}`, name]));
  return {
    ...Object.fromEntries(names.map((name) => [name, randomBytes(bytes)])),
    'model.safetensors.index.json': JSON.stringify({ metadata: {}, weight_map }),
    'config.json': JSON.stringify({ model_type: 'llava' }),
    'tokenizer.json': '{}',
    'tokenizer_config.json': '{ "a": 1 }',
    'special_tokens_map.json': '{}',
    'added_tokens.json': '{ "b": 2 }',
    'preprocessor_config.json': '{ "c": 3 }',
    'processor_config.json': '{ "d": 4 }',
    'chat_template.json': '{ "e": 5 }',
    'generation_config.json': '',
    'README.md': 'read me',
    '.gitattributes': '*',
    'consolidated.safetensors': randomBytes(100),
    'pytorch_model.bin': randomBytes(100),
    'model.py': 'import os',
    'onnx.onnx': 'x',
  };
}

/** A server and an empty cache for each test. */
export function hub(): {
  readonly server: HubServer;
  readonly cache: string;
  environment(more?: Partial<HubEnvironment>): HubEnvironment;
  fetch(id?: string, more?: Partial<HubEnvironment>, options?: DownloadOptions): Promise<string>;
} {
  const folder = temporaryFolder();
  let server: HubServer;
  let count = 0;
  before(async () => (server = await HubServer.start()));
  after(() => server.stop());
  beforeEach(() => {
    server.reset();
    mkdirSync(folder.join(`cache-${++count}`));
  });
  const state = {
    get server() {
      return server;
    },
    get cache() {
      return folder.join(`cache-${count}`);
    },
    environment: (more: Partial<HubEnvironment> = {}): HubEnvironment => ({
      endpoint: server.endpoint,
      cache: state.cache,
      offline: false,
      stallMs: 5000,
      ...more,
    }),
    fetch: async (id = ID, more: Partial<HubEnvironment> = {}, options: DownloadOptions = {}): Promise<string> => {
      const plan = await planDownload(hubId(id), state.environment(more), { pauseMs: 1 });
      return download(plan, { pauseMs: 1, ...options });
    },
  };
  return state;
}

/** The environment that a set of variables makes. */
export const environmentOf = (variables: Record<string, string>): Promise<HubEnvironment> => hubEnvironment(variables);

export const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

/** Every file below a folder: its content, or where its link leads. */
export function contents(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  if (!existsSync(folder)) return found;
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const stat = lstatSync(join(folder, entry));
    if (stat.isSymbolicLink()) found[entry] = `-> ${readlinkSync(join(folder, entry))}`;
    else if (stat.isFile()) found[entry] = sha256(readFileSync(join(folder, entry)));
  }
  return found;
}
