/** Standard output and files, so that nothing is lost and nothing is left half-written. */
import { mkdir, mkdtemp, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { failed, usage } from '../core/errors';
import { reportLine } from './report';

/** A reader that has seen enough (`| head`) ends the run quietly; a full disk behind `>` is a failure. */
export function watchOutput(): void {
  process.stdout.on('error', (e: NodeJS.ErrnoException) => {
    if (e.code === 'EPIPE') process.exit(0);
    reportLine(`standard output cannot be written: ${e.code ?? e.message}`);
    process.exit(1);
  });
  // Nobody is left to tell.
  process.stderr.on('error', () => undefined);
}

export async function print(text: string): Promise<void> {
  await new Promise<void>((done) => process.stdout.write(text, () => done()));
}

/** Waits until both streams have passed on what they hold (pipes are asynchronous on some systems). */
export async function flush(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map((s) => new Promise<void>((done) => s.write('', () => done()))),
  );
}

const codeOf = (e: unknown): string => (e as NodeJS.ErrnoException).code ?? String(e);

/** Refuses an output folder that cannot be made or written, before any work. Leaves nothing behind. */
export async function checkWritable(folder: string): Promise<void> {
  let place = resolve(folder);
  for (;;) {
    const found = await stat(place).catch((e: unknown) => codeOf(e));
    if (typeof found !== 'string') {
      if (!found.isDirectory())
        throw usage('the output folder cannot be made: this is a file', place, 'choose another "output"');
      break;
    }
    const above = dirname(place);
    if ((found !== 'ENOENT' && found !== 'ENOTDIR') || above === place) {
      throw usage(`the output folder cannot be read: ${found}`, place, 'choose another "output"');
    }
    place = above;
  }
  try {
    await rmdir(await mkdtemp(join(place, '.crossflow-')));
  } catch (e) {
    throw usage(`the output folder is not writable: ${codeOf(e)}`, folder, 'choose another "output", or --output');
  }
}

/** Writes a file whole or not at all, its folder included. */
export async function writeWhole(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
  } catch (e) {
    throw failed(`cannot be made: ${codeOf(e)}`, dirname(file));
  }
  const { writeBeside } = await import('../core/files/write-beside');
  writeBeside(file, [text]);
}

/** Files by name; the many figures as their folder. */
export function listed(files: readonly string[]): string[] {
  const figures = new Map<string, number>();
  const lines: string[] = [];
  for (const file of files) {
    const folder = figureFolder(file);
    if (folder === undefined) lines.push(shown(file));
    else figures.set(folder, (figures.get(folder) ?? 0) + 1);
  }
  return [...lines, ...[...figures].map(([folder, count]) => `${shown(folder)}${sep} (${count} files)`)];
}

/** The outermost folder named `figures` around a file, within the last few levels that Crossflow makes there. */
function figureFolder(file: string): string | undefined {
  let folder = dirname(file);
  for (let level = 0; level < 3; level++, folder = dirname(folder)) if (basename(folder) === 'figures') return folder;
  return undefined;
}

/** Relative where that is shorter to read. */
function shown(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith('..') ? file : path;
}
