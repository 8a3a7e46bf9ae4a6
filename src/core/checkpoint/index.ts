export { checkFinite, type FiniteOptions } from './finite';
export { checkpointHash } from './hash';
export { closeFiles, readRows, readTensor } from './read';
export { decoderMatrices, refsIn, tensorsOf, type MatrixRole } from './refs';
export { openTokenizer, type ChatMessage, type Tokenizer } from './tokenizer';
