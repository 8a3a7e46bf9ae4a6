/**
 * What packages for other platforms hold, as far as it can be seen without a network: ONNX Runtime's package brings the
 * binaries of all platforms; those of sharp and resvg are packages of their own, which the lock file names.
 */
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { filesFor, TARGETS } from '../../scripts/lib/natives.mjs';

const root = path.resolve(__dirname, '../..');
const ort = path.join(root, 'node_modules/onnxruntime-node');
interface Locked {
  readonly version: string;
  readonly integrity: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
const locked = (JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, Locked>>;
}).packages; // prettier-ignore

/** Platform and processor that a binary is made for, by its header: ELF, Mach-O or PE. */
function madeFor(file: string): string {
  const head = Buffer.alloc(1024);
  const opened = openSync(file, 'r');
  readSync(opened, head, 0, head.length, 0);
  closeSync(opened);
  const arch = (code: number, x64: number, arm64: number): string =>
    code === x64 ? 'x64' : code === arm64 ? 'arm64' : `processor ${code}`;
  if (head.readUInt32BE(0) === 0x7f454c46) return `linux-${arch(head.readUInt16LE(18), 62, 183)}`;
  if (head.readUInt32LE(0) === 0xfeedfacf) return `darwin-${arch(head.readUInt32LE(4), 0x1000007, 0x100000c)}`;
  const pe = head.readUInt32LE(0x3c);
  return head.toString('latin1', pe, pe + 2) === 'PE'
    ? `win32-${arch(head.readUInt16LE(pe + 4), 0x8664, 0xaa64)}`
    : 'no binary';
}

describe('natives of every platform', () => {
  it('are there for five targets', () =>
    assert.deepEqual(Object.keys(TARGETS), ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64']));

  for (const [target, { only }] of Object.entries(TARGETS)) {
    const [os, cpu] = target.split('-');

    it(`${target}: ONNX Runtime's own binaries, and the library that the binding loads`, () => {
      const binaries = filesFor(target, 'onnxruntime-node', ort).filter((file) => file.startsWith('bin/'));
      assert.deepEqual(new Set(binaries.map((file) => madeFor(path.join(ort, file)))), new Set([target]));
      const binding = binaries.find((file) => file.endsWith('onnxruntime_binding.node'));
      assert.ok(binding);
      const code = readFileSync(path.join(ort, binding), 'latin1');
      const library = /libonnxruntime(?:\.\d+)*\.dylib|libonnxruntime\.so(?:\.\d+)*|onnxruntime\.dll/.exec(code)?.[0];
      assert.ok(library && binaries.includes(path.posix.join(path.posix.dirname(binding), library)), library);
    });

    it(`${target}: packages for this platform, in the version that is asked for, with their checksums`, () => {
      const asked = Object.values(locked).flatMap((one) => Object.entries(one.optionalDependencies ?? {}));
      for (const name of only) {
        const one = locked[`node_modules/${name}`];
        assert.deepEqual([one.os, one.cpu], [[os], [cpu]], name);
        if (one.libc) assert.deepEqual(one.libc, ['glibc'], name);
        assert.match(one.integrity, /^sha512-/, name);
        assert.ok(
          asked.some(([wanted, version]) => wanted === name && version === one.version),
          name,
        );
      }
    });
  }
});
