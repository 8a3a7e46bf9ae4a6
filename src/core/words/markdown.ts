/**
 * Text that Markdown leaves as it is: on one line, every sign that could begin markup, a link, HTML or an end of a cell
 * escaped (CommonMark 2.4; `:`, `@` and `www.` against GitHub's autolinks), nothing that changes the direction of text.
 */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replace(/[\s\u2028\u2029]+/g, (blank) => (blank === '\u202f' ? blank : ' '))
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
      .trim()
      .replace(/[\\`*_{}[\]()#!|<>&~:@$^]/g, '\\$&')
      .replace(/^[-+=]/, '\\$&')
      .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}\\.`)
  );
}
