/** Pictures of a report: small, inside the document, with the objects' boxes and patches to be drawn over them. */
import { readFile } from 'node:fs/promises';
import { readQuestions, type Question } from '../../dataset/rows';
import { ImageFinder } from '../../dataset/images';
import type { RowRecord } from '../../journal/record';
import { toCrossflowError } from '../../errors';
import { openCheckpoint } from '../../families';
import { findCached } from '../../families/hub';
import { hubId } from '../../hub/id';
import type { DatasetInput, Experiment } from '../../experiment/types';
import type { Aspect, Eye, ModelSpec, Rect, Size } from '../../spec';
import { patchesInBoxes } from '../../vision/boxes';
import { readImageSize } from '../../vision/decode';
import { eyeOf } from '../../vision/eye';
import type { Box } from '../../vision/image';

/** How the model saw pictures: what decides which patches belong to a box. */
export interface Sight {
  readonly eye: Eye;
  readonly aspect: Aspect;
}

const sightOf = (spec: ModelSpec, { aspect, pixels }: Pick<Experiment, 'aspect' | 'pixels'>): Sight => ({
  eye: eyeOf(spec, pixels),
  aspect: aspect ?? spec.eye.aspects[0],
});

/** The same without an open model: from the checkpoint's files, where they are on this machine. Asks no network. */
export async function localSight(
  experiment: Pick<Experiment, 'model' | 'aspect' | 'pixels'>,
): Promise<Sight | undefined> {
  const { model } = experiment;
  try {
    const folder = model.kind === 'folder' ? model.path : await findCached(hubId(model.id));
    return folder === undefined ? undefined : sightOf(await openCheckpoint(folder), experiment);
  } catch {
    // A report is no place to complain of a model: boxes are drawn without their patches.
    return undefined;
  }
}

/** Where the pictures and boxes of a run come from. */
export interface PictureSource {
  readonly dataset: DatasetInput;
  /** Left out: boxes alone are drawn. */
  readonly sight?: Sight;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `data:image/jpeg;base64,…` */
  readonly data: string;
  readonly boxes: readonly Box[];
  /** Patches of the central object, in pixels of the image file. */
  readonly patches: readonly Rect[];
}

/** Longest side of a picture in pixels; about 10 to 20 kB each. */
const SIDE = 320;
const QUALITY = 72;

/** The pictures of one run. */
export class Pictures {
  private constructor(
    private readonly source: PictureSource,
    private readonly questions: readonly Question[],
    private readonly finder: ImageFinder,
  ) {}

  /** Gives the reason, in words, where the data set cannot be read any more. */
  static async open(source: PictureSource): Promise<Pictures | string> {
    try {
      const { rows } = await readQuestions(source.dataset.csv);
      return new Pictures(source, rows, new ImageFinder(source.dataset.images));
    } catch (e) {
      return toCrossflowError(e).line;
    }
  }

  /** A question's picture, or in words why there is none. */
  async of(record: RowRecord): Promise<Picture | string> {
    const question = this.questions[record.row];
    if (question?.questionId !== record.question_id) return 'the data set has changed since';
    try {
      const found = await this.finder.find(record.img_id);
      if (!found) return 'the picture is not there any more';
      if (found.imageBytes !== record.image_bytes) return 'the picture has changed since';
      const size = await readImageSize(found.image);
      const { default: sharp } = await import('sharp');
      // Given its bytes: sharp would keep the file open.
      const small = await sharp(await readFile(found.image), { failOn: 'none' })
        .resize({ width: SIDE, height: SIDE, fit: 'inside', withoutEnlargement: true })
        .flatten({ background: '#fff' })
        .jpeg({ quality: QUALITY })
        .toBuffer();
      return {
        ...size,
        data: `data:image/jpeg;base64,${small.toString('base64')}`,
        boxes: question.objects,
        patches: this.patches(size, question.objects),
      };
    } catch (e) {
      return toCrossflowError(e).message;
    }
  }

  private patches(size: Size, boxes: readonly Box[]): Rect[] {
    const { sight } = this.source;
    if (!sight || boxes.length === 0) return [];
    const { eye, aspect } = sight;
    const { patches } = eye.layOut(size, aspect).geometry;
    const chosen = patchesInBoxes(size, boxes, eye, aspect).map((number) => patches[number]);
    // With tiles the object is seen twice; the finer grid is drawn.
    const kind = chosen.some((place) => place?.kind === 'tile') ? 'tile' : 'base';
    return chosen.flatMap((place) => (place?.kind === kind && place.rect ? [place.rect] : []));
  }
}
