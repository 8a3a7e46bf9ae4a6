/** HTML by tagged templates: whatever is put in is escaped, unless it was made by one of these templates itself. */

/** Characters that may stand in an HTML document (HTML, 13.2.3.5), all others become U+FFFD. */
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]|\p{Cs}/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and for values of attributes in quotes. */
const escapeHtml = (text: string): string =>
  text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"']/g, (sign) => ENTITIES[sign]);

/** A piece of HTML, which is not escaped again: `html` makes one, and whoever knows that a text is safe as it is. */
export class Html {
  constructor(readonly text: string) {}
}

export type Part = string | number | Html | undefined | readonly Part[];

/** Attributes must stand in quotes: `<td title="${text}">`. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let out = strings[0];
  parts.forEach((part, i) => (out += textOf(part) + strings[i + 1]));
  return new Html(out);
}

function textOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return escapeHtml(String(part));
}

/** Text of a file: on one line, and no sign in it changes the direction of what stands around it. */
export const quoted = (text: string): Html => html`<bdi>${text.replace(/\s+/g, ' ').trim()}</bdi>`;
