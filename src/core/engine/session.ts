/** ONNX Runtime, wrapped: the only file that imports it. */
import { dirname, sep } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { failed, usage } from '../errors';
import type { EngineOptions } from './types';

/** Execution providers that onnxruntime-node ships, by platform; see its README. */
const PROVIDERS: Readonly<Record<string, readonly string[]>> = {
  cpu: ['linux', 'darwin', 'win32'],
  cuda: ['linux'],
  coreml: ['darwin'],
  dml: ['win32'],
  webgpu: ['linux', 'darwin', 'win32'],
};

export type TensorData = Float32Array | BigInt64Array | Uint8Array;
export interface Feed {
  readonly type: 'float32' | 'int64' | 'bool';
  readonly data: TensorData;
  readonly dims: readonly number[];
}
export const f32 = (data: Float32Array, dims: readonly number[]): Feed => ({ type: 'float32', data, dims });
export const bool = (data: Uint8Array, dims: readonly number[]): Feed => ({ type: 'bool', data, dims });
export const int64 = (values: readonly number[]): Feed => ({
  type: 'int64',
  data: BigInt64Array.from(values, BigInt),
  dims: [values.length],
});
export const flag = (value: boolean): Feed => bool(Uint8Array.of(value ? 1 : 0), []);

/** Where a graph's weights lie, and how they are held. */
export interface WeightStore {
  /** What the graph's external data is named relative to. */
  readonly folder: string;
  /**
   * Used where they lie in the mapped file: no copy packed for the processor's caches, and f16 and bf16 widened at each
   * use. A copy is faster, but takes the weights' size in f32 again (four to seven times an f16 file).
   */
  readonly mapped: boolean;
}

/** A graph made ready to run. */
export class Session {
  private constructor(
    private readonly session: InferenceSession,
    private readonly name: string,
  ) {}

  static async create(name: string, model: Uint8Array, weights: WeightStore, options: EngineOptions): Promise<Session> {
    const { folder, mapped } = weights;
    const device = options.device ?? 'cpu';
    if (!PROVIDERS[device]?.includes(process.platform)) {
      throw usage(
        `device "${device}" is not available on ${process.platform}`,
        undefined,
        `available: ${devices().join(', ')}`,
      );
    }
    try {
      const session = await InferenceSession.create(model, {
        executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
        graphOptimizationLevel: 'all',
        ...(options.threads ? { intraOpNumThreads: options.threads } : {}),
        // Shapes change with every chunk; remembered patterns would only hold memory.
        enableMemPattern: false,
        logSeverityLevel: 3,
        extra: {
          session: {
            model_external_initializers_file_folder_path: folder,
            ...(mapped ? { disable_prepacking: '1' } : {}),
          },
          ...(mapped ? { optimization: { disable_specified_optimizers: 'ConstantFolding' } } : {}),
        },
      });
      return new Session(session, name);
    } catch (e) {
      const reason = e instanceof Error ? e.message : String(e);
      throw failed(`ONNX Runtime could not load the ${name} graph: ${firstLine(reason)}`, folder);
    }
  }

  /** Runs the graph and gives the named outputs. */
  async run(feeds: Readonly<Record<string, Feed>>, fetches: readonly string[]): Promise<Record<string, Tensor>> {
    const inputs: Record<string, Tensor> = {};
    for (const [key, feed] of Object.entries(feeds)) inputs[key] = new Tensor(feed.type, feed.data as never, feed.dims);
    try {
      return await this.session.run(inputs, fetches);
    } catch (e) {
      const reason = e instanceof Error ? e.message : String(e);
      const memory = /alloc|memory/i.test(reason);
      throw failed(
        `the ${this.name} graph failed: ${firstLine(reason)}`,
        undefined,
        memory ? 'out of memory: a smaller chunk budget (--memory, crossflow.memoryBudget) needs less' : undefined,
      );
    }
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

export function devices(): string[] {
  return Object.keys(PROVIDERS).filter((d) => PROVIDERS[d].includes(process.platform));
}

export function floats(tensor: Tensor): Float32Array {
  if (!(tensor.data instanceof Float32Array)) throw failed(`expected float32 from the graph, found ${tensor.type}`);
  return tensor.data;
}

/** Folder that holds all files; external data is named relative to it. */
export function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0]);
  const inside = (file: string): boolean => file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  while (!files.every(inside)) folder = dirname(folder);
  return folder;
}

const firstLine = (text: string): string => text.split('\n')[0].slice(0, 300);
