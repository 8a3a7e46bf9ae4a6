/** How the report looks: light and dark as the reader's system is, and on paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: #1c2430; --soft: #5a6574; --line: #d5dae1; --page: #ffffff; --card: #f5f7f9; --accent: #0b62a8;
  --good: #00734f; --bad: #b23a00; --box: #d55e00; --patch: #0072b2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e8ee; --soft: #a3aebb; --line: #3a4450; --page: #14191f; --card: #1d242c; --accent: #6db8f2;
    --good: #4fd1a5; --bad: #ff9d70; --box: #ff9a3d; --patch: #6db8f2;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem clamp(1rem, 4vw, 3rem) 4rem; background: var(--page);
  color: var(--text); font: 1rem/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.9rem; overflow-wrap: anywhere; line-height: 1.2; margin: 0.5rem 0; }
h2 { font-size: 1.4rem; margin: 3rem 0 0.5rem; padding-top: 0.75rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.1rem; margin: 1.75rem 0 0.5rem; }
p { margin: 0.4rem 0; max-width: 48rem; }
a { color: var(--accent); }
a:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.lead { color: var(--soft); font-size: 1.05rem; }
.note { color: var(--soft); font-size: 0.9rem; }
.contents { columns: 16rem; padding-left: 1.2rem; margin: 1rem 0; }
.scroll { overflow-x: auto; margin: 0.75rem 0; }
table { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); font-size: 0.9rem; padding-bottom: 0.3rem; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.9rem 0.3rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; white-space: nowrap; border-bottom-width: 2px; }
tbody th { font-weight: 600; }
.number { text-align: right; white-space: nowrap; }
.name { white-space: nowrap; }
.text { min-width: 14rem; overflow-wrap: anywhere; }
.value { overflow-wrap: anywhere; }
.told caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); }
code { font: 0.86em/1.4 ui-monospace, Consolas, "DejaVu Sans Mono", monospace; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 27rem), 1fr)); gap: 1.25rem; margin: 1rem 0; }
figure { margin: 0; }
figure img { display: block; width: 100%; height: auto; background: #fff; border: 1px solid var(--line); border-radius: 6px; }
figcaption { font-size: 0.88rem; color: var(--soft); margin-top: 0.35rem; }
.outliers { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); gap: 1.25rem;
  list-style: none; padding: 0; margin: 1rem 0; }
.outliers li { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: 0.9rem; break-inside: avoid; }
.outliers h4 { margin: 0.6rem 0 0.2rem; font-size: 1rem; }
.outliers svg { display: block; width: 100%; height: auto; }
.outliers .picture { max-height: 20rem; border-radius: 4px; }
.outliers .missing { border: 1px dashed var(--line); padding: 1.5rem 0.75rem; color: var(--soft); text-align: center; }
.box { fill: none; stroke: var(--box); stroke-width: 2.5px; vector-effect: non-scaling-stroke; }
.patch { fill: var(--patch); fill-opacity: 0.2; stroke: var(--patch); stroke-opacity: 0.55; stroke-width: 0.75px;
  vector-effect: non-scaling-stroke; }
.key { display: inline-block; width: 0.9em; height: 0.9em; vertical-align: -0.1em; margin: 0 0.25em 0 0.6em; }
.key.of-box { border: 2.5px solid var(--box); }
.key.of-patch { background: color-mix(in srgb, var(--patch) 40%, transparent); border: 1px solid var(--patch); }
.chart { margin-top: 0.6rem; }
.chart text { fill: var(--soft); font-size: 10px; }
.chart .zero { stroke: var(--line); }
.chart .mean { fill: none; stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 4 3; }
.chart .own { fill: none; stroke: var(--accent); stroke-width: 2; }
.chart .far { fill: var(--bad); }
@media print {
  :root { color-scheme: light; --text: #000; --soft: #444; --line: #bbb; --page: #fff; --card: #fff; --accent: #004a85;
    --good: #005c3f; --bad: #8f2f00; --box: #c24e00; --patch: #0062a0; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  h1 { font-size: 17pt; } h2 { font-size: 13pt; margin-top: 1.2rem; } h3 { font-size: 11pt; }
  h2, h3, h3 + p, .note, caption, thead { break-after: avoid; }
  figure, tr { break-inside: avoid; }
  .figures { grid-template-columns: 1fr 1fr; gap: 0.7rem; }
  .outliers { grid-template-columns: 1fr 1fr 1fr; gap: 0.7rem; }
  .scroll { overflow: visible; }
  .text { min-width: 0; } thead th { white-space: normal; }
  a { color: inherit; text-decoration: none; }
  * { print-color-adjust: exact; }
}
@page { margin: 14mm; }
`;
