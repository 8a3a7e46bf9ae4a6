/** Prompt styles and layouts that the tests of prompts share. */
import { PUBLISHED_TEMPLATES } from '../../src/core/families/choices';
import type { ImageLayout, PromptStyle } from '../../src/core/spec';

/** The published templates around `<image>`. */
export const publishedStyle = (imageTokenId: number): PromptStyle => ({
  placeholder: '<image>',
  imageTokenId,
  imageTokenText: '<image>',
  templates: PUBLISHED_TEMPLATES,
});

/** A picture of one token: where it lies matters to no prompt. */
export const ONE_PATCH: ImageLayout = {
  geometry: { aspect: 'processor', width: 1, height: 1, patches: [{ kind: 'base', row: 0, column: 0 }], grids: [] },
  frame: { x: 0, y: 0, width: 1, height: 1 },
  viewSize: { width: 1, height: 1 },
  views: [],
  sources: [{ rows: [0] }],
};
