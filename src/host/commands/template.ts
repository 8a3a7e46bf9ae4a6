/** The text of a new experiment. Pure. */
import { PUBLISHED_EDGES } from '../../core/experiment/names';
import type { TemplateName } from '../../core/experiment/types';
import type { Box } from '../../core/vision/image';

/** What stands there until somebody asks something else. */
export const FIRST_QUESTION = 'What is in the picture?';

export interface NewExperiment {
  readonly model: string;
  /** Where the checkpoint has no chat template of its own. */
  readonly prompt?: TemplateName;
  /** Decoder layers, where known. */
  readonly layers?: number;
  readonly image?: string;
  /** A box to begin with; the two edges of the study that need one are left out without it. */
  readonly box?: Box;
  /** A CSV with its folder of pictures, in place of an image. `boxes`: it says where objects are. */
  readonly dataset?: { readonly csv: string; readonly images: string; readonly boxes: boolean };
  readonly output?: string;
}

const json = (value: unknown): string => JSON.stringify(value);
const STUDY = { layers: 32, window: 9 };

/** As large a share of the layers as in the study. */
const windowFor = (layers: number): number => Math.max(1, Math.round((STUDY.window * layers) / STUDY.layers));

export function experimentText(what: NewExperiment): string {
  const { model, prompt, layers = STUDY.layers, image, box, dataset, output } = what;
  const boxes = dataset ? dataset.boxes : box !== undefined;
  const edges = PUBLISHED_EDGES.filter((edge) => boxes || !edge.includes('Central Object'));
  const lines = [
    `  "model": ${json(model)}, // a checkpoint folder, or a Hugging Face id`,
    ...(prompt ? [`  "prompt": ${json(prompt)}, // the checkpoint has no chat template of its own`] : []),
    ...(dataset
      ? [`  "dataset": { "csv": ${json(dataset.csv)}, "images": ${json(dataset.images)}, "limit": 100 },`]
      : [`  "image": ${json(image ?? 'images/picture.jpg')},`, `  "question": ${json(FIRST_QUESTION)},`]),
    ...(box
      ? [
          `  "objects": [${json(box)}], // a box around what you ask about: x, y, width, height in pixels of the picture`,
        ]
      : []),
    `  // source->target: in each layer of the window, the target's rows may not attend to the source`,
    `  "knockouts": [\n${edges.map((edge) => `    ${json(edge)}`).join(',\n')}\n  ],`,
    `  "window": ${windowFor(layers)}${output === undefined || output === 'results' ? '' : ','} // layers blocked at once`,
    ...(output === undefined || output === 'results' ? [] : [`  "output": ${json(output)}`]),
  ];
  return `{\n${lines.join('\n')}\n}\n`;
}

/** A square in the middle, half as wide as the picture's shorter side: some patches lie in it and some do not, however it is fitted. */
export function middleOf(width: number, height: number): Box {
  const side = Math.max(1, Math.round(Math.min(width, height) / 2));
  return [Math.floor((width - side) / 2), Math.floor((height - side) / 2), side, side];
}
