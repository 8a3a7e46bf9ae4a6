/** What each message of the host does to the state. Pure. */
import { knockoutId, knockoutLabel, type Curve, type HostToPanel, type Knockout } from '../../src/protocol/panel';
import { layersOf, type LiveCurve, type PanelState } from './state';

/** Everything that is about one question on one picture. */
const NO_EXAMPLE = {
  example: undefined,
  about: undefined,
  clean: undefined,
  lens: undefined,
  curves: [],
} satisfies Partial<PanelState>;

export function reduce(s: PanelState, m: HostToPanel): PanelState {
  switch (m.type) {
    case 'experiment': {
      const set = s.draft && m.experiment.sets[s.draft.set];
      const caughtUp = s.draft && set?.kind === 'patches' && sameNumbers(set.patches, s.draft.patches);
      return { ...s, experiment: m.experiment, ...(caughtUp ? { draft: undefined } : {}) };
    }
    case 'status':
      return { ...s, status: m.status };
    case 'model': {
      // The middle layer is where the picture is most telling before the user has chosen one.
      const layer = s.layerChosen ? s.layer : Math.floor(m.model.layers / 2);
      const head = s.head !== 'mean' && s.head >= m.model.heads ? 'mean' : s.head;
      const known = s.model === undefined || s.model.directory === m.model.directory ? s : { ...s, ...NO_EXAMPLE };
      return { ...known, model: m.model, layer: Math.min(layer, m.model.layers - 1), head };
    }
    case 'picture':
      return { ...s, picture: m.png };
    case 'example':
      return m.example === null
        ? { ...s, ...NO_EXAMPLE }
        : {
            ...s,
            ...(m.fresh ? NO_EXAMPLE : {}),
            example: m.example,
            about: m.about,
          };
    case 'clean':
      return { ...s, clean: m.clean };
    case 'curves':
      return { ...s, curves: m.knockouts.map((k, i) => liveCurve(k, m.curves[i] ?? null, layersOf(s))) };
    case 'curve-part': {
      const { index, layer, score, change } = m.part;
      return {
        ...s,
        curves: s.curves.map((c, i) =>
          i === index
            ? { ...c, scores: withValue(c.scores, layer, score), change: withValue(c.change, layer, change) }
            : c,
        ),
      };
    }
    case 'lens':
      return { ...s, lens: m.lens };
    case 'plan':
      return { ...s, plan: m.plan ? { plan: m.plan, measuring: m.measuring } : undefined };
    case 'reply':
    case 'do':
      return s;
  }
}

function liveCurve(knockout: Knockout, curve: Curve | null, layers: number): LiveCurve {
  const empty = (): number[] => new Array<number>(layers).fill(NaN);
  return {
    knockout,
    id: knockoutId(knockout),
    label: knockoutLabel(knockout),
    scores: curve?.scores ?? empty(),
    change: curve?.change ?? empty(),
  };
}

function withValue(list: readonly number[], at: number, value: number): number[] {
  const out = list.slice();
  while (out.length < at) out.push(NaN);
  out[at] = value;
  return out;
}

export const sameNumbers = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i]);
