import assert from 'node:assert/strict';
import { checkDevice, deviceFailure, devicesOf, type Platform } from '../../src/core/engine/devices';
import { platform } from '../../src/core/engine/session';

const linux: Platform = {
  name: 'linux-x64',
  supported: ['cpu', 'webgpu', 'cuda', 'tensorrt'],
  binaries: '/opt/ort/bin',
  installScript: '/opt/my ort/script/install.js',
};
const mac: Platform = { name: 'darwin-arm64', supported: ['cpu', 'coreml', 'webgpu'] };

describe('devices', () => {
  it('are what ONNX Runtime has for this platform', () => {
    assert.deepEqual(devicesOf(linux), ['cpu', 'cuda', 'webgpu']);
    assert.deepEqual(devicesOf(mac), ['cpu', 'coreml', 'webgpu']);
    assert.ok(devicesOf(platform()).includes('cpu'));
  });

  it('of other platforms are refused with those that are here', () => {
    checkDevice('cuda', linux);
    assert.throws(() => checkDevice('cuda', mac), {
      kind: 'usage',
      message: 'device "cuda" (NVIDIA CUDA) exists on Linux x64, not on darwin-arm64',
      hint: 'here there are cpu, coreml, webgpu',
    });
    assert.throws(() => checkDevice('tpu' as never, linux), { message: 'there is no device "tpu"' });
  });

  it('whose library is missing say how to get it', () => {
    const reason = 'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library';
    const error = deviceFailure('cuda', reason, linux);
    assert.match(
      error!.line,
      /^\/opt\/ort\/bin: device "cuda" cannot be used: libonnxruntime_providers_cuda\.so is missing/,
    );
    assert.match(error!.hint!, /node "\/opt\/my ort\/script\/install\.js" --onnxruntime-node-install=cuda12/);
    const { installScript: _, ...packaged } = linux;
    assert.match(
      deviceFailure('cuda', reason, packaged)!.hint!,
      /Microsoft\.ML\.OnnxRuntime\.Gpu\.Linux .* into \/opt\/ort\/bin/,
    );
  });

  it('without a card say what they need', () => {
    const reason = 'WebGpuContext::Initialize adapter_result.status was false. Failed to get a WebGPU adapter';
    assert.match(deviceFailure('webgpu', reason, linux)!.line, /no graphics card was found .* Vulkan \(Linux\)/);
    assert.match(
      deviceFailure('cuda', 'CUDA failure 35: CUDA driver version is insufficient', linux)!.message,
      /CUDA failure 35/,
    );
    assert.match(
      deviceFailure('dml', 'DXGI_ERROR_UNSUPPORTED', linux)!.hint!,
      /DirectX 12.*or compute on the processor/,
    );
  });

  it('are not blamed for a graph that does not load', () => {
    assert.equal(
      deviceFailure('webgpu', 'Fatal error: com.microsoft:FusedMatMul(-1) is not a registered op', linux),
      undefined,
    );
    assert.equal(deviceFailure('cpu', 'CUDA', linux), undefined);
  });
});
