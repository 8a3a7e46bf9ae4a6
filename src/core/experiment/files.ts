/** Checks that what an experiment names is on disk, and that boxes lie in the picture. */
import { access, constants, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import type { Box } from '../vision/image';
import { nearest } from './nearest';
import { sourceOf } from './parse';
import type { Problem } from './problems';
import type { Range, Source } from './source';
import type { Experiment } from './types';
import { replace } from './wording';

type Kind = 'file' | 'folder';

/**
 * Missing or unreadable model folder, picture, CSV, pictures' folder; boxes outside the picture. `parsed`: the
 * experiment as it was read, for places, when this one was changed since.
 */
export async function checkFiles(experiment: Experiment, parsed: Experiment = experiment): Promise<Problem[]> {
  const source = sourceOf(parsed);
  const { model, subject } = experiment;
  const check = (what: string, path: string, kind: Kind, place: (string | number)[]) =>
    fileProblem(source, what, path, kind, source.valueRange(place));
  const problems: (Problem | undefined)[] = [];
  if (model.kind === 'folder') problems.push(await check('model', model.path, 'folder', ['model']));
  if (subject.kind === 'dataset') {
    problems.push(await check('CSV', subject.csv, 'file', ['dataset', 'csv']));
    const several = source.node(['dataset', 'images'])?.type === 'array';
    for (const [i, folder] of [subject.images].flat().entries()) {
      const place = ['dataset', 'images', ...(several ? [i] : [])];
      problems.push(await check("pictures'", folder, 'folder', place));
    }
  } else {
    const place = source.node(['image'])?.type === 'object' ? ['image', 'file'] : ['image'];
    const missing = await check('image', subject.image, 'file', place);
    problems.push(missing);
    if (!missing)
      problems.push(...(await boxProblems(source, subject.image, subject.objects ?? [], source.valueRange(place))));
  }
  return problems.filter((p) => p !== undefined);
}

async function fileProblem(
  source: Source,
  what: string,
  path: string,
  kind: Kind,
  range: Range,
): Promise<Problem | undefined> {
  const found = await stat(path).catch((e: unknown) => e as NodeJS.ErrnoException);
  if (found instanceof Error) {
    if (found.code !== 'ENOENT' && found.code !== 'ENOTDIR') {
      return source.problem('missing-file', range, `the ${what} ${kind} cannot be read: ${found.code}`, { hint: path });
    }
    const near = await nearestFile(path, kind);
    const written = near && relative(dirname(source.file), near).replaceAll('\\', '/');
    return source.problem('missing-file', range, `the ${what} ${kind} ${path} does not exist`, {
      ...(written && { hint: `did you mean "${written}"?`, fixes: [replace(range, written, source)] }),
    });
  }
  if (kind === 'folder' ? !found.isDirectory() : !found.isFile()) {
    return source.problem('missing-file', range, `${path} is not a ${kind}`, {
      hint: `the ${what} ${kind} belongs here`,
    });
  }
  try {
    await access(path, constants.R_OK);
  } catch (e) {
    return source.problem(
      'missing-file',
      range,
      `the ${what} ${kind} ${path} cannot be read: ${(e as NodeJS.ErrnoException).code}`,
    );
  }
  return undefined;
}

/** The entry of the same folder with the nearest name and, for files, the same extension. */
async function nearestFile(path: string, kind: Kind): Promise<string | undefined> {
  const folder = dirname(path);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const fitting = entries.filter((e) =>
    kind === 'folder'
      ? e.isDirectory()
      : !e.isDirectory() && extname(e.name).toLowerCase() === extname(path).toLowerCase(),
  );
  const near = nearest(
    basename(path),
    fitting.map((e) => e.name),
  );
  return near && join(folder, near);
}

/** A box without any pixel in the picture is an error; one that reaches past the border is cut there. */
async function boxProblems(
  source: Source,
  image: string,
  boxes: readonly Box[],
  imageRange: Range,
): Promise<Problem[]> {
  if (boxes.length === 0) return [];
  // Loaded here only: sharp is native, and most checks do without.
  const { default: sharp } = await import('sharp');
  let size: { width?: number; height?: number };
  try {
    size = await sharp(image).metadata();
  } catch {
    return [source.problem('missing-file', imageRange, `${image} is not a picture that can be read`)];
  }
  const { width = 0, height = 0 } = size;
  return boxes.flatMap(([x, y, w, h], i): Problem[] => {
    const range = source.valueRange(['objects', i]);
    const hint = `the picture is ${width} x ${height} pixels`;
    if (x >= width || y >= height || x + w < 0 || y + h < 0) {
      return [source.problem('box-outside', range, `box ${i + 1} lies outside the picture`, { hint })];
    }
    if (x < 0 || y < 0 || x + w > width || y + h > height) {
      const message = `box ${i + 1} reaches past the picture's border`;
      return [source.problem('box-outside', range, message, { severity: 'warning', hint })];
    }
    return [];
  });
}
