/** `<cf-chart>`: curves over layers with Chart.js, a line at the chosen layer, a click that moves it. */
import {
  CategoryScale,
  Chart,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
  type ChartDataset,
  type Plugin,
} from 'chart.js';
import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { dashOf, markerOf, onTheme, SERIES, theme } from '../ui/theme';

Chart.register(CategoryScale, LinearScale, LineController, LineElement, PointElement, Tooltip);
Chart.defaults.animation = false;

/** How much of its colour a curve keeps while another is brought out: 0 to 255, in two hexadecimal digits. */
const FAINT = '38';

export interface Series {
  readonly id?: string;
  readonly name: string;
  /** NaN where not known yet. */
  readonly values: readonly number[];
  readonly detail?: string;
  /** Colour, dash and marker; left out: by its place. */
  readonly look?: number;
}

export class LineChart extends LitElement {
  static override properties = {
    series: { attribute: false },
    labels: { attribute: false },
    chosen: { attribute: false },
    strong: { attribute: false },
    unit: {},
    xTitle: {},
    label: {},
    format: { attribute: false },
    floor: { attribute: false },
    ceiling: { attribute: false },
  };
  declare series: readonly Series[];
  /** Names of the points along x. */
  declare labels: readonly string[];
  /** Index of the point to mark. */
  declare chosen: number;
  /** Id of the curve to bring out; the others are drawn faintly. */
  declare strong: string | undefined;
  declare unit: string;
  declare xTitle: string;
  /** For screen readers. */
  declare label: string;
  declare format: (v: number) => string;
  /** Ends the y axis shows at least. */
  declare floor: number | undefined;
  declare ceiling: number | undefined;
  private chart: Chart<'line'> | undefined;
  private stopTheme: (() => void) | undefined;
  private pending = false;

  constructor() {
    super();
    this.series = [];
    this.labels = [];
    this.chosen = -1;
    this.unit = '';
    this.xTitle = '';
    this.label = '';
    this.format = String;
  }

  protected override createRenderRoot(): HTMLElement {
    return this;
  }
  override render(): TemplateResult {
    return html`<div class="cf-chart"><canvas role="img" aria-label=${this.label}></canvas></div>`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopTheme = onTheme(() => this.rebuild());
    if (this.hasUpdated) this.build();
  }
  override disconnectedCallback(): void {
    this.stopTheme?.();
    this.chart?.destroy();
    this.chart = undefined;
    super.disconnectedCallback();
  }

  override firstUpdated(): void {
    this.build();
  }
  override updated(changed: PropertyValues): void {
    if (!this.chart) return;
    const data = ['series', 'labels', 'unit', 'floor', 'ceiling', 'format', 'strong'].some((name) => changed.has(name));
    if (data) {
      this.fill();
      this.chart.update('none');
    } else if (changed.has('chosen') && !this.pending) {
      // Only the line moves: one drawing a frame, no layout.
      this.pending = true;
      requestAnimationFrame(() => {
        this.pending = false;
        this.chart?.draw();
      });
    }
  }

  private rebuild(): void {
    this.chart?.destroy();
    this.build();
  }

  private build(): void {
    const canvas = this.querySelector('canvas')!;
    const t = theme();
    const axis = {
      ticks: { color: t.text, font: { family: t.font, size: 11 } },
      grid: { color: t.line },
      border: { color: t.line },
    };
    const marker: Plugin<'line'> = { id: 'chosen', beforeDatasetsDraw: (chart) => this.line(chart) };
    this.chart = new Chart<'line'>(canvas, {
      type: 'line',
      data: { labels: [], datasets: [] },
      plugins: [marker],
      options: {
        responsive: true,
        maintainAspectRatio: false,
        animation: false,
        spanGaps: false,
        interaction: { mode: 'nearest', intersect: false, axis: 'xy' },
        onClick: (event, _items, chart) => this.clicked(event.x, chart as Chart<'line'>),
        layout: { padding: { top: 6, right: 8 } },
        scales: {
          x: {
            ...axis,
            title: {
              display: this.xTitle !== '',
              text: this.xTitle,
              color: t.text,
              font: { family: t.font, size: 11 },
              padding: 0,
            },
          },
          y: {
            ...axis,
            title: { display: this.unit !== '', text: this.unit, color: t.text, font: { family: t.font, size: 11 } },
          },
        },
        plugins: {
          tooltip: {
            backgroundColor: t.background,
            titleColor: t.text,
            bodyColor: t.text,
            borderColor: t.focus,
            borderWidth: 1,
            cornerRadius: 2,
            displayColors: false,
            titleFont: { family: t.font, size: 12 },
            bodyFont: { family: t.font, size: 12 },
            callbacks: {
              title: (items) => `${this.xTitle} ${items[0]?.label ?? ''}`,
              label: (item) => `${item.dataset.label ?? ''}: ${this.format(item.parsed.y ?? NaN)}`,
            },
          },
        },
      },
    });
    this.fill();
    this.chart.update('none');
  }

  private fill(): void {
    const { chart } = this;
    if (!chart) return;
    const t = theme();
    chart.data.labels = [...this.labels];
    const some = this.series.some(({ id }) => id !== undefined && id === this.strong);
    chart.data.datasets = this.series.map(({ id, name, detail, values, look }, i): ChartDataset<'line'> => {
      const strong = some && id === this.strong;
      const colour = `${t.series[(look ?? i) % SERIES]}${some && !strong ? FAINT : ''}`;
      return {
        label: detail ? `${name}, ${detail}` : name,
        data: values.map((v) => (Number.isFinite(v) ? v : NaN)),
        borderColor: colour,
        backgroundColor: colour,
        borderDash: [...dashOf(look ?? i)],
        borderWidth: strong ? 3 : 2,
        // The first is drawn on top.
        order: strong ? 0 : 1,
        pointStyle: markerOf(look ?? i),
        pointRadius: this.labels.length > 24 ? 2.5 : 3.5,
        pointHoverRadius: 6,
        pointBorderWidth: 1.5,
      };
    });
    const y = chart.options.scales?.y;
    if (y) {
      y.suggestedMin = this.floor;
      y.suggestedMax = this.ceiling;
      if (y.title) [y.title.text, y.title.display] = [this.unit, this.unit !== ''];
    }
  }

  private line(chart: Chart<'line'>): void {
    if (this.chosen < 0 || this.chosen >= this.labels.length) return;
    const { ctx, chartArea: a } = chart;
    const x = Math.round(chart.scales.x.getPixelForValue(this.chosen)) + 0.5;
    ctx.save();
    ctx.strokeStyle = theme().focus;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([4, 3]);
    ctx.beginPath();
    ctx.moveTo(x, a.top);
    ctx.lineTo(x, a.bottom);
    ctx.stroke();
    ctx.restore();
  }

  private clicked(x: number | null, chart: Chart<'line'>): void {
    if (x === null) return;
    const index = chart.scales.x.getValueForPixel(x);
    if (index === undefined) return;
    const at = Math.min(Math.max(0, Math.round(index)), this.labels.length - 1);
    this.dispatchEvent(new CustomEvent('point', { detail: at }));
  }
}
