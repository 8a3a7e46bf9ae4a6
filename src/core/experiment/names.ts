/** The token sets that exist without being defined, and what each holds. */

export interface BuiltinSet {
  readonly name: string;
  readonly description: string;
  /** What the experiment must give for the set to exist; `tiles` depends on the model and is not checked here. */
  readonly needs?: 'options' | 'objects' | 'objectName' | 'tiles';
}

/** The published names, and `System`, `Instruction` and `Text` beside them. */
export const BUILTIN_SETS: readonly BuiltinSet[] = [
  { name: 'Last', description: 'The last position of the prompt, where the answer is read.' },
  { name: 'Question', description: "The question's tokens." },
  { name: 'Image', description: 'All image tokens.' },
  { name: 'True Option', description: "The right option's words in the question.", needs: 'options' },
  { name: 'False Option', description: "The wrong option's words in the question.", needs: 'options' },
  { name: 'Question without Options', description: 'The question less both options.', needs: 'options' },
  { name: 'Central Object', description: "The central object's words in the question.", needs: 'objectName' },
  { name: 'Image Central Object', description: 'Image patches inside the objects’ boxes.', needs: 'objects' },
  { name: 'Image Without Central Object', description: 'Image patches outside the objects’ boxes.', needs: 'objects' },
  {
    name: 'Image Pad',
    description: "The tokens that end a row of tile patches (LLaVA-NeXT's newline).",
    needs: 'tiles',
  },
  {
    name: 'Image Without Central Object with pad',
    description: 'Image patches outside the boxes, newline tokens included.',
    needs: 'tiles',
  },
  { name: 'Image Original Patch', description: 'Patches of the whole, downsized image.', needs: 'tiles' },
  { name: 'Image HD Patch Indice', description: 'Patches of the high-resolution tiles.', needs: 'tiles' },
  {
    name: 'Image Central Object in HD Patch Indice',
    description: 'High-resolution patches inside the boxes.',
    needs: 'tiles',
  },
  {
    name: 'Image HD Patch Without Central Object Indice',
    description: 'High-resolution patches outside the boxes.',
    needs: 'tiles',
  },
  { name: 'System', description: 'All before the image.' },
  { name: 'Instruction', description: 'After the question, before the last position.' },
  { name: 'Text', description: 'All after the image.' },
];

const byName = new Map(BUILTIN_SETS.map((set) => [set.name, set]));
export const builtinSet = (name: string): BuiltinSet | undefined => byName.get(name);

/** The six edges of the published study, in the order of its figures. */
export const PUBLISHED_EDGES = [
  'Question->Last',
  'Image->Last',
  'Last->Last',
  'Image->Question',
  'Image Central Object->Question',
  'Image Without Central Object->Question',
] as const;
