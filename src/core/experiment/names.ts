/** The token sets that exist without being defined, in words, and the published edges. */
import { SET_NAMES, SET_NEEDS, isSetName, type SetName, type SetNeed } from '../prompt/set-names';

export interface BuiltinSet {
  readonly name: SetName;
  readonly description: string;
  /** What the experiment must give, first of all, for the set to exist; `tiles` depends on the model. */
  readonly needs?: SetNeed;
}

const DESCRIPTIONS: Readonly<Record<SetName, string>> = {
  Last: 'The last position of the prompt, where the answer is read.',
  Question: "The question's tokens.",
  Image: 'All image tokens; marks between the parts of an image are not among them.',
  'Image Marker': 'The text between the parts of an image, such as `<row_1_col_2>`.',
  'True Option': "The right option's words in the question.",
  'False Option': "The wrong option's words in the question.",
  'Question without Options': 'The question less both options.',
  'Central Object': "The central object's words in the question.",
  'Image Central Object': "Image patches inside the objects' boxes.",
  'Image Without Central Object': "Image patches outside the objects' boxes.",
  'Image Pad': 'The tokens that end a row of tile patches (a learned newline).',
  'Image Without Central Object with pad': 'Image patches outside the boxes, newline tokens included.',
  'Image Original Patch': 'Patches of the whole, downsized image.',
  'Image HD Patch Indice': 'Patches of the high-resolution tiles.',
  'Image Central Object in HD Patch Indice': 'High-resolution patches inside the boxes.',
  'Image HD Patch Without Central Object Indice': 'High-resolution patches outside the boxes.',
  System: 'All before the image.',
  Instruction: 'After the question, before the last position.',
  Text: 'All after the image.',
};

export function builtinSet(name: string): BuiltinSet | undefined {
  if (!isSetName(name)) return undefined;
  const [needs]: readonly SetNeed[] = SET_NEEDS[name];
  return { name, description: DESCRIPTIONS[name], ...(needs && { needs }) };
}

/** The published names, and `System`, `Instruction` and `Text` beside them. */
export const BUILTIN_SETS: readonly BuiltinSet[] = SET_NAMES.flatMap((name) => builtinSet(name) ?? []);

/** The six edges of the published study, in the order of its figures. */
export const PUBLISHED_EDGES = [
  'Question->Last',
  'Image->Last',
  'Last->Last',
  'Image->Question',
  'Image Central Object->Question',
  'Image Without Central Object->Question',
] as const;
