/** Of what an example must be made for a set to exist. */
export type SetNeed = 'options' | 'objectName' | 'objects' | 'tiles' | 'rowEnds' | 'marks';

/** Every set that exists without being defined, with what it needs. */
export const SET_NEEDS = {
  Last: [],
  Question: [],
  Image: [],
  'True Option': ['options'],
  'False Option': ['options'],
  'Question without Options': ['options'],
  'Central Object': ['objectName'],
  'Image Central Object': ['objects'],
  'Image Without Central Object': ['objects'],
  'Image Pad': ['rowEnds'],
  'Image Marker': ['marks'],
  'Image Without Central Object with pad': ['objects', 'rowEnds'],
  'Image Original Patch': ['tiles'],
  'Image HD Patch Indice': ['tiles'],
  'Image Central Object in HD Patch Indice': ['objects', 'tiles'],
  'Image HD Patch Without Central Object Indice': ['objects', 'tiles'],
  System: [],
  Instruction: [],
  Text: [],
} as const satisfies Record<string, readonly SetNeed[]>;

export type SetName = keyof typeof SET_NEEDS;
export const SET_NAMES = Object.keys(SET_NEEDS) as readonly SetName[];
export const isSetName = (name: string): name is SetName => Object.hasOwn(SET_NEEDS, name);

const WHY: Readonly<Record<SetNeed, string>> = {
  options: '"options" that stand in the question',
  objectName: "the central object's name in the question (data sets give it)",
  objects: '"objects"',
  tiles: 'an image in tiles (a model that tiles, and no "aspect" that keeps it from that)',
  rowEnds: 'an image in tiles whose rows end with a token of their own (aspect "anyres")',
  marks: 'a model that places text between the parts of an image',
};

/** Why a published set may be absent from an example, or undefined for a name that is none of them. */
export function explainAbsent(name: string): string | undefined {
  if (!isSetName(name)) return undefined;
  const needs = SET_NEEDS[name];
  return needs.length === 0 ? 'always exists' : `needs ${needs.map((n) => WHY[n]).join(' and ')}`;
}
