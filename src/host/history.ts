/**
 * The states that a text went through, for undo and redo from the panel. The editor's own undo acts on the text that
 * has the focus, and giving it the focus would tear down the layout; so the panel steps through these by edits. Pure.
 */

/** What is kept at most; older states go. */
const MOST_STATES = 500;
const MOST_CHARACTERS = 32 * 1024 * 1024;
/** Keys that follow each other faster than this are one step. */
const TYPING_PAUSE_MS = 1000;

/** How a text changed: by one key of a typist, by any other edit, or by the editor's own undo or redo. */
export type TextChange = 'key' | 'edit' | 'undo' | 'redo';

export class TextHistory {
  #states: string[];
  #at = 0;
  #characters: number;
  /** When the present state got its last key; undefined: it is closed, and the next key begins another. */
  #typedAt: number | undefined;

  constructor(text: string) {
    this.#states = [text];
    this.#characters = text.length;
  }

  /** The text changed. `now`: milliseconds. */
  record(text: string, change: TextChange, now = Date.now()): void {
    if (text === this.#states[this.#at]) return;
    const typing = change === 'key' && this.#typedAt !== undefined && now - this.#typedAt < TYPING_PAUSE_MS;
    this.#typedAt = change === 'key' ? now : undefined;
    const known = this.#find(text, change);
    if (known !== undefined) {
      this.#at = known;
      return;
    }
    // What was undone is gone with the next edit; keys of one go share a state.
    for (const gone of this.#states.splice(typing ? this.#at : this.#at + 1)) this.#characters -= gone.length;
    this.#at = this.#states.push(text) - 1;
    this.#characters += text.length;
    while (this.#at > 0 && (this.#states.length > MOST_STATES || this.#characters > MOST_CHARACTERS)) {
      this.#characters -= this.#states.shift()!.length;
      this.#at--;
    }
  }

  /**
   * Steps back or forth, and gives the text that is then right; undefined at the end. The change that makes the text so
   * is recorded as any other, and then is no news.
   */
  step(way: 'undo' | 'redo'): string | undefined {
    const to = way === 'undo' ? this.#at - 1 : this.#at + 1;
    const text = this.#states[to];
    if (text === undefined) return undefined;
    this.#typedAt = undefined;
    this.#at = to;
    return text;
  }

  /** The editor's undo takes its own steps; one that leads to a known state is a move among them. */
  #find(text: string, change: TextChange): number | undefined {
    if (change !== 'undo' && change !== 'redo') return undefined;
    const before = this.#states.slice(0, this.#at).lastIndexOf(text);
    const after = this.#states.indexOf(text, this.#at + 1);
    const [first, second] = change === 'undo' ? [before, after] : [after, before];
    const found = first >= 0 ? first : second;
    return found >= 0 ? found : undefined;
  }
}
