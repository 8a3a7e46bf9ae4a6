/**
 * Where the engine can compute. Which devices a platform has is ONNX Runtime's own word (`listSupportedBackends`); this
 * file knows the rest: where else a device exists, and what to do when it does not start. A device that cannot be used
 * is an error, never a silent fall-back to the processor. Pure.
 */
import { usage, type CrossflowError } from '../errors';
import type { Device } from './types';

export const DEVICES: readonly Device[] = ['cpu', 'cuda', 'coreml', 'dml', 'webgpu'];

interface DeviceFacts {
  readonly name: string;
  /** Where onnxruntime-node 1.30 has it; see the table in its README. */
  readonly where: string;
  /** What must be there beside the package. */
  readonly needs: string;
}

const FACTS: Readonly<Record<Device, DeviceFacts>> = {
  cpu: { name: 'the processor', where: 'everywhere', needs: '' },
  cuda: {
    name: 'NVIDIA CUDA',
    where: 'Linux x64',
    needs: 'an NVIDIA card with its driver, CUDA 12 and cuDNN 9',
  },
  coreml: { name: 'Core ML', where: 'macOS', needs: 'macOS 10.15 or later' },
  dml: { name: 'DirectML', where: 'Windows', needs: 'a graphics card with DirectX 12' },
  webgpu: {
    name: 'WebGPU',
    where: 'Windows, macOS and Linux x64',
    needs: 'a graphics card with a driver for Vulkan (Linux), Metal (macOS) or DirectX 12 (Windows)',
  },
};

/** Libraries that the npm package leaves out for their size; ONNX Runtime's install script fetches them. */
const CUDA_LIBRARY = 'libonnxruntime_providers_cuda.so';

export interface Platform {
  /** `linux-x64` */
  readonly name: string;
  /** What `listSupportedBackends` names. */
  readonly supported: readonly string[];
  /** Folder of onnxruntime-node's native files. */
  readonly binaries?: string;
  /** Its install script, where it came with the package. */
  readonly installScript?: string;
}

/** The devices of this platform, whether or not what they need is there. */
export const devicesOf = (platform: Platform): Device[] => DEVICES.filter((d) => platform.supported.includes(d));

/** @throws CrossflowError `usage` when onnxruntime-node has no such device here */
export function checkDevice(device: Device, platform: Platform): void {
  if (platform.supported.includes(device)) return;
  const facts = FACTS[device] as DeviceFacts | undefined;
  const others = devicesOf(platform).join(', ');
  if (!facts) throw usage(`there is no device "${device as string}"`, undefined, `one of ${others}`);
  throw usage(
    `device "${device}" (${facts.name}) exists on ${facts.where}, not on ${platform.name}`,
    undefined,
    `here there are ${others}`,
  );
}

/**
 * Why a device did not start, from what ONNX Runtime said; undefined when the reason is not the device's but the
 * graph's. Measured with 1.30 on Linux: a missing CUDA library and a missing graphics card both fail at once with the
 * provider named, nothing falls back.
 */
export function deviceFailure(device: Device, reason: string, platform: Platform): CrossflowError | undefined {
  if (device === 'cpu') return undefined;
  const instead = 'or compute on the processor (device "cpu")';
  if (device === 'cuda' && /Failed to load (shared )?library|ProviderLibrary|libonnxruntime_providers/i.test(reason)) {
    const fetch = platform.installScript
      ? `fetch it with: node ${JSON.stringify(platform.installScript)} --onnxruntime-node-install=cuda12`
      : `put the libraries of the NuGet package Microsoft.ML.OnnxRuntime.Gpu.Linux of the same version into ${platform.binaries ?? 'its folder'}`;
    return usage(
      `device "cuda" cannot be used: ${CUDA_LIBRARY} is missing or does not load (the package brings the processor's library alone)`,
      platform.binaries,
      `${fetch}; it needs ${FACTS.cuda.needs}; ${instead}`,
    );
  }
  if (device === 'webgpu' && /WebGPU adapter|WebGpuContext|vulkan|RequestAdapter/i.test(reason)) {
    return usage(
      'device "webgpu" cannot be used: no graphics card was found that WebGPU can use',
      undefined,
      `it needs ${FACTS.webgpu.needs}; ${instead}`,
    );
  }
  const theirs: Readonly<Record<Exclude<Device, 'cpu'>, RegExp>> = {
    cuda: /cuda|cudnn|cublas/i,
    coreml: /core ?ml/i,
    dml: /\bdml\b|directml|dxgi|d3d12/i,
    webgpu: /webgpu|wgpu|dawn/i,
  };
  if (!theirs[device].test(reason)) return undefined;
  return usage(
    `device "${device}" cannot be used: ${reason}`,
    undefined,
    `it needs ${FACTS[device].needs}; ${instead}`,
  );
}
