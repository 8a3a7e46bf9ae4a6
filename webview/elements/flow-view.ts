/** `<cf-flow>`: layers up, tokens across, edges weighted by attention. A click on an edge blocks it. */
import { html, nothing, type TemplateResult } from 'lit';
import { canBeSet, type AttentionResult, type ExampleInfo } from '../../src/protocol/panel';
import { drawFlow, drawFlowMarks } from '../flow/draw';
import { flowGraph, visibleEdges, type FlowChoice, type FlowEdge, type FlowGraph } from '../flow/edges';
import { bestScroll, edgeAt, frame, isSeen, scrollRoom, type FlowFrame } from '../flow/frame';
import { flowSvg } from '../flow/svg';
import { edgeWords, flowWords, notEffect } from '../flow/words';
import { canEdit, rowOf } from '../model/state';
import type { Asked } from '../model/answers';
import { percent } from '../model/words';
import { PanelElement } from '../ui/element';
import { fold } from '../ui/fold';
import { onTheme, theme } from '../ui/theme';
import { CANNOT, flowList } from './flow-list';

/** Least room of the drawing, in CSS pixels: for each layer, and for the labels. */
const HEIGHT_PER_LAYER = 11;
const BESIDE_LAYERS = 80;
const SHORTEST = 170;
const ADDED = 'Added to the config as a knockout. Its curve stands with the others under Knockouts.';

export class FlowView extends PanelElement {
  private graph: FlowGraph | undefined;
  private edges: readonly FlowEdge[] = [];
  private made: readonly unknown[] = [];
  private drawn: readonly unknown[] = [];
  private frame: FlowFrame | undefined;
  private scrollLeftPx = 0;
  /** What the scroll was last made for: each new graph is scrolled to where its edges are. */
  private scrolledFor: { readonly graph: FlowGraph; readonly edges: number } | undefined;
  private hover: FlowEdge | undefined;
  /** How many knockouts there were when an edge was blocked from here. */
  private knockoutsBefore: number | undefined;
  private dpr = 1;
  private readonly sized = new ResizeObserver(() => this.draw());
  private stopTheme: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.sized.observe(this);
    this.stopTheme = onTheme(() => {
      this.drawn = [];
      this.requestUpdate();
    });
  }
  override disconnectedCallback(): void {
    this.sized.disconnect();
    this.stopTheme?.();
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const { s, store } = this;
    const asked = store.canAsk && s.status.kind === 'idle' ? store.flow.get(0) : store.flow.peek(0);
    this.build(asked?.kind === 'here' ? asked.value : undefined);
    const { graph: g } = this;
    const { example } = s;
    return html`<cf-flow-bar .store=${store}></cf-flow-bar>
      <p class="cf-note cf-not-effect">${g && example ? notEffect(g, this.edges, example, s.curves) : ''}</p>
      <div
        class="cf-flow-box ${g ? '' : 'cf-empty'}"
        aria-hidden="true"
        @pointermove=${this.move}
        @pointerleave=${() => this.point(undefined)}
        @click=${this.clicked}
      >
        <canvas></canvas><canvas></canvas>
        <div class="cf-flow-scroll" @scroll=${this.scrolled}><div class="cf-flow-wide"></div></div>
        ${g ? nothing : html`<p class="cf-note">${this.waiting(asked)}</p>`}
      </div>
      <p class="cf-hidden" role="status">${this.added ? ADDED : ''}</p>
      <p class="cf-legend">${this.words()}</p>
      ${
        g && example
          ? fold(
              store,
              'flow-table',
              `Strongest edges of layer ${s.layer}`,
              flowList({
                graph: g,
                example,
                layer: s.layer,
                editable: canEdit(s),
                canBlock: (e) => this.canBlock(e),
                block: (e) => this.block(e),
              }),
            )
          : nothing
      }`;
  }

  private waiting(asked: Asked<AttentionResult> | undefined): string {
    if (asked?.kind === 'failed') return `The attention could not be computed: ${asked.message}`;
    if (this.s.experiment?.restricted) return 'Nothing runs in a workspace that is not trusted.';
    if (asked?.kind === 'asked') return 'Attention of every text token is on its way…';
    return 'Appears when the engine has run.';
  }

  override updated(): void {
    this.draw();
  }

  /** The graph as an SVG of its own; undefined while there is none. */
  svg(): string | undefined {
    const { s } = this;
    // Not in sight, it may be behind what the panel shows.
    this.build(this.store.flow.value(0));
    const { graph } = this;
    if (!graph || !s.example) return undefined;
    const { experiment, clean } = s;
    const answer = clean ? ` → ${clean.answer.text.trim()} ${percent(clean.answer.probability)}` : '';
    return flowSvg(graph, this.edges, s.example, {
      title: `${experiment?.question ?? ''}${answer}`,
      words: [experiment?.model ?? '', this.shown(graph, s.example)],
    });
  }

  private get choice(): FlowChoice {
    const { scope, image, first, self, system = false } = this.s.flow;
    const chosen = rowOf(this.s);
    return { scope, image, system, first, self, ...(chosen !== undefined && { chosen }) };
  }

  private build(a: AttentionResult | undefined): void {
    const { example, flow } = this.s;
    const { choice } = this;
    const { scope, image, system, first, self, chosen } = choice;
    // Another chosen token changes the edges only where they are its own.
    const key = [a, example?.tokens, scope, image, system, first, self, scope === 'all' ? undefined : chosen];
    if (key.some((k, i) => k !== this.made[i])) {
      this.made = key;
      this.graph = a && example ? flowGraph(a, example, choice) : undefined;
      this.hover = undefined;
      this.knockoutsBefore = undefined;
      this.drawn = [];
    }
    const edges = this.graph ? visibleEdges(this.graph, flow.threshold) : [];
    if (edges.length !== this.edges.length) this.hover = undefined;
    this.edges = edges;
  }

  private words(): TemplateResult | string {
    const { graph: g, hover, s } = this;
    if (!g || !s.example) return '';
    if (this.added) return ADDED;
    if (hover)
      return html`${edgeWords(g, s.example, this.choice, hover)}${!canEdit(s) ? '' : this.canBlock(hover) ? ' Click to add it as a knockout.' : ` ${CANNOT}`}`;
    const { frame: f } = this;
    return this.shown(g, s.example, f && this.edges.filter((e) => isSeen(f, e)).length);
  }
  private shown(g: FlowGraph, example: ExampleInfo, seen?: number): string {
    const { model, flow } = this.s;
    const view = { heads: model?.heads ?? 1, threshold: flow.threshold, ...(seen !== undefined && { seen }) };
    return flowWords(g, example, this.choice, view);
  }

  /** Can both ends be named in the config? */
  private canBlock(e: FlowEdge): boolean {
    const { graph, s } = this;
    return [e.from, e.to].every((end) => {
      const column = graph?.columns[end];
      return s.example && column && (column.image || canBeSet(s.example, column.position));
    });
  }

  private block(e: FlowEdge): void {
    const { graph, s } = this;
    if (!graph || !canEdit(s) || !this.canBlock(e)) return;
    const from = graph.columns[e.from];
    this.store.post({
      type: 'add-token-knockout',
      from: from.position,
      to: graph.columns[e.to].position,
      ...(from.image ? { image: true as const } : {}),
    });
    this.knockoutsBefore = s.experiment?.knockouts.length;
    this.requestUpdate();
  }
  /** The config has it: an edge that it has already, or that the host refuses, is not said to be added. */
  private get added(): boolean {
    return this.knockoutsBefore !== undefined && (this.s.experiment?.knockouts.length ?? 0) > this.knockoutsBefore;
  }

  private draw(): void {
    const { graph: g, s } = this;
    const box = this.querySelector<HTMLElement>('.cf-flow-box');
    if (!box || !g || !s.example || this.asleep) return;
    box.style.minHeight = `${Math.max(SHORTEST, g.layers * HEIGHT_PER_LAYER + BESIDE_LAYERS)}px`;
    const [width, height] = [box.clientWidth, box.clientHeight];
    if (width === 0) return;
    this.dpr = window.devicePixelRatio || 1;
    const { imageStart, imageTokens } = s.example;
    const isPatch = (c: number): boolean => {
      const { position, image } = g.columns[c];
      return !image && position >= imageStart && position < imageStart + imageTokens;
    };
    const seenBefore = this.frame && `${this.frame.scroll} ${this.frame.width}`;
    this.frame = frame(g, isPatch, width, height, this.scrollLeftPx);
    const wide = this.querySelector<HTMLElement>('.cf-flow-wide')!;
    wide.style.width = `${width + scrollRoom(this.frame)}px`;
    this.reveal(wide.parentElement!, isPatch);
    const [back, front] = [...box.querySelectorAll('canvas')];
    for (const c of [back, front]) {
      const size = [Math.round(width * this.dpr), Math.round(height * this.dpr)];
      if (c.width !== size[0] || c.height !== size[1]) {
        [c.width, c.height] = size;
        this.drawn = [];
      }
    }
    const key = [g, this.edges.length, this.frame.scroll, width, height];
    if (key.some((k, i) => k !== this.drawn[i])) {
      this.drawn = key;
      drawFlow(back.getContext('2d')!, g, this.edges, s.example, this.frame, theme(), this.dpr);
    }
    const row = rowOf(s);
    const column = row === undefined ? -1 : g.columns.findIndex((c) => c.position === row && !c.image);
    drawFlowMarks(
      front.getContext('2d')!,
      g,
      this.frame,
      {
        layer: s.layer,
        ...(this.hover ? { edge: this.hover } : {}),
        ...(column >= 0 ? { column } : {}),
      },
      theme(),
      this.dpr,
    );
    // How many edges are in sight stands in the words.
    if (seenBefore !== `${this.frame.scroll} ${this.frame.width}`) this.requestUpdate();
  }

  /** Scrolls to where the edges are: when the graph is another one, and when other edges are drawn but none in sight. */
  private reveal(scroller: HTMLElement, isPatch: (c: number) => boolean): void {
    const { graph: g, edges, frame: f } = this;
    if (!g || !f || edges.length === 0) return;
    const { graph, edges: known } = this.scrolledFor ?? {};
    if (graph === g && known === edges.length) return;
    this.scrolledFor = { graph: g, edges: edges.length };
    if (graph === g && edges.some((e) => isSeen(f, e))) return;
    this.scrollLeftPx = bestScroll(f, edges);
    scroller.scrollLeft = this.scrollLeftPx;
    this.frame = frame(g, isPatch, f.width, f.height, this.scrollLeftPx);
  }

  private scrolled(e: Event): void {
    this.scrollLeftPx = (e.target as HTMLElement).scrollLeft;
    this.draw();
  }

  private move(e: PointerEvent): void {
    const { graph, frame: f } = this;
    if (!graph || !f) return;
    const box = e.currentTarget as HTMLElement;
    const { left, top } = box.getBoundingClientRect();
    const [x, y] = [e.clientX - left - box.clientLeft, e.clientY - top - box.clientTop];
    this.point(edgeAt(graph, this.edges, f, x, y));
  }
  private point(edge: FlowEdge | undefined): void {
    if (edge === this.hover) return;
    this.hover = edge;
    this.knockoutsBefore = undefined;
    this.classList.toggle('cf-can-click', edge !== undefined && canEdit(this.s) && this.canBlock(edge));
    this.requestUpdate();
  }
  private clicked(): void {
    if (this.hover) this.block(this.hover);
  }
}
