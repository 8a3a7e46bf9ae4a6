/** The panel's state, its changes and what it asks of the host. Elements listen and draw. */
import type {
  AttentionResult,
  Candidate,
  HostToPanel,
  Knockout,
  PanelAction,
  PanelLayout,
  PanelSize,
  PanelToHost,
  RequestName,
} from '../src/protocol/panel';
import type { PanelHost } from './host';
import { Answers } from './model/answers';
import { savedLayout } from './model/layout';
import { reduce, sameNumbers } from './model/reduce';
import { activePatches, canEdit, INITIAL, layersOf, type PanelState } from './model/state';

/** How long clicked patches are shown although the config does not (yet) say the same. */
const DRAFT_MS = 2000;
/** Attention answers kept: one of a large model takes about 12 MB. */
const KEPT_ATTENTION = 12;
const KEPT_LENSES = 400;

export class PanelStore {
  state: PanelState = INITIAL;
  readonly attention = new Answers<number, AttentionResult>(
    (row, signal) => this.host.request('attention', { row }, signal),
    KEPT_ATTENTION,
    () => this.changed(),
  );
  readonly flow = new Answers<0, AttentionResult>(
    (_, signal) => this.host.request('flow', {}, signal),
    1,
    () => this.changed(),
  );
  readonly tokenLens = new Answers<number, readonly (readonly Candidate[])[]>(
    (row, signal) => this.host.request('tokenLens', { row }, signal),
    KEPT_LENSES,
    () => this.changed(),
  );

  private readonly listeners = new Set<() => void>();
  private readonly actions = new Set<(action: PanelAction) => void>();
  private queued = false;
  private draftTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: PanelHost,
    private uri: string,
  ) {
    const saved = host.load(uri);
    if (saved) {
      const {
        layer,
        overlay,
        head,
        row,
        boxes = true,
        grid = true,
        gridKind = INITIAL.gridKind,
        strength = INITIAL.strength,
        perLayer = false,
        flow = INITIAL.flow,
        layout,
        hidden = [],
      } = saved;
      this.state = {
        ...INITIAL,
        ...(layer === undefined ? {} : { layer, layerChosen: true }),
        head,
        boxes,
        grid,
        gridKind,
        strength,
        perLayer,
        flow,
        layout: savedLayout(layout),
        hidden,
        overlay: overlay as PanelState['overlay'],
        ...(row === undefined ? {} : { row }),
      };
    }
    // After a window reload the host learns from this which config the panel belongs to.
    this.save();
    host.listen((m) => this.receive(m));
  }

  /** Called once per batch of changes. Returns the way to stop. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Commands of the palette. */
  onAction(listener: (action: PanelAction) => void): () => void {
    this.actions.add(listener);
    return () => this.actions.delete(listener);
  }

  post(message: PanelToHost): void {
    this.host.post(message);
  }

  request: PanelHost['request'] = <K extends RequestName>(name: K, params: never) => this.host.request(name, params);

  /** Changes what is shown (not the config) and remembers it. */
  view(
    change: Partial<
      Pick<
        PanelState,
        | 'layer'
        | 'head'
        | 'overlay'
        | 'row'
        | 'boxes'
        | 'grid'
        | 'gridKind'
        | 'strength'
        | 'perLayer'
        | 'flow'
        | 'playing'
        | 'hidden'
      >
    >,
  ): void {
    const layers = layersOf(this.state);
    const next = { ...this.state, ...change };
    if (change.layer !== undefined) {
      this.state = { ...next, layer: Math.max(0, Math.min(layers - 1, change.layer)), layerChosen: true };
    } else this.state = next;
    if (!this.state.playing) this.save();
    this.changed();
  }

  /** Changes how the parts are arranged and remembers it. */
  arrange(change: Partial<PanelLayout>): void {
    this.state = { ...this.state, layout: { ...this.state.layout, ...change } };
    this.save();
    this.changed();
  }

  /** Remembers a dragged size; undefined gives the one back that it has at first. */
  resize(name: PanelSize, size: number | undefined): void {
    const { [name]: _, ...others } = this.state.layout.sizes;
    this.arrange({ sizes: size === undefined ? others : { ...others, [name]: size } });
  }

  /** Opens or closes a part. */
  open(name: string, open: boolean): void {
    this.arrange({ open: { ...this.state.layout.open, [name]: open } });
  }

  /** The set being edited now holds exactly these patches. */
  setPatches(patches: readonly number[]): void {
    const set = this.state.experiment?.activeSet;
    if (set === undefined || !canEdit(this.state)) return;
    const sorted = [...new Set(patches)].sort((a, b) => a - b);
    if (sameNumbers(sorted, activePatches(this.state))) return;
    this.state = { ...this.state, draft: { set, patches: sorted } };
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => this.dropDraft(), DRAFT_MS);
    this.post({ type: 'set-patches', set, patches: sorted });
    this.changed();
  }

  addKnockout(knockout: Knockout): void {
    this.post({ type: 'add-knockout', knockout });
  }

  /** May the engine be asked for more now? */
  get canAsk(): boolean {
    const { experiment, clean, status } = this.state;
    return clean !== undefined && status.kind !== 'engine-down' && experiment !== undefined && !experiment.restricted;
  }

  private dropDraft(): void {
    this.state = { ...this.state, draft: undefined };
    this.changed();
  }

  private receive(m: HostToPanel): void {
    if (m.type === 'do') return this.actions.forEach((act) => act(m.action));
    const before = this.state;
    this.state = reduce(before, m);
    if (m.type === 'experiment' && m.experiment.uri !== this.uri) {
      // The file was saved for the first time, or renamed: the host will look for it there after a window reload.
      this.uri = m.experiment.uri;
      this.save();
    }
    this.forget(before, m);
    if (before.draft && !this.state.draft) clearTimeout(this.draftTimer);
    this.changed();
  }

  /** Answers about another example are of no use; nor are failures once the engine is back. */
  private forget(before: PanelState, m: HostToPanel): void {
    const { example, row, status } = this.state;
    if ((m.type === 'example' && m.fresh) || example === undefined) {
      this.attention.clear();
      this.flow.clear();
      this.tokenLens.clear();
      if (row !== undefined && example && row >= example.tokens.length) this.state = { ...this.state, row: undefined };
    } else if (before.status.kind === 'engine-down' && status.kind !== 'engine-down') {
      this.attention.retry();
      this.flow.retry();
      this.tokenLens.retry();
    }
  }

  private save(): void {
    const { layer, layerChosen, overlay, head, row, boxes, grid, gridKind, strength, perLayer, flow, layout, hidden } =
      this.state;
    this.host.save({
      uri: this.uri,
      ...(layerChosen ? { layer } : {}),
      overlay,
      head,
      boxes,
      grid,
      gridKind,
      strength,
      perLayer,
      flow,
      layout,
      hidden,
      ...(row === undefined ? {} : { row }),
    });
  }

  private changed(): void {
    if (this.queued) return;
    this.queued = true;
    queueMicrotask(() => {
      this.queued = false;
      this.listeners.forEach((tell) => tell());
    });
  }
}
