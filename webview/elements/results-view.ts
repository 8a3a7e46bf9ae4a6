/** `<crossflow-results>`: the questions of a data set run, outliers first, with their curves. Rows in sight only. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ResultRow, HostToResults, PanelStatus, ResultsToHost } from '../../src/protocol/panel';
import { count, plural } from '../model/words';
import { matching, sorted, type Order, type SortKey } from '../results/rows';
import { swatch } from '../charts/legend';
import { icon } from '../ui/icons';
import { looksOf } from '../charts/looks';
import { nameField } from '../ui/name-field';
import { spokenStatus, statusTemplate } from '../ui/status';
import { resultRow, ROW_HEIGHT, SPARK_TOP } from './results-row';

const SPARE = 8;
/** More failures than this have one reason, which the first of them show. */
const SHOWN_FAILURES = 50;

type Results = Extract<HostToResults, { type: 'results' }>;

export class ResultsView extends LitElement {
  post: (message: ResultsToHost) => void = () => undefined;
  private results: Results | undefined;
  /** Of the edges, in their order. */
  private looks: readonly number[] = [];
  private status: PanelStatus = { kind: 'idle' };
  private order: Order = { key: 'outlier', down: true };
  private search = '';
  private active = 0;
  private top = 0;
  private height = 600;
  private listed: { of?: readonly ResultRow[]; order?: Order; search?: string; rows: readonly ResultRow[] } = {
    rows: [],
  };
  private readonly sized = new ResizeObserver(() => this.measure());

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  receive(m: HostToResults): void {
    if (m.type === 'results') {
      this.results = m;
      this.looks = looksOf(m.edges);
    } else this.status = m.status;
    this.requestUpdate();
  }

  /** What a screen reader was last told of the status. */
  private heard = '';

  override render(): TemplateResult {
    const { results: r } = this;
    return html`<main class="cf-main cf-results">
      <header class="cf-results-head">
        <h1>${r?.title ?? 'Data set run'}</h1>
        ${r ? html`<span class="cf-note">Answered right and kept: ${r.kept} of ${r.done < r.asked ? `${count(r.done)} done, of ` : ''}${plural(r.asked, 'question')}. ${plural(r.edges.length, 'edge')}, ${plural(r.layers, 'layer')}.</span>` : nothing}
        <span class="cf-grow"></span>
        ${r ? html`<vscode-button class="cf-small" appearance="secondary" @click=${() => this.post({ type: 'open-report' })}>Open the report</vscode-button>` : nothing}
        <vscode-button class="cf-small" appearance="secondary" @click=${() => this.post({ type: 'open-folder' })}
          >Open the folder</vscode-button
        >
      </header>
      <p class="cf-hidden" role="status">${(this.heard = spokenStatus(this.status, this.heard))}</p>
      <div class="cf-notices">
        ${this.statusNow()}
        <div aria-live="polite">${r ? this.failures(r) : nothing}</div>
      </div>
      ${
        r
          ? this.table(r)
          : this.status.kind === 'busy'
            ? html`<p class="cf-note">Questions appear when the run is done.</p>`
            : html`<p class="cf-note">No results yet.</p>
                <vscode-button @click=${() => this.post({ type: 'resume' })}>Run</vscode-button>`
      }
    </main>`;
  }

  override updated(): void {
    nameField(this, '.cf-search', 'Filter questions');
    const box = this.querySelector('.cf-rows');
    if (box) this.sized.observe(box);
  }
  override disconnectedCallback(): void {
    this.sized.disconnect();
    super.disconnectedCallback();
  }

  private statusNow(): TemplateResult | typeof nothing {
    const { status } = this;
    const actions = {
      cancel: () => this.post({ type: 'cancel' }),
      run: () => this.post({ type: 'resume' }),
      restart: () => this.post({ type: 'resume' }),
    };
    if (status.kind === 'cancelled')
      return html`<div class="cf-banner">
        <span class="cf-grow">Stopped. Every finished question is kept.</span>
        <vscode-button class="cf-small" @click=${actions.run}>Continue</vscode-button>
      </div>`;
    return statusTemplate(status, actions);
  }

  private failures({ failed }: Results): TemplateResult | typeof nothing {
    if (failed.length === 0 || this.status.kind === 'busy') return nothing;
    const more = failed.length - SHOWN_FAILURES;
    return html`<div class="cf-banner cf-error">
      ${icon('error')}
      <div class="cf-grow">
        <p>${plural(failed.length, 'question')} could not be asked.</p>
        <details class="cf-details">
          <summary>Which, and why</summary>
          <ul class="cf-plain">
            ${failed.slice(0, SHOWN_FAILURES).map((one) => html`<li>${one.questionId}: ${one.message}</li>`)}
            ${more > 0 ? html`<li>${count(more)} more, all in the journal</li>` : nothing}
          </ul>
        </details>
      </div>
      <vscode-button class="cf-small" @click=${() => this.post({ type: 'resume' })}>Try again</vscode-button>
    </div>`;
  }

  private rows(): readonly ResultRow[] {
    const all = this.results?.rows ?? [];
    if (this.listed.of !== all || this.listed.order !== this.order || this.listed.search !== this.search) {
      this.listed = {
        of: all,
        order: this.order,
        search: this.search,
        rows: sorted(matching(all, this.search), this.order),
      };
      this.active = Math.max(0, Math.min(this.active, this.listed.rows.length - 1));
    }
    return this.listed.rows;
  }

  private table(r: Results): TemplateResult {
    const rows = this.rows();
    const first = Math.max(0, Math.floor(this.top / ROW_HEIGHT) - SPARE);
    const inSight = rows.slice(first, first + Math.ceil(this.height / ROW_HEIGHT) + 2 * SPARE);
    const columns = [
      ...FIXED,
      ...r.edges.map((e) => ({
        key: `edge:${e}` as SortKey,
        name: e.replace('->', ' → '),
        width: 'cf-col-edge',
        title: 'Sort by the size of the largest change',
      })),
    ];
    return html`<div class="cf-bar cf-wrap">
        <vscode-text-field class="cf-search" placeholder="Filter questions" @input=${this.searched}></vscode-text-field>
        <span class="cf-note" aria-live="polite"
          >${rows.length === r.rows.length ? plural(rows.length, 'question') : `${rows.length} of ${plural(r.rows.length, 'question')}`}</span
        >
        <span class="cf-grow"></span
        ><span class="cf-note"
          >Curves: change in probability over the layers, −100 % to +${SPARK_TOP} %, dashed at 0; ▴ where one rises
          beyond that. Beside them the largest change and its layer.</span
        >
      </div>
      <div
        class="cf-rows"
        role="grid"
        tabindex="0"
        aria-label="Questions, sorted"
        aria-rowcount=${rows.length + 1}
        aria-colcount=${columns.length}
        aria-activedescendant=${rows.length > 0 && this.active >= first && this.active < first + inSight.length ? `cf-row-${this.active}` : nothing}
        @scroll=${this.scrolled}
        @keydown=${this.key}
        @click=${this.clicked}
      >
        <div class="cf-row cf-row-head" role="row" aria-rowindex="1">
          ${columns.map((c, i) => this.heading(c, i - FIXED.length))}
        </div>
        <div class="cf-rows-room" role="presentation" .style=${`height: ${rows.length * ROW_HEIGHT}px`}>
          ${repeat(
            inSight,
            (row) => row.questionId,
            (row, i) => resultRow(row, { edges: r.edges, looks: this.looks, index: first + i, active: this.active }),
          )}
        </div>
      </div>
      ${rows.length === 0 ? html`<p class="cf-note">No matching questions.</p>` : nothing}`;
  }

  private heading(c: { key: SortKey; name: string; width: string; title?: string }, edge: number): TemplateResult {
    const here = this.order.key === c.key;
    return html`<div
      role="columnheader"
      class="cf-cell ${c.width}"
      aria-sort=${here ? (this.order.down ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" class="cf-sort" title=${c.title ?? 'Sort'} @click=${(e: Event) => this.sort(e, c.key)}>
        ${edge >= 0 ? swatch(this.looks[edge]) : nothing}<span>${c.name}</span
        ><span aria-hidden="true">${here ? (this.order.down ? ' ▾' : ' ▴') : ''}</span>
      </button>
    </div>`;
  }

  private sort(e: Event, key: SortKey): void {
    e.stopPropagation();
    const text = key === 'questionId' || key === 'question' || key === 'gold' || key === 'predicted' || key === 'image';
    // Numbers: largest first; edges: largest change first, be it a fall or a rise; text: from A.
    this.order = this.order.key === key ? { key, down: !this.order.down } : { key, down: !text };
    this.requestUpdate();
  }
  private searched(e: Event): void {
    this.search = (e.target as HTMLInputElement).value;
    this.requestUpdate();
  }
  private scrolled(e: Event): void {
    this.top = (e.target as HTMLElement).scrollTop;
    this.requestUpdate();
  }
  private measure(): void {
    const height = this.querySelector('.cf-rows')?.clientHeight ?? 600;
    if (Math.abs(height - this.height) < 1) return;
    this.height = height;
    this.requestUpdate();
  }

  private open(index: number): void {
    const row = this.rows()[index];
    if (row) this.post({ type: 'open-question', questionId: row.questionId });
  }
  private clicked(e: MouseEvent): void {
    const index = (e.target as HTMLElement).closest<HTMLElement>('.cf-row[data-index]')?.dataset.index;
    if (index === undefined) return;
    this.active = Number(index);
    this.requestUpdate();
    this.open(this.active);
  }
  private key(e: KeyboardEvent): void {
    // The headings' buttons have keys of their own.
    if (e.target !== e.currentTarget) return;
    const page = Math.max(1, Math.floor(this.height / ROW_HEIGHT) - 1);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    if (e.key === 'Enter' || e.key === ' ') this.open(this.active);
    else if (e.key in steps) this.move(steps[e.key]);
    else return;
    e.preventDefault();
  }
  private move(by: number): void {
    this.active = Math.max(0, Math.min(this.rows().length - 1, this.active + by));
    const box = this.querySelector<HTMLElement>('.cf-rows');
    const room = (box?.clientHeight ?? 0) - ROW_HEIGHT;
    const y = this.active * ROW_HEIGHT;
    if (box && y < box.scrollTop) box.scrollTop = y;
    else if (box && y + ROW_HEIGHT > box.scrollTop + room) box.scrollTop = y + ROW_HEIGHT - room;
    this.requestUpdate();
  }
}

const FIXED: readonly { key: SortKey; name: string; width: string; title?: string }[] = [
  {
    key: 'outlier',
    name: 'Outlier',
    width: 'cf-col-number',
    title: 'Largest distance of any curve from the mean curve, in standard deviations',
  },
  { key: 'questionId', name: 'Id', width: 'cf-col-id' },
  { key: 'question', name: 'Question', width: 'cf-col-question' },
  { key: 'gold', name: 'Gold', width: 'cf-col-word' },
  { key: 'predicted', name: 'Answer', width: 'cf-col-word' },
  {
    key: 'baseScore',
    name: 'Probability',
    width: 'cf-col-number',
    title: 'Probability of the answer in the clean run',
  },
];
