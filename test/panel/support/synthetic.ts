/** A model of any size that never ran: seeded numbers of the right shape, for grids and prompts larger than the recording. */
import sharp from 'sharp';
import {
  knockoutId,
  type AttentionResult,
  type Candidate,
  type Curve,
  type ExampleInfo,
  type ImageGeometry,
  type Knockout,
  type PatchGrid,
  type PatchPlace,
  type TokenInfo,
} from '../../../src/protocol/panel';
import { random } from '../../support/synthetic';
import type { Engine } from './fake-host';

export interface Size {
  readonly layers: number;
  readonly heads: number;
  /** Text tokens, before and after the image. */
  readonly before: number;
  readonly after: number;
  readonly geometry: ImageGeometry;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** A grid over the whole image, without newline tokens. */
export function plainGeometry(side: number, width = 336, height = 336): ImageGeometry {
  const rect = { x: 0, y: 0, width, height };
  return {
    aspect: 'processor',
    width,
    height,
    patches: places('base', side, side, rect, false),
    grids: [{ kind: 'base', rows: side, columns: side, cells: numbers(side * side), rect }],
  };
}

/** A grid that is no square, as fine as its picture, between two marks: Qwen's. */
export function sizedGeometry(rows: number, columns: number, width: number, height: number): ImageGeometry {
  const rect = { x: 0, y: 0, width, height };
  const mark = { kind: 'mark', row: 0, column: 0 } as const;
  return {
    aspect: 'processor',
    width,
    height,
    patches: [mark, ...places('base', rows, columns, rect, false), mark],
    grids: [{ kind: 'base', rows, columns, cells: numbers(rows * columns).map((i) => i + 1), rect }],
  };
}

/** Base grid and tiles with a newline token at the end of each row, as anyres gives it. */
export function anyresGeometry(
  side: number,
  tileRows: number,
  tileColumns: number,
  width = 672,
  height = 672,
): ImageGeometry {
  const rect = { x: 0, y: 0, width, height };
  const base = places('base', side, side, rect, false);
  const tile: PatchGrid = {
    kind: 'tile',
    rows: tileRows,
    columns: tileColumns,
    // a newline token after each row
    cells: numbers(tileRows * tileColumns).map((i) => base.length + i + Math.floor(i / tileColumns)),
    rect,
  };
  return {
    aspect: 'anyres',
    width,
    height,
    patches: [...base, ...places('tile', tileRows, tileColumns, rect, true)],
    grids: [{ kind: 'base', rows: side, columns: side, cells: numbers(side * side), rect }, tile],
  };
}

/** Two tiles of a row, two patches each, a mark before each tile and after the last: the run goes tile by tile. */
export function markedGeometry(): ImageGeometry {
  const rect = { x: 0, y: 0, width: 400, height: 100 };
  const mark: PatchPlace = { kind: 'mark', row: 0, column: 0 };
  const patches = places('tile', 1, 4, rect, false);
  const grid: PatchGrid = { kind: 'tile', rows: 1, columns: 4, cells: [1, 2, 4, 5], rect };
  return {
    aspect: 'processor',
    width: 400,
    height: 100,
    patches: [mark, ...patches.slice(0, 2), mark, ...patches.slice(2), mark],
    grids: [grid],
  };
}

/** A picture of which a centre crop keeps a square. */
export function croppedGeometry(side: number, width = 300, height = 2000): ImageGeometry {
  const edge = Math.min(width, height);
  const rect = { x: (width - edge) / 2, y: (height - edge) / 2, width: edge, height: edge };
  return {
    aspect: 'processor',
    width,
    height,
    patches: places('base', side, side, rect, false),
    grids: [{ kind: 'base', rows: side, columns: side, cells: numbers(side * side), rect }],
  };
}

/** A wide picture padded to a square: the grid reaches past it above and below. */
export function paddedGeometry(side: number, width = 400, height = 250): ImageGeometry {
  const rect = { x: 0, y: (height - width) / 2, width, height: width };
  return {
    aspect: 'pad',
    width,
    height,
    patches: places('base', side, side, rect, false),
    grids: [{ kind: 'base', rows: side, columns: side, cells: numbers(side * side), rect }],
  };
}

function places(
  kind: 'base' | 'tile',
  rows: number,
  columns: number,
  r: { x: number; y: number; width: number; height: number },
  newline: boolean,
): PatchPlace[] {
  const out: PatchPlace[] = [];
  const [w, h] = [r.width / columns, r.height / rows];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      out.push({ kind, row, column, rect: { x: r.x + column * w, y: r.y + row * h, width: w, height: h } });
    if (newline) out.push({ kind: 'newline', row, column: columns });
  }
  return out;
}

const WORDS = [
  'the',
  ' red',
  ' star',
  ' is',
  ' on',
  ' a',
  ' table',
  '?',
  '\n',
  ' circle',
  ' question',
  ' answer',
  ' with',
  ' one',
  ' word',
];

export async function synthetic(seed: number, size: Size): Promise<Engine> {
  const { layers, heads, before, after, geometry } = size;
  const next = random(seed);
  const imageTokens = geometry.patches.length;
  const text = (): TokenInfo => ({
    id: Math.floor(next() * 30000),
    text: WORDS[Math.floor(next() * WORDS.length)],
    kind: 'text',
  });
  const tokens: TokenInfo[] = [
    { id: 1, text: '<s>', kind: 'special' },
    ...Array.from({ length: before - 1 }, text),
    ...Array.from({ length: imageTokens }, (): TokenInfo => ({ id: 32000, text: '<image>', kind: 'image' })),
    ...Array.from({ length: after }, text),
  ];
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  const end = before + imageTokens;
  const example: ExampleInfo = {
    prompt: tokens
      .filter((t) => t.kind !== 'image')
      .map((t) => t.text)
      .join(''),
    inputIds: [],
    tokens,
    imageStart: before,
    imageTokens,
    geometry,
    sets: {
      Last: [tokens.length - 1],
      Question: range(end + 1, tokens.length - 5),
      Image: range(before, end),
      System: range(0, before),
      clicked: range(before, before + 3),
    },
  };
  const attention = (row: number, count: number): AttentionResult =>
    rows(random(seed + row), [row], layers, count, tokens.length);
  const knockouts: Knockout[] = [
    { kind: 'edge', from: 'Image', to: 'Last', window: 9 },
    { kind: 'edge', from: 'Question', to: 'Last', window: 9 },
  ];
  const curve = (k: Knockout): Curve => {
    const change = Array.from({ length: layers }, (_, l) => -100 * Math.exp(-((l - layers / 2) ** 2) / 20) * next());
    return { edge: knockoutId(k), knockout: k, window: 9, scores: change.map((c) => 0.8 * (1 + c / 100)), change };
  };
  const curves = new Map(knockouts.map((k) => [knockoutId(k), curve(k)]));
  const five = (): Candidate[] => range(0, 5).map((i) => ({ token: i, text: WORDS[i], probability: 0.5 / (i + 1) }));
  const words = { red: range(0, layers + 1).map(() => next()), Red: range(0, layers + 1).map(() => next()) };
  const { width, height } = geometry;
  const picture = sharp({
    create: { width, height, channels: 3, background: '#5a7d9a', noise: { type: 'gaussian', mean: 128, sigma: 40 } },
  });
  return {
    experiment: {
      title: 'large',
      asks: 'large',
      uri: 'file:///star.flow.json',
      model: 'llava-hf/llava-1.5-7b-hf',
      question: 'Is the star on the table red?',
      gold: 'Yes',
      objects: [[100, 120, 90, 80]],
      sets: { clicked: { kind: 'patches', patches: [0, 1, 2] } },
      knockouts,
      window: 9,
      image: '/image',
      activeSet: 'clicked',
      isDataset: false,
      restricted: false,
      problems: [],
    },
    model: {
      family: 'llava',
      directory: 'llava',
      layout: 'hf',
      dtype: 'f16',
      device: 'cpu',
      layers,
      heads,
      kvHeads: heads,
      hidden: 4096,
      vocab: 32064,
      parameters: 7.06e9,
      weightBytes: 14e9,
      imageTokens,
      sized: false,
      notes: [],
    },
    example,
    clean: { answer: { token: 1, ids: [1], text: 'Yes', probability: 0.8, correct: true }, top: five() },
    lens: { withoutNorm: words, withNorm: words, top: range(0, layers + 1).map(five) },
    check: { curves: [], largestDifference: 1e-7, forkSeconds: 3, fullSeconds: 60, tolerance: 1e-4, passed: true },
    curve: (id) => curves.get(id),
    attention: (row) => attention(row, heads),
    flow: () =>
      rows(
        random(seed),
        range(0, tokens.length).filter((i) => tokens[i].kind !== 'image'),
        layers,
        1,
        tokens.length,
      ),
    tokenLens: () => range(0, layers + 1).map(five),
    image: { bytes: await picture.jpeg().toBuffer(), type: 'image/jpeg' },
  };
}

/** Rows that sum to one over what they may see, with a few strong places, as attention has. */
function rows(
  next: () => number,
  list: readonly number[],
  layers: number,
  heads: number,
  columns: number,
): AttentionResult {
  const values = new Float32Array(layers * heads * list.length * columns);
  for (let at = 0, i = 0; at < values.length; at += columns, i++) {
    const row = list[i % list.length];
    let sum = 0;
    for (let c = 0; c <= row; c++) sum += values[at + c] = next() ** 24;
    for (let c = 0; c <= row; c++) values[at + c] = values[at + c] / sum;
  }
  return { rows: list, layers, heads, columns, values };
}
