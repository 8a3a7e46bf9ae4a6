/** The text of a new experiment. Pure. */
export interface NewExperiment {
  readonly model: string;
  readonly image?: string;
  /** A CSV, in place of an image. */
  readonly dataset?: string;
  readonly output?: string;
}

const json = (value: unknown): string => JSON.stringify(value);

export function experimentText({ model, image, dataset, output }: NewExperiment): string {
  const lines = [
    `  "model": ${json(model)}, // a checkpoint folder, or a Hugging Face id`,
    ...(dataset === undefined
      ? [`  "image": ${json(image ?? 'images/picture.jpg')},`, `  "question": "What is in the picture?",`]
      : [`  "dataset": { "csv": ${json(dataset)}, "images": "images", "limit": 100 },`]),
    `  // source->target: in each layer of the window, the target's rows may not attend to the source`,
    `  "knockouts": ["Question->Last", "Image->Last", "Image->Question"],`,
    `  "window": 3${output === undefined || output === 'results' ? '' : ','}`,
    ...(output === undefined || output === 'results' ? [] : [`  "output": ${json(output)}`]),
  ];
  return `{\n${lines.join('\n')}\n}\n`;
}
