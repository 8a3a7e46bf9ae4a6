/** The picture for a page or a slide: what is in sight drawn anew, larger, with a legend that says what it is. */
import type { ImageGeometry } from '../../src/protocol/panel';
import type { PanelState } from '../model/state';
import { percent, plural } from '../model/words';
import { theme, type Theme } from '../ui/theme';
import { drawMarks, drawPicture, type Marks } from './draw';
import { drawOverlay, drawScale } from './draw-overlay';
import type { OverlayPicture } from './overlay';
import { gridOf, seenShare, type GridChoice } from './places';
import { cells, cellOf, extent, type Size, type View } from './viewport';

/** Pixels of the picture's longer side at least: 16 cm at 250 dpi. */
const LEAST = 1600;
/** Sizes of letters and gaps in thousandths of the picture's width, so that the whole can be scaled. */
const [LETTERS, GAP, MARGIN] = [17, 9, 22];

export interface ExportedPicture {
  readonly state: PanelState;
  readonly geometry: ImageGeometry;
  readonly choice: GridChoice;
  readonly picture: HTMLImageElement | undefined;
  /** As on the screen, whose canvas has this size. */
  readonly view: View;
  readonly canvas: Size;
  readonly overlay: OverlayPicture;
  readonly marks: Marks;
}

/** @returns a PNG as a data URL */
export function exportPicture(from: ExportedPicture): string {
  const { canvas } = from;
  const k = Math.max(1, LEAST / Math.max(canvas.width, canvas.height));
  const size = { width: Math.round(canvas.width * k), height: Math.round(canvas.height * k) };
  const view = { ...from.view, scale: from.view.scale * k };
  const t: Theme = { ...theme(), background: '#ffffff', text: '#000000', line: '#999999' };
  const out = document.createElement('canvas');
  const unit = size.width / 1000;
  const room = size.width - 2 * MARGIN * unit;
  const measure = out.getContext('2d')!;
  const lines = legendLines(from).flatMap((line) => wrapped(measure, line, room, unit));
  const legend = (MARGIN * 1.4 + lines.length * (LETTERS + GAP)) * unit;
  [out.width, out.height] = [size.width, Math.round(size.height + legend)];
  const ctx = out.getContext('2d')!;
  ctx.fillStyle = '#ffffff';
  ctx.fillRect(0, 0, out.width, out.height);
  ctx.drawImage(drawn(from, size, view, k, t), 0, 0);
  lines.forEach((line, i) => {
    const y = size.height + (MARGIN * 0.7 + (i + 0.5) * (LETTERS + GAP)) * unit;
    drawLine(ctx, line, MARGIN * unit, y, unit, t);
  });
  return out.toDataURL('image/png');
}

/** Picture, overlay and marks on one canvas. `k`: device pixels of the export per one of the screen. */
function drawn(from: ExportedPicture, size: Size, view: View, k: number, t: Theme): HTMLCanvasElement {
  const { geometry, choice, state } = from;
  const layer = (): CanvasRenderingContext2D => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [size.width, size.height];
    return canvas.getContext('2d')!;
  };
  const dpr = (window.devicePixelRatio || 1) * k;
  const list = cells(geometry, gridOf(choice), view);
  const marked = cells(geometry, choice, view);
  const base = layer();
  drawPicture(base, from.picture, geometry, cellOf(extent(geometry, choice), view), view, t);
  const over = layer();
  drawOverlay(over, marked, from.overlay, { strength: state.strength, dpr, t });
  base.drawImage(over.canvas, 0, 0);
  const marks = layer();
  drawMarks(marks, { list, marked }, from.marks, view, t, dpr);
  base.drawImage(marks.canvas, 0, 0);
  return base.canvas;
}

interface Line {
  readonly text: string;
  readonly bold?: boolean;
  /** What stands before the text. */
  readonly mark?: 'scale' | 'selected' | 'boxes';
  readonly ends?: readonly [string, string];
  readonly strength?: number;
}

/** Question and answer, then what lies over the picture, what is marked, and what is cut off. */
function legendLines({ state: s, geometry, overlay, marks }: ExportedPicture): Line[] {
  const { experiment, clean } = s;
  const answer = clean ? ` → ${clean.answer.text.trim()} ${percent(clean.answer.probability)}` : '';
  const selected = marks.selected.size + marks.also.size;
  const share = seenShare(geometry);
  return [
    { text: `${experiment?.question ?? ''}${answer}`, bold: true },
    ...(experiment ? [{ text: experiment.model }] : []),
    ...(overlay.words && s.overlay !== 'none'
      ? [
          {
            text: overlay.words,
            ...(overlay.scale && { mark: 'scale' as const, ends: overlay.scale, strength: s.strength }),
          },
        ]
      : []),
    ...(selected > 0
      ? [{ text: `${experiment?.activeSet ?? ''}: ${plural(selected, 'patch', 'patches')}`, mark: 'selected' as const }]
      : []),
    ...(marks.boxes.length > 0
      ? [{ text: plural(marks.boxes.length, 'object box', 'object boxes'), mark: 'boxes' as const }]
      : []),
    ...(share === undefined
      ? []
      : [{ text: `The model sees ${percent(share)} of the picture. What is dimmed is cut off.` }]),
  ];
}

const font = (unit: number, t: Theme, bold = false): string =>
  `${bold ? '600 ' : ''}${(LETTERS * unit).toFixed(1)}px ${t.font}, sans-serif`;
/** Room of a mark before the text. */
const markRoom = ({ mark, ends }: Line): number =>
  mark === undefined ? 0 : mark === 'scale' ? 130 + 10 * (ends?.[1].length ?? 0) : 40;

/** A line that is too long goes on in the next, under its own text. */
function wrapped(ctx: CanvasRenderingContext2D, line: Line, room: number, unit: number): Line[] {
  ctx.font = font(unit, theme(), line.bold);
  const out: Line[] = [];
  let [text, left] = ['', room - markRoom(line) * unit];
  for (const word of line.text.split(' ')) {
    const longer = text === '' ? word : `${text} ${word}`;
    if (text !== '' && ctx.measureText(longer).width > left) {
      out.push(out.length === 0 ? { ...line, text } : { text, ...(line.bold && { bold: true }) });
      [text, left] = [word, room];
    } else text = longer;
  }
  out.push(out.length === 0 ? { ...line, text } : { text, ...(line.bold && { bold: true }) });
  return out;
}

function drawLine(ctx: CanvasRenderingContext2D, line: Line, x: number, y: number, unit: number, t: Theme): void {
  ctx.font = font(unit, t, line.bold);
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  ctx.fillStyle = t.text;
  ctx.fillText(line.text, x + markRoom(line) * unit, y);
  const side = LETTERS * unit;
  if (line.mark === 'scale' && line.ends) {
    const [least, most] = line.ends;
    const from = x + ctx.measureText(`${least} `).width;
    ctx.fillText(least, x, y);
    const bar = document.createElement('canvas');
    [bar.width, bar.height] = [Math.round(90 * unit), Math.round(side)];
    drawScale(bar.getContext('2d')!, line.strength ?? 1);
    ctx.drawImage(bar, from, y - side / 2);
    ctx.fillText(most, from + bar.width + 6 * unit, y);
  } else if (line.mark !== undefined) {
    ctx.lineWidth = 5 * unit;
    ctx.strokeStyle = '#000000';
    ctx.strokeRect(x + 3 * unit, y - side / 2, 24 * unit, side);
    ctx.lineWidth = 2.5 * unit;
    ctx.strokeStyle = line.mark === 'selected' ? t.selected : '#ff5252';
    ctx.strokeRect(x + 3 * unit, y - side / 2, 24 * unit, side);
  }
}
