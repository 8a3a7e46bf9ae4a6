import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../support/golden';

const run = promisify(execFile);
const bin = path.join(repositoryRoot, 'bin');

const windows = process.platform === 'win32';
const system = windows ? path.join(process.env.SystemRoot ?? 'C:\\Windows', 'System32') : '/usr/bin:/bin';
const [shell, flag] = windows ? ['cmd.exe', '/c'] : ['/bin/sh', '-c'];

describe('the command on the path of the editor', () => {
  /** What `crossflow --version` says; `node`: what the editor names, `own`: the rest of the path. */
  const version = async (node: string | undefined, ...own: string[]): Promise<string> => {
    const env = {
      PATH: [...own, system, bin].join(path.delimiter),
      ...(node !== undefined && { CROSSFLOW_NODE: node }),
    };
    return (await run(shell, [flag, 'crossflow --version'], { cwd: path.parse(bin).root, env })).stdout.trim();
  };

  it("runs the command line beside it with the editor's Node", async () =>
    assert.match(await version(process.execPath), /^\d+\.\d+\.\d+/));
  it("runs it with the user's Node where the editor's is gone, or there is no editor", async () => {
    const own = path.dirname(process.execPath);
    for (const node of [undefined, path.join(bin, 'nowhere')]) assert.match(await version(node, own), /^\d+\.\d+\.\d+/);
  });
});
