/** ONNX Runtime, wrapped: the only file that imports it. */
import '../privacy/no-telemetry'; // Before the library, whoever comes here first.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as nodePath from 'node:path';
import { env, InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node';
import { failed, usage } from '../errors';
import { checkDevice, deviceFailure, type Platform } from './devices';
import type { EngineOptions } from './types';

// What goes wrong is thrown; ONNX Runtime would print it a second time, in many lines.
env.logLevel = 'fatal';

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
  /**
   * Weights of 4 bits are packed anew at load even when mapped: it takes their own size again, the file's pages are then
   * free, and without it every use unpacks them to f32 (docs/decisions.md).
   */
  readonly packs4?: boolean;
}

/** ONNX Runtime's optimisers that widen weights once and for all, at load: they would copy what is mapped. */
const WIDENING_OPTIMIZERS = 'ConstantFolding;FuseFp16InitializerToFp32NodeTransformer';

/** A graph made ready to run. */
export class Session {
  private constructor(
    private readonly session: InferenceSession,
    private readonly name: string,
  ) {}

  static async create(name: string, model: Uint8Array, weights: WeightStore, options: EngineOptions): Promise<Session> {
    const { folder, mapped, packs4 } = weights;
    const device = options.device ?? 'cpu';
    if (device !== 'cpu') checkDevice(device, platform());
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
            ...(mapped && !packs4 ? { disable_prepacking: '1' } : {}),
          },
          ...(mapped ? { optimization: { disable_specified_optimizers: WIDENING_OPTIMIZERS } } : {}),
        },
      });
      return new Session(session, name);
    } catch (e) {
      const reason = firstLine(e instanceof Error ? e.message : String(e));
      throw (
        deviceFailure(device, reason, platform()) ??
        failed(`ONNX Runtime could not load the ${name} graph: ${reason}`, folder)
      );
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

/** What ONNX Runtime can use here, as its own binding says. */
export function platform(): Platform {
  const name = `${process.platform}-${process.arch}`;
  const supported = listSupportedBackends().map((backend) => backend.name);
  let root: string;
  try {
    root = nodePath.dirname(createRequire(__filename).resolve('onnxruntime-node/package.json'));
  } catch {
    return { name, supported };
  }
  const script = nodePath.join(root, 'script', 'install.js');
  return {
    name,
    supported,
    binaries: nodePath.join(root, 'bin', 'napi-v6', process.platform, process.arch),
    ...(existsSync(script) && { installScript: script }),
  };
}

export function floats(tensor: Tensor): Float32Array {
  if (!(tensor.data instanceof Float32Array)) throw failed(`expected float32 from the graph, found ${tensor.type}`);
  return tensor.data;
}

/**
 * Folder that holds all files; external data is named relative to it. The second argument: how a system writes paths.
 * @throws CrossflowError `usage` when they lie on different drives
 */
export function commonFolder(files: readonly string[], system: nodePath.PlatformPath = nodePath): string {
  const { sep } = system;
  let folder = system.dirname(files[0]);
  const outside = (file: string): boolean => !file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  for (;;) {
    const other = files.find(outside);
    if (other === undefined) return folder;
    const above = system.dirname(folder);
    if (above === folder) {
      const hint = 'put the vision tower beside the checkpoint';
      throw usage(`lies on another drive than ${files[0]}: ONNX Runtime reads weights of one drive`, other, hint);
    }
    folder = above;
  }
}

const firstLine = (text: string): string => text.split('\n')[0].slice(0, 300);
