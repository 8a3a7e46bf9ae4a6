/** Names a text field. The toolkit's own names every field without a visible label "Text field" once it is in the page. */
export function nameField(root: ParentNode, selector: string, name: string): void {
  root.querySelector(selector)?.setAttribute('aria-label', name);
}
