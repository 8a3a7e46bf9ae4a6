/** What the panel asks to change, as edits of the text. Pure; the text may be ahead of what the panel has seen. */
import {
  addKnockout,
  addSet,
  chain,
  removeKnockout,
  setPatches,
  setQuestion,
  setWindow,
  type Edit,
} from '../../core/experiment/edits';
import { readReadable } from '../../core/experiment/readable';
import { knockoutId, type Knockout } from '../../core/experiment/types';
import type { ExampleInfo } from '../../core/engine/types';
import { usage } from '../../core/errors';
import type { PanelToHost } from '../../protocol/panel';
import { tokenSet, type TokenSet } from './tokens';

export type PanelEdit = Extract<
  PanelToHost,
  { type: 'set-patches' | 'add-knockout' | 'add-token-knockout' | 'remove-knockout' | 'set-window' | 'set-question' }
>;
type Change = (text: string) => readonly Edit[];

/** What is needed beside the text: the example on the screen. */
export interface EditFacts {
  readonly session: { readonly shown: { readonly example?: ExampleInfo } };
}

/** Throws `usage` for what cannot be written into this text. */
export function editFor(text: string, message: PanelEdit, facts: EditFacts): readonly Edit[] {
  // Not the experiment: a text has none while anything in it is wrong.
  const { sets, knockouts, window } = readReadable(text);
  const placeOf = (id: string): number => knockouts.findIndex((known) => known && knockoutId(known) === id);
  const has = (knockout: Knockout): boolean => placeOf(knockoutId(knockout)) >= 0;
  switch (message.type) {
    case 'set-patches': {
      const { set, patches } = message;
      // Of a set that is there only the patches change, down to none: what names it may have heads, a window, a reason.
      if (Object.hasOwn(sets, set)) {
        const { kind } = sets[set] ?? { kind: 'patches' };
        if (kind !== 'patches') throw usage(`the set "${set}" is not made of patches`, undefined, 'click into another');
        return setPatches(text, set, patches);
      }
      if (patches.length === 0) return [];
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
      const from: TokenSet = message.image ? { name: 'Image' } : tokenSet(example, message.from, sets);
      const to = tokenSet(example, message.to, sets);
      const knockout: Knockout = { kind: 'edge', from: from.name, to: to.name, window };
      if (has(knockout)) return [];
      const changes: Change[] = [from, to].flatMap(({ name, definition }) =>
        definition ? [(t: string) => addSet(t, name, definition)] : [],
      );
      return chain(text, ...changes, (t) => addKnockout(t, knockout));
    }
    case 'remove-knockout': {
      const place = placeOf(message.id);
      if (place < 0)
        throw usage(`the knockout ${message.id} does not stand in the text any more`, undefined, 'remove it there');
      return removeKnockout(text, place);
    }
    case 'set-window':
      return setWindow(text, message.window);
    case 'set-question':
      return setQuestion(text, message.question);
  }
}
