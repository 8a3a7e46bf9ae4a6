/**
 * What a checkpoint is, in terms the rest of core uses: which tensors, which numbers, which choices. A family
 * (families/) fills it in; graph/ and engine/ read it and never ask for a family's name.
 * Nothing here is a tensor's content: a TensorRef says where in which file the bytes lie.
 */
export * from './tensors';
export type * from './decoder';
export type * from './tower';
export type * from './picture';
export type * from './model';
