/** Checks that what an experiment names is on disk, and that boxes lie in the picture. */
import { access, constants, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative } from 'node:path';
import { CrossflowError } from '../errors';
import { nearest } from '../words/nearest';
import type { Size } from '../spec';
import { checkBox } from '../vision/boxes';
import { readImageSize } from '../vision/decode';
import type { Box } from '../vision/image';
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
  let size: Size;
  try {
    size = await readImageSize(image);
  } catch (e) {
    return [said(source, 'missing-file', imageRange, e)];
  }
  return boxes.flatMap((box, i): Problem[] => {
    const range = source.valueRange(['objects', i]);
    try {
      checkBox(box, size, i);
    } catch (e) {
      return [said(source, 'box-outside', range, e)];
    }
    const [x, y, w, h] = box;
    if (x >= 0 && y >= 0 && x + w <= size.width && y + h <= size.height) return [];
    const message = `box ${i + 1} reaches past the image's border`;
    const hint = `the image has ${size.width} x ${size.height} pixels`;
    return [source.problem('box-outside', range, message, { severity: 'warning', hint })];
  });
}

/** An error of vision/, whose limits and words hold here as well, as a problem of the text. */
function said(source: Source, code: Problem['code'], range: Range, e: unknown): Problem {
  if (!(e instanceof CrossflowError)) throw e;
  const { place, message, hint } = e;
  const text = place?.file === undefined ? message : `${place.file}: ${message}`;
  return source.problem(code, range, text, { ...(hint !== undefined && { hint }) });
}
