/**
 * SmolVLM and Idefics3: the picture in tiles row by row, with marks between them and a view of the whole last; SigLIP,
 * pixel shuffle, one matrix; a Llama decoder. Source: transformers modeling_idefics3.py, modeling_smolvlm.py,
 * image_processing_pil_idefics3.py, processing_idefics3.py (release 5.24).
 */
import { z } from 'zod';
import { parseValue } from '../checkpoint/folder';
import { readTokens } from '../checkpoint/special-tokens';
import { usage } from '../errors';
import type { Eye, ImageLayout, PixelSpec, Size, TokenSource, TowerSpec, View } from '../spec';
import { family, namedBy, type RawConfig } from './family';
import { FAMILY_KEYS } from './keys/models';
import { count, tokenId } from './parts/config';
import { checkAspect, runText, TokenRun } from './parts/grids';
import { modelSpec } from './parts/model';
import { linear, noLayout } from './parts/names';
import { checkProcessorClass, pixelSpec, readProcessorFile, sideLength, type ProcessorFile } from './parts/processor';
import { parseSiglipConfig, siglipTower } from './parts/siglip';
import type { TowerConfig } from './parts/tower-config';
import { parseTextConfig, textDecoder, type TextConfig } from './parts/text';

const TYPES = ['idefics3', 'smolvlm'] as const;
const VISION_TYPES = ['idefics3_vision', 'smolvlm_vision', 'idefics3', 'smolvlm', 'siglip_vision_model'] as const;
/** Idefics3VisionConfig; some real folders leave out layers and width of the MLP. */
const VISION = { hidden: 1152, intermediate: 3072, layers: 12, heads: 16, imageSize: 224, patchSize: 32 };
/** Idefics3ImageProcessor. */
const PIXELS = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], resample: 1 } as const;
const LONGEST_EDGE = 4 * 364;
const TILE = 364;
/** Its MAX_IMAGE_SIZE. */
const LIMIT = 4096;

const schema = z.looseObject({
  text_config: z.record(z.string(), z.unknown()).nullish(),
  vision_config: z.record(z.string(), z.unknown()).nullish(),
  scale_factor: count.nullish(),
  image_token_id: tokenId.nullish(),
  tie_word_embeddings: z.boolean().nullish(),
});

interface Config {
  readonly text: TextConfig;
  readonly vision: TowerConfig;
  readonly scale: number;
  readonly imageTokenId: number;
}

export const idefics3 = family<Config>({
  id: 'idefics3',
  title: 'SmolVLM and Idefics3',
  types: TYPES,
  keys: FAMILY_KEYS.idefics3,
  claims: namedBy(TYPES, ['Idefics3ForConditionalGeneration', 'SmolVLMForConditionalGeneration']),
  parse,
  async open(folder, config) {
    const { weights: w, config: file } = folder;
    const { text, vision, scale, imageTokenId } = config;
    const names = { prefix: 'model.text_model.', head: 'lm_head.weight' };
    const probe = `${names.prefix}embed_tokens.weight`;
    if (!w.has(probe)) throw noLayout(w, folder.path, [probe]);
    const { found, imageToken } = await readProcessorFile([folder.path], ({ image_seq_len: given }, at) => {
      const right = (vision.imageSize / vision.patchSize / scale) ** 2;
      if (given == null || given === right) return;
      throw usage(`image_seq_len is ${given}, but the tower gives ${right} features of a tile`, at);
    });
    const decoder = textDecoder(w, names, text, file);
    const shuffled = vision.hidden * scale ** 2;
    const tower: TowerSpec = {
      ...siglipTower(w, 'model.vision_model.', vision, 'bucketed', file),
      merge: { kind: 'join', factor: scale },
      project: [{ linear: linear(w, 'model.connector.modality_projection.proj', text.hidden, shuffled, false) }],
    };
    // text_config names the end of a document; what ends a turn, generation_config and the tokenizer say
    const tokens = await readTokens(folder.path, imageTokenId, [], imageToken);
    const placeholder = tokens.imageText ?? '<image>';
    return modelSpec(folder, {
      family: 'idefics3',
      layout: 'hf',
      decoder,
      eye: tiledEye(tower, tiling(found ?? { raw: {}, file: folder.path })),
      prompt: {
        placeholder,
        imageTokenId,
        templates: {},
        imageText: (layout) => runText(layout, placeholder),
      },
      eosTokenIds: tokens.eos,
    });
  },
});

function parse(config: RawConfig, file: string): Config {
  const raw = parseValue(config, schema, file);
  const vision = parseSiglipConfig(raw.vision_config, file, VISION, VISION_TYPES);
  const scale = raw.scale_factor ?? 2;
  const side = vision.imageSize / vision.patchSize;
  if (side % scale !== 0) {
    throw usage(`scale_factor (${scale}) does not divide the ${side} patches along an image`, file);
  }
  const text = parseTextConfig(raw.text_config ?? { rms_norm_eps: 1e-5 }, file, 'text_config');
  return {
    text: { ...text, tied: raw.tie_word_embeddings ?? false },
    vision,
    scale,
    imageTokenId: raw.image_token_id ?? 128257,
  };
}

interface Tiling {
  readonly pixels: PixelSpec;
  /** Pictures are brought to this longest edge, small ones too; or to an exact size; or left as they are. */
  readonly resize?: { readonly longestEdge: number } | Size;
  /** Side of a tile in pixels. */
  readonly tile: number;
  /** Off: the whole picture is all there is. */
  readonly splits: boolean;
}

function tiling(at: ProcessorFile): Tiling {
  const { raw, file } = at;
  checkProcessorClass(at, /^(Idefics3|SmolVLM)ImageProcessor(Fast|Pil)?$/, ['Idefics3ImageProcessor', 'SmolVLMImageProcessor']); // prettier-ignore
  const sizeOf = (key: 'size' | 'max_image_size', fallback: number): { readonly longestEdge: number } | Size => {
    const size = raw[key];
    if (size == null) return { longestEdge: fallback };
    if (typeof size === 'number') return { longestEdge: size };
    if (!Array.isArray(size)) {
      if (size.longest_edge != null) return { longestEdge: sideLength(size.longest_edge, `${key}.longest_edge`, file) };
      if (size.height != null && size.width != null) return { width: size.width, height: size.height };
    }
    throw usage(`${key} has neither longest_edge nor height and width`, file);
  };
  const tile = sizeOf('max_image_size', TILE);
  if (!('longestEdge' in tile)) throw usage('max_image_size has no longest_edge', file);
  return {
    pixels: pixelSpec(raw, file, PIXELS),
    ...((raw.do_resize ?? true) ? { resize: sizeOf('size', LONGEST_EDGE) } : {}),
    tile: tile.longestEdge,
    splits: raw.do_image_splitting ?? true,
  };
}

function tiledEye(tower: TowerSpec, t: Tiling): Eye {
  const aspects = ['processor'];
  return {
    aspects,
    tower,
    vectors: [],
    pixels: t.pixels,
    layOut(size, aspect) {
      checkAspect(aspect, aspects);
      return layOut(size, tower, t);
    },
    // as in GQA; the fewest tiles that a picture can have; the most
    samples: [
      { width: 640, height: 480 },
      { width: 50 * t.tile, height: t.tile },
      { width: t.tile, height: t.tile },
    ],
  };
}

/** `get_resize_output_image_size`: the other edge is cut, and made even. */
function toLongestEdge({ width, height }: Size, edge: number): Size {
  const even = (x: number): number => Math.max(x + (x % 2), 1);
  const aspect = width / height;
  const wide = width >= height;
  const size = wide
    ? { width: edge, height: even(Math.trunc(edge / aspect)) }
    : { width: even(Math.trunc(edge * aspect)), height: edge };
  if (edge <= LIMIT) return size;
  const limited = size.width / size.height;
  return wide
    ? { width: LIMIT, height: Math.max(Math.trunc(LIMIT / limited), 1) }
    : { width: Math.max(Math.trunc(LIMIT * limited), 1), height: LIMIT };
}

/** `resize_for_vision_encoder`: each edge up to whole tiles, the longer one first. */
function toTiles({ width, height }: Size, tile: number): Size {
  const whole = (x: number): number => Math.ceil(x / tile) * tile;
  const aspect = width / height;
  if (width >= height) return { width: whole(width), height: whole(Math.trunc(whole(width) / aspect)) };
  return { width: whole(Math.trunc(whole(height) * aspect)), height: whole(height) };
}

const FAKE = '<fake_token_around_image>';
const mark = (text: string): TokenSource => ({ text });

/** Tiles row by row, each after its marks; then the whole picture, which is always there. */
function layOut(image: Size, tower: TowerSpec, { resize, tile, splits }: Tiling): ImageLayout {
  const frame = { x: 0, y: 0, width: image.width, height: image.height };
  const first = resize && ('longestEdge' in resize ? toLongestEdge(image, resize.longestEdge) : resize);
  const steps = first ? [first] : [];
  const square = { width: tile, height: tile };
  const canvas = splits ? toTiles(first ?? image, tile) : square;
  const split = splits && (canvas.width > tile || canvas.height > tile);
  const [rows, columns] = split ? [canvas.height / tile, canvas.width / tile] : [0, 0];
  const side = Math.floor(tile / tower.patchSize / (tower.merge.kind === 'join' ? tower.merge.factor : 1));

  const run = new TokenRun();
  const views: View[] = [];
  const addView = (view: View, grid: ReturnType<TokenRun['grid']>, row: number, column: number): void => {
    const at = views.length * side ** 2;
    views.push(view);
    for (let i = 0; i < side ** 2; i++) {
      run.cell(grid, row * side + Math.floor(i / side), column * side + (i % side), at + i);
    }
  };
  const detail = run.grid('tile', rows * side, columns * side, frame);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      run.other('mark', row, column, mark(FAKE));
      run.other('mark', row, column, mark(`<row_${row + 1}_col_${column + 1}>`));
      addView({ resize: [...steps, canvas], left: column * tile, top: row * tile }, detail, row, column);
    }
    // each row ends a line; the last one's end and the line break before the whole picture are one token
    run.other('mark', row, columns - 1, mark(row < rows - 1 ? '\n' : '\n\n'));
  }
  run.other('mark', 0, 0, mark(FAKE));
  run.other('mark', 0, 0, mark('<global-img>'));
  const whole = split ? [...steps, canvas, square] : [...steps, canvas];
  addView({ resize: whole, left: 0, top: 0 }, run.grid('base', side, side, frame), 0, 0);
  run.other('mark', 0, 0, mark(FAKE));
  return { geometry: run.geometry(image, 'processor'), frame, viewSize: square, views, sources: run.sources };
}
