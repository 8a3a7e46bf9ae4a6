/** `<cf-flow>`: layers up, tokens across, edges weighted by attention. A click on an edge blocks it. */
import { html, nothing, type TemplateResult } from 'lit';
import { canBeSet, type AttentionResult, type ExampleInfo } from '../../src/protocol/panel';
import { drawFlow, drawFlowMarks, edgeAt, flowSvg, frame, scrollRoom, type FlowFrame } from '../flow/draw';
import {
  FAINTEST_FEW,
  flowGraph,
  visibleEdges,
  type FlowChoice,
  type FlowEdge,
  type FlowGraph,
  type FlowScope,
  type ImageColumns,
} from '../flow/edges';
import { columnName, edgeWords, flowWords } from '../flow/words';
import { canEdit, rowOf, type PanelState } from '../model/state';
import { percent, weight } from '../model/words';
import type { Choice } from '../ui/select';
import { PanelElement } from '../ui/element';
import { onTheme, theme } from '../ui/theme';

const HEIGHT_PER_LAYER = 20;
const SHORTEST = 240;
const TALLEST = 560;
/** Why an edge that is drawn cannot be a knockout. */
const CANNOT = 'No set can hold that token alone: words before the image and blanks have no name.';
/** Edges in the list, the keyboard's way to them. */
const LISTED = 12;
const SCOPES: readonly (Choice & { readonly value: FlowScope })[] = [
  { value: 'all', label: 'All tokens' },
  { value: 'into', label: 'To the chosen token' },
  { value: 'from', label: 'From the chosen token' },
];
const IMAGES: readonly (Choice & { readonly value: ImageColumns })[] = [
  { value: 'sum', label: 'Summed' },
  { value: 'mean', label: 'Mean per patch' },
  { value: 'each', label: 'Each patch' },
  { value: 'none', label: 'Left out' },
];

export class FlowView extends PanelElement {
  private inSight = false;
  private graph: FlowGraph | undefined;
  private edges: readonly FlowEdge[] = [];
  private made: readonly unknown[] = [];
  private drawn: readonly unknown[] = [];
  private frame: FlowFrame | undefined;
  private scrollLeftPx = 0;
  private scrolledOnce = false;
  private hover: FlowEdge | undefined;
  private dpr = 1;
  private readonly seen = new IntersectionObserver((list) => {
    this.inSight = list.some((e) => e.isIntersecting);
    if (this.inSight) this.requestUpdate();
  });
  private readonly sized = new ResizeObserver(() => this.requestUpdate());
  private stopTheme: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.seen.observe(this);
    this.sized.observe(this);
    this.stopTheme = onTheme(() => {
      this.drawn = [];
      this.requestUpdate();
    });
  }
  override disconnectedCallback(): void {
    this.seen.disconnect();
    this.sized.disconnect();
    this.stopTheme?.();
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const { s } = this;
    const asked =
      this.store.canAsk && this.inSight && s.status.kind === 'idle' ? this.store.flow.get(0) : this.store.flow.peek(0);
    this.build(asked?.kind === 'here' ? asked.value : undefined);
    const { graph: g } = this;
    return html` <div class="cf-bar cf-wrap">
        <label class="cf-field"
          ><span>Threshold</span>
          <input
            class="cf-range cf-short"
            type="range"
            min="0"
            max="100"
            .value=${String(sliderOf(this.threshold))}
            aria-valuetext=${percent(this.threshold)}
            @input=${(e: Event) => this.set({ threshold: thresholdOf(Number((e.target as HTMLInputElement).value)) })}
          />
          <output class="cf-number">${percent(this.threshold)}</output></label
        >
        <label class="cf-field"
          ><span aria-hidden="true">Edges</span>
          <cf-select
            class="cf-wide"
            label="Edges"
            hint="The chosen token is the one marked in the token strip"
            .choices=${SCOPES}
            .value=${s.flow.scope}
            @pick=${(e: CustomEvent<FlowScope>) => this.set({ scope: e.detail })}
          ></cf-select
        ></label>
        <label class="cf-field"
          ><span aria-hidden="true">Image</span>
          <cf-select
            label="Image patches in the flow"
            .choices=${IMAGES}
            .value=${s.flow.image}
            @pick=${(e: CustomEvent<ImageColumns>) => this.set({ image: e.detail })}
          ></cf-select
        ></label>
        <vscode-checkbox
          title="The first token takes most of the attention in many models"
          ?checked=${s.flow.first}
          @change=${(e: Event) => this.set({ first: checked(e) })}
          >First token</vscode-checkbox
        >
        <vscode-checkbox
          title="What a token reads from itself"
          ?checked=${s.flow.self}
          @change=${(e: Event) => this.set({ self: checked(e) })}
          >Self</vscode-checkbox
        >
      </div>
      <div
        class="cf-flow-box ${g ? '' : 'cf-empty'}"
        aria-hidden="true"
        @pointermove=${this.move}
        @pointerleave=${() => this.point(undefined)}
        @click=${this.clicked}
      >
        <canvas></canvas><canvas></canvas>
        <div class="cf-flow-scroll" @scroll=${this.scrolled}><div class="cf-flow-wide"></div></div>
        ${
          g
            ? nothing
            : html`<p class="cf-note">
                ${
                  asked?.kind === 'failed'
                    ? `The attention could not be computed: ${asked.message}`
                    : s.experiment?.restricted
                      ? 'Nothing runs in a workspace that is not trusted.'
                      : asked?.kind === 'asked'
                        ? 'Attention of every text token is on its way…'
                        : 'Appears when the engine has run.'
                }
              </p>`
        }
      </div>
      <p class="cf-legend">${this.words()}</p>
      ${
        g && s.example
          ? html`<details class="cf-details">
              <summary>Strongest edges of layer ${s.layer}</summary>
              ${this.list(g, s.example)}
            </details>`
          : nothing
      }`;
  }

  override updated(): void {
    this.draw();
  }

  /** The graph as an SVG of its own; undefined while there is none. */
  svg(): string | undefined {
    const { graph, s } = this;
    if (!graph || !s.example) return undefined;
    const title = `${s.experiment?.question ?? ''} ${this.shown(graph, s.example)}`;
    return flowSvg(graph, this.edges, s.example, title);
  }

  private get choice(): FlowChoice {
    const { scope, image, first, self } = this.s.flow;
    const chosen = rowOf(this.s);
    return { scope, image, first, self, ...(chosen !== undefined && { chosen }) };
  }
  private get threshold(): number {
    return this.s.flow.threshold;
  }
  private set(change: Partial<PanelState['flow']>): void {
    this.hover = undefined;
    this.store.view({ flow: { ...this.s.flow, ...change } });
  }

  private build(a: AttentionResult | undefined): void {
    const { example } = this.s;
    const { choice } = this;
    const { scope, image, first, self, chosen } = choice;
    // Another chosen token changes the edges only where they are its own.
    const key = [a, example?.tokens, scope, image, first, self, scope === 'all' ? undefined : chosen];
    if (key.some((k, i) => k !== this.made[i])) {
      this.made = key;
      this.graph = a && example ? flowGraph(a, example, choice) : undefined;
      this.hover = undefined;
      this.drawn = [];
    }
    this.edges = this.graph ? visibleEdges(this.graph, this.threshold) : [];
  }

  private words(): TemplateResult | string {
    const { graph: g, hover, s } = this;
    if (!g || !s.example) return '';
    if (hover)
      return html`${edgeWords(g, s.example, this.choice, hover)}${!canEdit(s) ? '' : this.canBlock(hover) ? ' Click to add it as a knockout.' : ` ${CANNOT}`}`;
    return this.shown(g, s.example);
  }
  private shown(g: FlowGraph, example: ExampleInfo): string {
    return flowWords(g, example, this.choice, { heads: this.s.model?.heads ?? 1, threshold: this.threshold });
  }

  private list(g: FlowGraph, example: ExampleInfo): TemplateResult {
    const strongest: FlowEdge[] = [];
    for (const e of g.edges) {
      if (e.layer === this.s.layer) strongest.push(e);
      if (strongest.length === LISTED) break;
    }
    return html`<table class="cf-table">
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">To</th>
          <th scope="col" class="cf-right">Attention</th>
          <th scope="col"><span class="cf-hidden">Block it</span></th>
        </tr>
      </thead>
      <tbody>
        ${strongest.map(
          (e) =>
            html`<tr>
              <td>${columnName(g, example, e.from)}</td>
              <td>${columnName(g, example, e.to)}</td>
              <td class="cf-right">${weight(e.weight)}</td>
              <td>
                <vscode-button
                  appearance="secondary"
                  class="cf-small"
                  ?disabled=${!canEdit(this.s) || !this.canBlock(e)}
                  title=${this.canBlock(e) ? nothing : CANNOT}
                  aria-label="Block ${columnName(g, example, e.from)} to ${columnName(g, example, e.to)}"
                  @click=${() => this.block(e)}
                  >Block</vscode-button
                >
              </td>
            </tr>`,
        )}
      </tbody>
    </table>`;
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
  }

  private draw(): void {
    const { graph: g, s } = this;
    const box = this.querySelector<HTMLElement>('.cf-flow-box');
    if (!box || !g || !s.example) return;
    const height = Math.min(TALLEST, Math.max(SHORTEST, g.layers * HEIGHT_PER_LAYER + 90));
    box.style.height = `${height}px`;
    const width = box.clientWidth;
    if (width === 0) return;
    this.dpr = window.devicePixelRatio || 1;
    this.frame = frame(g, width, height, this.scrollLeftPx);
    const wide = this.querySelector<HTMLElement>('.cf-flow-wide')!;
    wide.style.width = `${width + scrollRoom(g, this.frame)}px`;
    if (!this.scrolledOnce) {
      // The end of the prompt is where the answer is made.
      this.scrolledOnce = true;
      wide.parentElement!.scrollLeft = scrollRoom(g, this.frame);
    }
    const [back, front] = [...box.querySelectorAll('canvas')];
    for (const c of [back, front]) {
      const size = [Math.round(width * this.dpr), Math.round(height * this.dpr)];
      if (c.width !== size[0] || c.height !== size[1]) {
        [c.width, c.height] = size;
        this.drawn = [];
      }
    }
    const key = [g, this.edges.length, this.frame.scroll, width];
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
    this.classList.toggle('cf-can-click', edge !== undefined && canEdit(this.s) && this.canBlock(edge));
    this.requestUpdate();
  }
  private clicked(): void {
    if (this.hover) this.block(this.hover);
  }
}

const checked = (e: Event): boolean => (e.target as HTMLInputElement).checked;
/** The slider is logarithmic: small weights need the finer steps. */
const thresholdOf = (slider: number): number => FAINTEST_FEW ** (1 - slider / 100);
const sliderOf = (threshold: number): number => Math.round((1 - Math.log(threshold) / Math.log(FAINTEST_FEW)) * 100);
