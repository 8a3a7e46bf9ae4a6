export * from './types';
export { encodePrompt, type PromptInput } from './encode';
export { findSpan, type Span } from './spans';
export { buildSets, type SetsInput } from './sets';
export { resolveSet } from './resolve';
export { explainAbsent, SET_NAMES, type SetName } from './set-names';
export { defaultTrack, withAnswer } from './track';
