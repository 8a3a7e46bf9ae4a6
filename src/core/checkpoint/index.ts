export { checkFinite, type FiniteOptions } from './finite';
export { checkpointHash } from './hash';
export { closeFiles, readRows, readTensor, toFloat32 } from './read';
export { decoderMatrices, decoderRoles, refsIn, tensorsOf, type MatrixRole } from './refs';
export { openTokenizer, type ChatMessage, type Tokenizer } from './tokenizer';
