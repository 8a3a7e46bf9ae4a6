/** Whether an import may go where it is asked to. */
import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { usage } from '../errors';
import { size } from '../words';
import { isFile } from '../checkpoint/folder';
import { readMarker, STATE_FILE, UNNAMED_STATE_FILE, workFolder, type Marker } from '../checkpoint/quantized/marker';
import { removeNotes } from './work';

/** Left free on the disk. */
const SPARE_BYTES = 64 * 1024 * 1024;

/** Whether the output is there and is this very import. @throws CrossflowError `usage` when it is something else */
export async function isThere(output: string, marker: Marker): Promise<boolean> {
  const found = await stat(output).catch(() => undefined);
  if (found === undefined) return false;
  const hint = 'choose another folder with --output, or delete this one';
  if (!found.isDirectory()) throw usage('is a file', output, hint);
  if (!(await isFile(join(output, 'config.json')))) {
    if ((await readdir(output)).length > 0) throw usage('is a folder of something else', output, hint);
    throw usage('is there already, and empty', output, 'delete it, or choose another folder with --output');
  }
  const other = await readMarker(join(output, 'config.json'));
  if (other === undefined) throw usage('holds another checkpoint', output, hint);
  if (other.source.hash !== marker.source.hash) {
    throw usage(
      `holds an import of another checkpoint (${other.source.name}), or of this one before it changed`,
      output,
      hint,
    );
  }
  if (other.recipe !== marker.recipe) throw usage('holds an import with other settings', output, hint);
  // the last thing an import does; a call may have been stopped before it
  if (await isFile(join(output, STATE_FILE))) await removeNotes(output);
  return true;
}

/**
 * The work folder is emptied when an import begins anew: never one that no import made.
 * @throws CrossflowError `usage` when something else lies at its place
 */
export async function refuseForeignWork(output: string): Promise<void> {
  const folder = workFolder(output);
  const hint = `an import to ${output} works there: move it away, or choose another folder with --output`;
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isDirectory()) throw usage('is a file', folder, hint);
  // A call that ended at once may have left it empty, or with notes that had no name yet.
  const names = (await readdir(folder)).filter((name) => name !== UNNAMED_STATE_FILE);
  if (names.length > 0 && !names.includes(STATE_FILE)) throw usage('is a folder of something else', folder, hint);
}

/** @throws CrossflowError `usage` when the disk is too small for what is not written yet */
export async function checkSpace(output: string, bytes: number): Promise<void> {
  const used = await folderBytes(workFolder(output));
  const { bavail, bsize } = await statfs(dirname(output));
  const free = bavail * bsize;
  const needed = bytes - used + SPARE_BYTES;
  if (free < needed) {
    throw usage(
      `the disk has ${size(free)} left, the import needs ${size(needed)}`,
      dirname(output),
      'free some, or choose --output on another disk',
    );
  }
}

/** What a work folder takes of the disk; files begin with room that takes nothing. */
async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).blocks * 512));
  return sizes.reduce((a, b) => a + b, 0);
}
