/** Plays the host: keeps a config, answers from recorded or made engine answers, and notes what the panel sent. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  knockoutId,
  type AttentionResult,
  type Candidate,
  type Curve,
  type ExampleInfo,
  type HostToPanel,
  type Outcome,
  type PanelExperiment,
  type PanelToHost,
  type RequestResult,
} from '../../../src/protocol/panel';
import type { EngineAnswers } from './answers';
import { openPage, type PageOptions, type TestPage } from './page';
import { unpack } from './wire';

const root = path.resolve(__dirname, '../../..');

/** Answers that are computed when asked for, so that a large model need not be held at once. */
export interface Engine extends Pick<EngineAnswers, 'experiment' | 'model' | 'example' | 'clean' | 'lens' | 'check'> {
  curve(id: string): Curve | undefined;
  attention(row: number): AttentionResult | undefined;
  flow(): AttentionResult;
  tokenLens(row: number): readonly (readonly Candidate[])[] | undefined;
  readonly image: NonNullable<PageOptions['image']>;
}

export function recorded(name: string): Engine {
  const answers = unpack(readFileSync(path.join(root, 'test/panel/recorded', `${name}.json`), 'utf8')) as EngineAnswers;
  return {
    ...answers,
    curve: (id) => answers.curves[id],
    attention: (row) => answers.attention[row],
    flow: () => answers.flow,
    tokenLens: (row) => answers.tokenLens[row],
    image: { bytes: readFileSync(path.join(root, 'examples/images', answers.image)), type: 'image/jpeg' },
  };
}

export class FakeHost {
  readonly sent: PanelToHost[] = [];
  experiment: PanelExperiment;
  private panel!: TestPage;
  private readonly waiting = new Set<() => void>();
  private opened: Promise<unknown> = Promise.resolve();
  /** Runs after `ready`; by default everything is there and idle. */
  onReady: () => Promise<void> = () => this.sendAll();
  /** Requests get no answer. */
  mute = false;
  /** Curves come as soon as a set changes; false: the test sends them. */
  live = true;

  private told: () => void = () => undefined;
  /** Everything that a page is told at first has been sent. */
  private readonly greeted = new Promise<void>((done) => (this.told = done));

  constructor(readonly engine: Engine) {
    this.experiment = engine.experiment;
  }

  static async open(
    engine: Engine,
    options: Partial<PageOptions> = {},
    prepare?: (host: FakeHost) => void,
  ): Promise<FakeHost> {
    const host = new FakeHost(engine);
    prepare?.(host);
    const opening = openPage({
      bundle: 'panel',
      image: engine.image,
      ...options,
      receive: (m) => void host.receive(m as PanelToHost),
    });
    // The page says `ready` before it is open for us.
    host.opened = opening;
    host.panel = await opening;
    await host.greeted;
    await host.panel.page.locator('crossflow-panel main').waitFor();
    return host;
  }

  get page(): TestPage['page'] {
    return this.panel.page;
  }
  get complaints(): readonly string[] {
    return this.panel.complaints;
  }
  setTheme: TestPage['setTheme'] = (name) => this.panel.setTheme(name);
  close = (): Promise<void> => this.panel.close();
  send = (message: HostToPanel): Promise<void> => this.panel.deliver(message);

  /** Brings a view to the front: `Tokens`. */
  async view(title: string): Promise<void> {
    await this.page.getByRole('tab', { name: new RegExp(`^${title}`) }).click();
  }

  async sendAll(): Promise<void> {
    const { engine, experiment } = this;
    await this.send({ type: 'experiment', experiment });
    await this.send({ type: 'model', model: engine.model });
    // The page looks at the bytes, not at what they are called.
    await this.send({ type: 'picture', png: new Uint8Array(engine.image.bytes) });
    await this.sendExample(true);
    await this.send({ type: 'clean', clean: engine.clean });
    await this.send({
      type: 'curves',
      knockouts: experiment.knockouts,
      curves: experiment.knockouts.map((k) => engine.curve(knockoutId(k)) ?? null),
    });
    await this.send({ type: 'lens', lens: engine.lens });
    await this.send({ type: 'status', status: { kind: 'idle' } });
  }

  async edit(change: Partial<PanelExperiment>): Promise<void> {
    this.experiment = { ...this.experiment, ...change };
    await this.send({ type: 'experiment', experiment: this.experiment });
  }

  messages<T extends PanelToHost['type']>(type: T): Extract<PanelToHost, { type: T }>[] {
    return this.sent.filter((m): m is Extract<PanelToHost, { type: T }> => m.type === type);
  }

  /** The next message of a kind, from the nth on (counted from 1). */
  async message<T extends PanelToHost['type']>(type: T, nth = 1): Promise<Extract<PanelToHost, { type: T }>> {
    for (;;) {
      const found = this.messages(type)[nth - 1];
      if (found) return found;
      await new Promise<void>((done) => this.waiting.add(done));
    }
  }

  private async receive(m: PanelToHost): Promise<void> {
    this.sent.push(m);
    this.waiting.forEach((wake) => wake());
    this.waiting.clear();
    await this.opened;
    if (m.type === 'ready') {
      await this.onReady();
      this.told();
    } else if (m.type === 'request') {
      if (!this.mute) await this.send({ type: 'reply', id: m.id, outcome: this.outcome(m) });
    } else if (m.type === 'set-patches') await this.setPatches(m.set, m.patches);
    else if (m.type === 'remove-knockout')
      await this.rerun({ knockouts: this.experiment.knockouts.filter((k) => knockoutId(k) !== m.id) });
    else if (m.type === 'add-knockout') await this.rerun({ knockouts: [...this.experiment.knockouts, m.knockout] });
    else if (m.type === 'set-question') await this.edit({ question: m.question, asks: m.question });
    else if (m.type === 'set-window') await this.edit({ window: m.window });
    else if (m.type === 'choose-set') await this.edit({ activeSet: m.set });
  }

  private async rerun(change: Partial<PanelExperiment>): Promise<void> {
    await this.edit(change);
    const { knockouts } = this.experiment;
    await this.send({
      type: 'curves',
      knockouts,
      curves: knockouts.map((k) => this.engine.curve(knockoutId(k)) ?? null),
    });
  }

  private async setPatches(set: string, patches: readonly number[]): Promise<void> {
    await this.edit({ sets: { ...this.experiment.sets, [set]: { kind: 'patches', patches } } });
    if (!this.live) return;
    const { knockouts } = this.experiment;
    const touched = knockouts.findIndex((k) => k.kind === 'edge' && k.from === set);
    const curves = knockouts.map((k, i) => (i === touched ? null : (this.engine.curve(knockoutId(k)) ?? null)));
    await this.sendExample(false);
    await this.send({ type: 'curves', knockouts, curves });
    const curve = touched < 0 ? undefined : this.engine.curve(knockoutId(knockouts[touched]));
    for (const [layer, score] of (curve?.scores ?? []).entries()) {
      await this.send({ type: 'curve-part', part: { index: touched, layer, score, change: curve!.change[layer] } });
    }
  }

  /** `fresh`: of what the config asks now; else with other sets. */
  sendExample(fresh: boolean): Promise<void> {
    return this.send({ type: 'example', example: this.example(), about: this.experiment.asks, fresh });
  }

  /** The example with the sets as the config has them now. */
  private example(): ExampleInfo {
    const { example } = this.engine;
    const own = Object.entries(this.experiment.sets).flatMap(([name, d]) =>
      d.kind === 'patches' ? [[name, d.patches.map((p) => p + example.imageStart)] as const] : [],
    );
    return { ...example, sets: { ...example.sets, ...Object.fromEntries(own) } };
  }

  private outcome(m: Extract<PanelToHost, { type: 'request' }>): Outcome {
    const value = ((): RequestResult => {
      switch (m.name) {
        case 'attention':
          return this.engine.attention(m.params.row);
        case 'flow':
          return this.engine.flow();
        case 'tokenLens':
          return this.engine.tokenLens(m.params.row);
        case 'check':
          return this.engine.check;
        case 'export':
          return '/home/you/results/figure.svg';
      }
    })();
    return value === undefined ? { ok: false, message: 'not recorded' } : { ok: true, value };
  }
}
