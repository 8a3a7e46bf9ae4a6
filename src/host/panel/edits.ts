/** What the panel asks to change, as edits of the text. Pure; the text may be ahead of what the panel has seen. */
import { knockoutSets } from '../../core/experiment/edges';
import {
  addKnockout,
  addSet,
  chain,
  removeKnockout,
  removeSet,
  setPatches,
  setQuestion,
  setWindow,
  type Edit,
} from '../../core/experiment/edits';
import { parseExperiment } from '../../core/experiment/parse';
import { DEFAULT_WINDOW, knockoutId, type Knockout } from '../../core/experiment/types';
import type { ExampleInfo } from '../../core/engine/types';
import type { PanelToHost } from '../../protocol/panel';
import { tokenSet, type TokenSet } from './tokens';

export type PanelEdit = Extract<
  PanelToHost,
  { type: 'set-patches' | 'add-knockout' | 'add-token-knockout' | 'remove-knockout' | 'set-window' | 'set-question' }
>;
type Change = (text: string) => readonly Edit[];

/** What is needed beside the text: its file's place and the example on the screen. */
export interface EditFacts {
  readonly uri: { readonly fsPath: string };
  readonly session: { readonly shown: { readonly example?: ExampleInfo } };
}

export function editFor(text: string, message: PanelEdit, facts: EditFacts): readonly Edit[] {
  const { experiment } = parseExperiment(text, facts.uri.fsPath);
  const window = experiment?.window ?? DEFAULT_WINDOW;
  const knockouts = experiment?.knockouts ?? [];
  const has = (knockout: Knockout): boolean => knockouts.some((known) => knockoutId(known) === knockoutId(knockout));
  switch (message.type) {
    case 'set-patches': {
      const { set, patches } = message;
      if (patches.length === 0) return emptied(text, set, knockouts);
      if (experiment?.sets[set]) return setPatches(text, set, patches);
      const edge: Knockout = { kind: 'edge', from: set, to: 'Question', window };
      return chain(
        text,
        (t) => setPatches(t, set, patches),
        ...(has(edge) ? [] : [(t: string) => addKnockout(t, edge)]),
      );
    }
    case 'add-knockout':
      return has(message.knockout) ? [] : addKnockout(text, message.knockout);
    case 'add-token-knockout': {
      const { example } = facts.session.shown;
      if (!example) return [];
      const sets = experiment?.sets ?? {};
      const from: TokenSet = message.image ? { name: 'Image' } : tokenSet(example, message.from, sets);
      const to = tokenSet(example, message.to, sets);
      const knockout: Knockout = { kind: 'edge', from: from.name, to: to.name, window };
      if (has(knockout)) return [];
      const changes: Change[] = [from, to].flatMap(({ name, definition }) =>
        definition ? [(t: string) => addSet(t, name, definition)] : [],
      );
      return chain(text, ...changes, (t) => addKnockout(t, knockout));
    }
    case 'remove-knockout':
      return removeKnockout(text, message.index);
    case 'set-window':
      return setWindow(text, message.window);
    case 'set-question':
      return setQuestion(text, message.question);
  }
}

/** No patch is left: the set goes, and with it the knockouts that name it, since an empty set blocks nothing. */
function emptied(text: string, set: string, knockouts: readonly Knockout[]): readonly Edit[] {
  // From the last on, so that the places of the others stay.
  const named = knockouts.flatMap((knockout, i) => (knockoutSets(knockout).includes(set) ? [i] : [])).reverse();
  return chain(
    text,
    ...named.map(
      (i): Change =>
        (t) =>
          removeKnockout(t, i),
    ),
    (t) => removeSet(t, set),
  );
}
