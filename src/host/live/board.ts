/** What of an experiment is on the screen. A panel that comes up later is told all of it again. */
import type { CurvePart } from '../../core/engine/types';
import type { HostToPanel, PanelStatus } from '../../protocol/panel';
import type { Shown } from './shown';

const NOTHING: Shown = { knockouts: [], curves: [] };

export interface BoardDeps {
  send(message: HostToPanel): void;
  /** Something that the text shows (answer, curves, problems found by the engine) changed. */
  changed(): void;
}

export class Board {
  #shown: Shown = NOTHING;
  /** Of curves that are being computed. */
  #parts: CurvePart[] = [];

  constructor(private readonly deps: BoardDeps) {}

  get shown(): Shown {
    return this.#shown;
  }

  /** Beside what is shown already. */
  show(change: Partial<Shown>, message: HostToPanel): void {
    this.note(change);
    this.deps.send(message);
    this.deps.changed();
  }

  /** All else goes. */
  showOnly(shown: Partial<Shown>, message: HostToPanel): void {
    this.#shown = NOTHING;
    this.show(shown, message);
  }

  /** The curves, and that nothing of others is on its way. */
  showCurves({ knockouts, curves }: Pick<Shown, 'knockouts' | 'curves'>): void {
    this.#parts = [];
    this.show({ knockouts, curves }, { type: 'curves', knockouts, curves });
  }

  /** What nobody need be told. */
  note(change: Partial<Shown>): void {
    this.#shown = { ...this.#shown, ...change };
  }

  part(part: CurvePart): void {
    this.#parts.push(part);
    this.deps.send({ type: 'curve-part', part });
  }

  /** Everything, for a panel that has just come up. */
  replay(status: PanelStatus): void {
    const { model, picture, example, about = '', clean, lens, knockouts, curves } = this.#shown;
    const send = (message: HostToPanel): void => this.deps.send(message);
    if (model) send({ type: 'model', model });
    if (picture) send({ type: 'picture', png: picture.png ?? null });
    send({ type: 'example', example: example ?? null, about, fresh: true });
    if (clean) send({ type: 'clean', clean });
    send({ type: 'curves', knockouts, curves });
    for (const part of this.#parts) send({ type: 'curve-part', part });
    if (lens) send({ type: 'lens', lens });
    send({ type: 'status', status });
  }
}
