export * from './spec';
export { openCheckpoint } from './open';
export { checkFinite, type FiniteOptions } from './finite';
export { checkpointHash } from './hash';
export { closeFiles, readRows, readTensor, toFloat32 } from './read';
export { decoderMatrices, tensorsOf } from './tensors';
export { openTokenizer, type ChatMessage, type Tokenizer } from './tokenizer';
