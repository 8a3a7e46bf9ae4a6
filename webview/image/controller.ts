/** Pointer, wheel and keys on the picture, as intentions. Keeps the view and what is being dragged. */
import type { ImageGeometry } from '../../src/protocol/panel';
import { gridOf, type GridChoice } from './places';
import { neighbour, type Way } from './select';
import {
  cells,
  extent,
  fit,
  pan,
  patchAt,
  patchesIn,
  patchesInLasso,
  zoomAt,
  type Cell,
  type Size,
  type View,
} from './viewport';

const ZOOM_STEP = 1.25;
/** One wheel unit of 100 pixels is about one step. */
const WHEEL = 0.0022;
/** Shorter drags, in CSS pixels, are clicks. */
const CLICK_SLOP = 4;

export interface PictureHost {
  readonly geometry: ImageGeometry | undefined;
  readonly gridKind: GridChoice;
  readonly canvas: Size;
  readonly dpr: number;
  readonly lasso: boolean;
  /** Something to draw changed; `view` when zoom or position did. */
  redraw(what: 'view' | 'marks'): void;
  select(patches: readonly number[], way: Way): void;
  say(words: string): void;
}

interface Drag {
  readonly kind: 'select' | 'pan';
  readonly id: number;
  readonly way: Way;
  line: (readonly [number, number])[];
}

export class PictureController {
  view: View = { scale: 1, x: 0, y: 0 };
  /** Cells of the grid that is clicked, by patch. */
  list: readonly (Cell | undefined)[] = [];
  /** Cells of all that are marked: the other grid's as well where clicks mean both. */
  marked: readonly (Cell | undefined)[] = [];
  /** Where the keyboard is: it goes on from the patch that the mouse chose last. */
  cursor: number | undefined;
  /** Was it the keyboard that was used last? Then the cursor is shown. */
  keyboard = false;
  hover: number | undefined;
  drag: Drag | undefined;
  private spaceHeld = false;
  private spacePanned = false;
  private fitted = true;

  constructor(private readonly host: PictureHost) {}

  /** Fits again unless the user has zoomed; call when size, picture or grid changed. */
  layout(reset = false): void {
    const { geometry: g, gridKind, canvas } = this.host;
    if (!g || canvas.width === 0) return;
    const area = extent(g, gridKind);
    this.view = reset || this.fitted ? fit(area, canvas) : zoomAt(this.view, 1, 0, 0, area, canvas);
    this.fitted = this.fitted || reset;
    this.place();
  }

  zoom(factor: number, at?: readonly [number, number]): void {
    const { geometry: g, gridKind, canvas } = this.host;
    if (!g) return;
    const [x, y] = at ?? [canvas.width / 2, canvas.height / 2];
    const area = extent(g, gridKind);
    this.view = zoomAt(this.view, factor, x, y, area, canvas);
    this.fitted = this.view.scale === fit(area, canvas).scale;
    this.place();
  }
  zoomIn = (): void => this.zoom(ZOOM_STEP);
  zoomOut = (): void => this.zoom(1 / ZOOM_STEP);
  zoomFit = (): void => {
    this.fitted = true;
    this.layout(true);
  };

  /** How much larger than the fitted view. */
  get magnification(): number {
    const { geometry: g, gridKind, canvas } = this.host;
    return g ? this.view.scale / fit(extent(g, gridKind), canvas).scale : 1;
  }

  /** Zooms when it can; otherwise the page scrolls. */
  wheel(e: WheelEvent, focused: boolean): void {
    if (!focused && !e.ctrlKey && !e.metaKey) return;
    const before = this.view.scale;
    this.zoom(Math.exp(-e.deltaY * WHEEL * (e.deltaMode === 1 ? 33 : 1)), this.point(e));
    if (this.view.scale !== before || e.ctrlKey) e.preventDefault();
  }

  down(e: PointerEvent): void {
    if (e.button !== 0 && e.button !== 1) return;
    const kind = e.button === 1 || this.spaceHeld ? 'pan' : 'select';
    this.spacePanned = this.spaceHeld;
    this.drag = {
      kind,
      id: e.pointerId,
      way: e.altKey ? 'remove' : e.shiftKey ? 'add' : 'toggle',
      line: [this.point(e)],
    };
    this.keyboard = false;
    if (e.button === 1) e.preventDefault();
  }

  move(e: PointerEvent): void {
    const at = this.point(e);
    const { drag } = this;
    if (drag?.id !== e.pointerId) {
      const over = patchAt(this.list, at[0], at[1]);
      if (over === this.hover) return;
      this.hover = over;
      return this.host.redraw('marks');
    }
    const { geometry: g, gridKind, canvas } = this.host;
    if (drag.kind === 'pan' && g) {
      const [from] = drag.line;
      this.view = pan(this.view, at[0] - from[0], at[1] - from[1], extent(g, gridKind), canvas);
      drag.line = [at];
      return this.place();
    }
    drag.line = this.host.lasso ? [...drag.line, at] : [drag.line[0], at];
    this.host.redraw('marks');
  }

  up(e: PointerEvent): void {
    const { drag } = this;
    if (drag?.id !== e.pointerId) return;
    this.drag = undefined;
    if (drag.kind === 'select') {
      this.cursor = patchAt(this.list, ...this.point(e)) ?? this.cursor;
      const [first] = drag.line;
      const [x, y] = this.point(e);
      const far = Math.max(...drag.line.map(([px, py]) => Math.max(Math.abs(px - first[0]), Math.abs(py - first[1]))));
      if (far < CLICK_SLOP * this.host.dpr) {
        const patch = patchAt(this.list, first[0], first[1]);
        if (patch !== undefined) this.host.select([patch], drag.way);
      } else {
        const inside = this.host.lasso ? patchesInLasso(this.list, drag.line) : patchesIn(this.list, first, [x, y]);
        // A plain drag adds: toggling a whole area would surprise.
        if (inside.length > 0) this.host.select(inside, drag.way === 'remove' ? 'remove' : 'add');
      }
    }
    this.host.redraw('marks');
  }

  cancelDrag(): void {
    this.drag = undefined;
    this.host.redraw('marks');
  }

  leave(): void {
    this.hover = undefined;
    this.host.redraw('marks');
  }

  keyDown(e: KeyboardEvent): void {
    const g = this.host.geometry;
    if (!g) return;
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'a') {
      this.host.select(this.all(), 'add');
    } else if (e.ctrlKey || e.metaKey) return;
    else if (e.key.startsWith('Arrow') || e.key === 'Home' || e.key === 'End') this.step(g, e);
    else if (e.key === ' ') {
      // Space chooses on release, so that space and a drag can pan.
      if (!e.repeat) [this.spaceHeld, this.spacePanned] = [true, false];
    } else if (e.key === 'Enter') {
      if (!e.repeat) this.atCursor(e);
    } else if (e.key === '+' || e.key === '=') this.zoomIn();
    else if (e.key === '-' || e.key === '_') this.zoomOut();
    else if (e.key === '0') this.zoomFit();
    else if (e.key === 'Escape') {
      if (this.drag) this.cancelDrag();
      else this.host.select([], 'remove');
    } else return;
    e.preventDefault();
  }

  keyUp(e: KeyboardEvent): void {
    if (e.key !== ' ' || !this.spaceHeld) return;
    this.spaceHeld = false;
    if (!this.spacePanned) this.atCursor(e);
    e.preventDefault();
  }

  /** The keyboard comes to the picture. */
  focus(): void {
    const g = this.host.geometry;
    if (g && (this.cursor === undefined || !this.list[this.cursor])) this.cursor = this.all()[0];
    // A press of the mouse brings the focus as well.
    this.keyboard = this.drag === undefined;
    this.host.redraw('marks');
  }
  blur(): void {
    this.spaceHeld = false;
    this.host.redraw('marks');
  }

  all(): number[] {
    return this.list.flatMap((c, i) => (c ? [i] : []));
  }

  private step(g: ImageGeometry, e: KeyboardEvent): void {
    const from = this.cursor !== undefined && this.list[this.cursor] ? this.cursor : this.all()[0];
    if (from === undefined) return;
    this.keyboard = true;
    this.cursor = neighbour(g, from, e.key);
    this.reveal();
    if (e.shiftKey) this.host.select([from, this.cursor], 'add');
    else if (e.altKey) this.host.select([from, this.cursor], 'remove');
    else this.host.say('');
    this.host.redraw('marks');
  }

  /** Brings the patch under the keyboard into the zoomed view. */
  private reveal(): void {
    const { geometry: g, gridKind, canvas } = this.host;
    const c = this.cursor === undefined ? undefined : this.list[this.cursor];
    if (!c || !g) return;
    const dx = c[0] < 0 ? -c[0] : c[2] > canvas.width ? canvas.width - c[2] : 0;
    const dy = c[1] < 0 ? -c[1] : c[3] > canvas.height ? canvas.height - c[3] : 0;
    if (dx === 0 && dy === 0) return;
    this.view = pan(this.view, dx, dy, extent(g, gridKind), canvas);
    this.place();
  }

  private atCursor(e: KeyboardEvent): void {
    this.keyboard = true;
    if (this.cursor !== undefined) this.host.select([this.cursor], e.altKey ? 'remove' : e.shiftKey ? 'add' : 'toggle');
  }

  private place(): void {
    const { geometry: g, gridKind } = this.host;
    this.list = g ? cells(g, gridOf(gridKind), this.view) : [];
    this.marked = g && gridKind === 'both' ? cells(g, 'both', this.view) : this.list;
    this.host.redraw('view');
  }

  private point(e: MouseEvent): readonly [number, number] {
    // The canvas begins inside the border, and is painted from a whole device pixel on wherever the layout puts it.
    const box = e.currentTarget as HTMLElement;
    const { left, top } = box.getBoundingClientRect();
    const { dpr } = this.host;
    return [
      e.clientX * dpr - Math.round((left + box.clientLeft) * dpr),
      e.clientY * dpr - Math.round((top + box.clientTop) * dpr),
    ];
  }
}
