/**
 * Numbers, times and sizes in words, and words within Markdown: one wording each, the same on the command line, in the
 * editor, the panel and reports. `nearest` has a file of its own, so that the panel's bundle does without its library.
 */
export { escapeMarkdown } from './markdown';
export {
  change,
  count,
  largestChange,
  NO_CHANGE,
  parameters,
  percent,
  plural,
  probability,
  pValue,
  share,
} from './numbers';
export { downloadSize, duration, howFar, moment, pace, shortDuration, size, spent } from './units';
