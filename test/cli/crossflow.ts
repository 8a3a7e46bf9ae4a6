/** Starts the command line as a user does: the built one, or the sources where nothing is built. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '../support/golden';

const BUILT = join(repositoryRoot, 'dist', 'cli.js');
const COMMAND = existsSync(BUILT) ? [BUILT] : ['--import', 'tsx', join(repositoryRoot, 'src/cli/main.ts')];

export const MODEL = join(repositoryRoot, 'models/shapes-llava');
export const EXAMPLES = join(repositoryRoot, 'examples');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly cwd?: string;
  /** Left out: this process's own. */
  readonly env?: NodeJS.ProcessEnv;
}

export function start(
  args: readonly string[],
  { cwd = repositoryRoot, env }: StartOptions = {},
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [...COMMAND, ...args], { cwd, ...(env && { env }) });
}
/** Program and arguments that start it. */
start.command = [process.execPath, ...COMMAND] as readonly string[];

export async function outcome(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, stdout, stderr };
}

export const crossflow = (...args: string[]): Promise<Outcome> => outcome(start(args));

/** A folder that goes away after the suite. */
export function scratch(): (name: string, content?: string | Uint8Array | object) => string {
  const folder = mkdtempSync(join(tmpdir(), 'crossflow-cli-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return (name, content) => {
    const file = join(folder, name);
    if (content !== undefined) {
      const isText = typeof content === 'string' || content instanceof Uint8Array;
      writeFileSync(file, isText ? content : JSON.stringify(content, null, 2));
    }
    return file;
  };
}
