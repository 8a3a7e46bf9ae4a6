/**
 * Must be imported before the toolkit. FAST, below it, finds out at import whether `:focus-visible` exists by putting an
 * empty <style> into the head; our policy refuses that and reports it, and FAST then believes the answer is no. Here its
 * one style element gets a sheet without entering the page, so the question is answered and nothing is inline.
 */
const { head } = document;
const append = head.appendChild;
const remove = head.removeChild;
const outside = new Set<Node>();

head.appendChild = <T extends Node>(node: T): T => {
  if (!(node instanceof HTMLStyleElement)) return append.call(head, node) as T;
  Object.defineProperty(node, 'sheet', { value: new CSSStyleSheet() });
  outside.add(node);
  return node;
};
head.removeChild = <T extends Node>(node: T): T => (outside.delete(node) ? node : (remove.call(head, node) as T));

/** The head is as it was. */
export function questionAnswered(): void {
  head.appendChild = append;
  head.removeChild = remove;
}
