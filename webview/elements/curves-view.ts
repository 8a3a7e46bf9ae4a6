/** `<cf-curves>`: one curve per knockout, and below it the knockouts themselves. */
import { html, nothing, type TemplateResult } from 'lit';
import type { CheckResult } from '../../src/protocol/panel';
import type { Series } from '../charts/line-chart';
import { lookName, looksOf } from '../charts/looks';
import { canEdit, layersOf, type LiveCurve } from '../model/state';
import { change, duration, knockoutDetail, knockoutWords, percent, plural } from '../model/words';
import { fold } from '../ui/fold';
import { icon } from '../ui/icons';
import { PanelElement } from '../ui/element';
import type { Tool } from '../ui/tool-choice';

type Shown = 'change' | 'score';
const SHOWN: readonly (Tool & { readonly value: Shown })[] = [
  { value: 'change', label: 'Change', hint: "Change of the answer's probability, in percent of the clean run's" },
  { value: 'score', label: 'Probability', hint: 'Probability of the answer when the edge is blocked' },
];

type Checked =
  | { readonly kind: 'running' }
  | { readonly kind: 'done'; readonly result: CheckResult }
  | { readonly kind: 'failed'; readonly message: string };

export class CurvesView extends PanelElement {
  private show: Shown = 'change';
  /** Id of the curve that is pointed at in the list. */
  private broughtOut: string | undefined;
  /** Why the window that was typed is not taken. */
  private windowProblem = '';
  private checked: Checked | undefined;
  private checkedCurves: readonly LiveCurve[] | undefined;
  private series: { key: readonly unknown[]; list: readonly Series[] } = { key: [], list: [] };
  private axis: { layers: number; labels: readonly string[] } = { layers: 0, labels: [] };

  override render(): TemplateResult {
    const { s } = this;
    const list = this.seriesNow();
    const none = s.curves.length === 0;
    return html`<div class="cf-bar cf-wrap">
        <cf-tool
          label="Curves show"
          .tools=${SHOWN}
          .value=${this.show}
          @pick=${(e: CustomEvent<Shown>) => this.pickShow(e.detail)}
        ></cf-tool>
        <span class="cf-grow"></span>
        ${this.windowField()}
        <vscode-button
          appearance="secondary"
          class="cf-small"
          title="Runs every variant the plain way too, the whole sequence each time, and compares"
          ?disabled=${none || !this.store.canAsk || s.status.kind === 'busy' || this.checked?.kind === 'running'}
          @click=${this.check}
          >Check</vscode-button
        >
      </div>
      ${this.windowProblem ? html`<p class="cf-note cf-bad" role="alert">${this.windowProblem}</p>` : nothing}
      ${
        none
          ? html`<p class="cf-note cf-empty-chart">
              ${s.experiment && s.experiment.knockouts.length === 0 ? 'No knockouts yet. Choose a source and a target below, click patches in the picture, or click an edge in the token flow.' : 'Curves appear when the engine has run.'}
            </p>`
          : html`<cf-chart
              .series=${list}
              .labels=${this.labelsNow()}
              .chosen=${s.layer}
              .strong=${this.broughtOut}
              unit=${this.show === 'change' ? 'change (%)' : 'probability'}
              xTitle="centre layer"
              label=${this.chartLabel()}
              .floor=${this.show === 'change' ? -10 : 0}
              .ceiling=${this.show === 'change' ? 5 : 1}
              .format=${this.show === 'change' ? change : percent}
              @point=${(e: CustomEvent<number>) => this.store.view({ layer: e.detail, playing: false })}
            ></cf-chart>`
      }
      <cf-knockouts
        .store=${this.store}
        .show=${this.show}
        @bring-out=${(e: CustomEvent<string | undefined>) => this.bringOut(e.detail)}
      ></cf-knockouts>
      <cf-adder .store=${this.store}></cf-adder>
      ${this.checkWords()}
      ${none ? nothing : fold(this.store, 'curve-table', `Table of ${plural(s.curves.length, 'curve')}`, this.table())}`;
  }

  private seriesNow(): readonly Series[] {
    const { curves, hidden, experiment } = this.s;
    const key = [curves, hidden, experiment?.window, this.show];
    if (key.some((k, i) => k !== this.series.key[i])) {
      const looks = looksOf(curves.map((c) => lookName(c.knockout)));
      const list = curves.map((c, i) => ({
        id: c.id,
        name: knockoutWords(c.knockout),
        detail: knockoutDetail(c.knockout, experiment?.window),
        values: this.show === 'change' ? c.change : c.scores,
        look: looks[i],
      }));
      this.series = { key, list: list.filter(({ id }) => !hidden.includes(id)) };
    }
    return this.series.list;
  }

  /** The same list as long as the model is: a new one would lay the chart out again. */
  private labelsNow(): readonly string[] {
    const layers = layersOf(this.s);
    if (this.axis.layers !== layers)
      this.axis = { layers, labels: Array.from({ length: layers }, (_, l) => String(l)) };
    return this.axis.labels;
  }

  private chartLabel(): string {
    const { curves } = this.s;
    return `${this.show === 'change' ? 'Change in probability' : 'Probability'} of the answer by centre layer, ${plural(curves.length, 'curve')}: ${curves.map((c) => knockoutWords(c.knockout)).join(', ')}. The table below has the numbers.`;
  }

  private windowField(): TemplateResult | typeof nothing {
    const { experiment } = this.s;
    if (!experiment) return nothing;
    return html`<label class="cf-field" title="How many layers around the centre layer are blocked"
      ><span>Window</span>
      <input
        class="cf-window"
        type="number"
        min="1"
        max=${Math.max(1, layersOf(this.s))}
        step="1"
        .value=${String(experiment.window)}
        ?disabled=${!canEdit(this.s)}
        @change=${this.setWindow}
    /></label>`;
  }
  private setWindow(e: Event): void {
    const input = e.target as HTMLInputElement;
    const window = Number(input.value);
    const most = layersOf(this.s) || Infinity;
    const right = Number.isInteger(window) && window >= 1 && window <= most;
    const kept = this.s.experiment?.window ?? 1;
    const range = most === Infinity ? 'at least 1 layer' : `1 to ${plural(most, 'layer')}`;
    this.windowProblem = right ? '' : `A window takes ${range}, not ${input.value || 'nothing'}; it stays ${kept}.`;
    if (right) this.store.post({ type: 'set-window', window });
    else input.value = String(kept);
    this.requestUpdate();
  }

  private pickShow(show: Shown): void {
    this.show = show;
    this.requestUpdate();
  }
  private bringOut(id: string | undefined): void {
    if (id === this.broughtOut) return;
    this.broughtOut = id;
    this.requestUpdate();
  }

  private async check(): Promise<void> {
    this.checked = { kind: 'running' };
    this.checkedCurves = this.s.curves;
    this.requestUpdate();
    try {
      this.checked = { kind: 'done', result: await this.store.request('check', {}) };
    } catch (e) {
      this.checked = { kind: 'failed', message: e instanceof Error ? e.message : String(e) };
    }
    this.requestUpdate();
  }

  private checkWords(): TemplateResult {
    const { checked } = this;
    // A check speaks of the curves it was made for.
    if (checked?.kind === 'done' && this.checkedCurves !== this.s.curves) this.checked = undefined;
    return html`<div aria-live="polite">
      ${
        checked?.kind === 'running'
          ? html`<p class="cf-note">Checking: every variant as a full pass…</p>`
          : checked?.kind === 'failed'
            ? html`<p class="cf-note cf-bad">The check did not finish: ${checked.message}</p>`
            : checked?.kind === 'done' && this.checked
              ? this.checkResult(checked.result)
              : nothing
      }
    </div>`;
  }
  private checkResult(r: CheckResult): TemplateResult {
    return html`<div class="cf-check">
      <p class=${r.passed ? 'cf-good' : 'cf-bad'}>
        ${icon(r.passed ? 'check' : 'error')} Largest difference ${scientific(r.largestDifference)} (allowed
        ${scientific(r.tolerance)}). By rows ${duration1(r.forkSeconds)}, full passes ${duration1(r.fullSeconds)}.
      </p>
      <ul class="cf-plain">
        ${r.curves.map((c) => html`<li>${c.edge}: ${scientific(c.largestDifference)}</li>`)}
      </ul>
    </div>`;
  }

  private table(): TemplateResult {
    const { curves, layer } = this.s;
    return html`<div class="cf-scroll-x" tabindex="0" role="region" aria-label="Numbers of the curves">
      <table class="cf-table">
        <thead>
          <tr>
            <th scope="col">Centre layer</th>
            ${curves.map((c) => html`<th scope="col" class="cf-right">${knockoutWords(c.knockout)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${this.labelsNow().map(
            (label, l) =>
              html`<tr class=${l === layer ? 'cf-now' : ''}>
                <th scope="row">${label}</th>
                ${curves.map((c) => html`<td class="cf-right">${this.show === 'change' ? change(c.change[l] ?? NaN) : percent(c.scores[l] ?? NaN)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }
}

const scientific = (v: number): string => (v === 0 ? '0' : v.toExponential(1).replace('-', '−'));
const duration1 = (s: number): string => (s < 10 ? `${s.toFixed(1)} s` : duration(s));
