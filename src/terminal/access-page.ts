/** The style and the script of the page of who reaches what; access-html.ts puts them in, and their hashes into its policy. */

export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de; --back: #fff; --head: #f6f8fa; --warn: #9a3412; --link: #0550ae }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --dim: #9da7b1; --line: #30363d; --back: #0d1117; --head: #161b22; --warn: #ffa657; --link: #79c0ff } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 110rem; padding: 1.5rem; color: var(--ink); background: var(--back); font: 16px/1.45 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
p { margin: .25rem 0; max-width: 60rem } .dim { color: var(--dim) } .warn { color: var(--warn); font-weight: 600 }
label { display: block; margin: 1rem 0 .5rem } input { font: inherit; width: 100%; max-width: 28rem; padding: .5rem .6rem; border: 1px solid var(--line); border-radius: 6px; color: inherit; background: var(--back); display: block; margin-top: .25rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { text-align: left; vertical-align: top; padding: .45rem .6rem; border-bottom: 1px solid var(--line) }
thead th { background: var(--head); position: sticky; top: 0; white-space: nowrap; padding: 0 }
thead th:not(:has(button)) { padding: .45rem .6rem }
th button { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: .45rem .6rem; cursor: pointer; width: 100%; text-align: left }
th button::after { content: " \\2195"; color: var(--dim) } th[aria-sort=ascending] button::after { content: " \\2191" } th[aria-sort=descending] button::after { content: " \\2193" }
td div + div { margin-top: .15rem } code { font: .85em ui-monospace, monospace; overflow-wrap: anywhere } td { overflow-wrap: anywhere } td.name { overflow-wrap: break-word } td.name > div > div:first-child { font-weight: 600 } time { white-space: nowrap } td:has(code) { min-width: 10rem } td.name time { white-space: normal }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px }
@media screen and (max-width: 100rem) { body { padding: 1rem } table { font-size: .8rem } th button, thead th:not(:has(button)) { padding: .4rem } th, td { padding: .4rem } td:has(code) { min-width: 8.5rem } td[data-name=May], td[data-name="By rule"] { min-width: 8.5rem } td time { white-space: normal } td time span { display: inline-block } }
@media screen and (max-width: 72rem) {
  table { font-size: .9rem } table, thead, tbody, tr, td { display: block } thead { overflow-x: auto; margin: 0 0 .7rem } thead tr { display: flex; border: 0; padding: 0; margin: 0 } thead th { position: static }
  tbody tr { border: 1px solid var(--line); border-radius: 8px; padding: .4rem .7rem; margin: 0 0 .7rem } td { border: 0; padding: .2rem 0; display: grid; grid-template-columns: 6.5rem 1fr; gap: .5rem }
  td::before { content: attr(data-name); color: var(--dim); font-weight: 400 } td:empty, td.none { display: none }
  tr[hidden] { display: none }
}
@media print {
  @page { size: A4 landscape; margin: 12mm }
  :root { color-scheme: light; --ink: #000; --dim: #333; --line: #999; --back: #fff; --head: #fff; --warn: #000 }
  body { padding: 0; max-width: none; font-size: 9.5pt } label { display: none } table { font-size: 8pt } thead { display: table-header-group; position: static } thead th { position: static }
  td:has(code) { min-width: 6rem } th button { padding: .2rem .3rem } th button::after { content: "" } th, td { padding: .2rem .3rem } tr { break-inside: avoid } h2 { break-after: avoid }
}
`;

export const SCRIPT = `
const field = document.querySelector('#filter'), count = document.querySelector('#shown');
const all = [...document.querySelectorAll('tbody tr')];
const texts = new Map(all.map((row) => [row, row.textContent.toLowerCase()]));
function filter() {
  const words = field.value.toLowerCase().split(/\\s+/).filter((word) => word !== '');
  let shown = 0;
  for (const row of all) { row.hidden = !words.every((word) => texts.get(row).includes(word)); if (!row.hidden) shown += 1; }
  count.textContent = shown === all.length ? '' : shown + ' of ' + all.length + ' lines shown';
}
field.addEventListener('input', filter);
document.querySelector('label').hidden = false;
for (const button of document.querySelectorAll('th button')) button.addEventListener('click', () => {
  const head = button.parentElement, table = head.closest('table'), body = table.tBodies[0];
  const up = head.getAttribute('aria-sort') !== 'ascending';
  for (const other of table.querySelectorAll('th[aria-sort]')) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  const key = (row) => row.cells[head.cellIndex].textContent;
  const order = new Intl.Collator('en', { numeric: true });
  const rows = [...body.rows].sort((a, b) => (up ? 1 : -1) * order.compare(key(a), key(b)));
  body.append(...rows);
});
filter();
`;
