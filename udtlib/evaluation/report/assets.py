"""What every page made by `html` carries: its style, its script, and what a browser may load.

The script is plain and short: it sorts a table by the column whose head is clicked, and shows the panel of
the row that is chosen. Book: chapter 13.
"""

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""For the browser: nothing but pictures that are data, and what stands in the page itself."""

STYLE = """
:root { color-scheme: light dark; --text: #1a1a1a; --page: #fff; --small: #555; --frame: #ddd;
        --row: #e2e2e2; --head: #888; --bar: #cfe3f3; --pointed: #eef4f9; --chosen: #ffefc2;
        --panel: #ffd76e; }
@media screen and (prefers-color-scheme: dark) {
  :root { --text: #e0e0e0; --page: #1f1f1f; --small: #aaa; --frame: #444;
          --row: #383838; --head: #777; --bar: #26435a; --pointed: #2b343b; --chosen: #4d4220;
          --panel: #8a7023; }
  figure img, .wide svg, .key span { filter: invert(.88) hue-rotate(180deg); }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
       max-width: 74rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: .2rem 0; }
p { max-width: 48rem; margin: .4rem 0; } .small { color: var(--small); font-size: .9rem; }
.scroll, .wide { overflow-x: auto; margin: .6rem 0 1.2rem; } .wide { margin: .3rem 0; }
.list { max-height: 22rem; overflow-y: auto; border: 1px solid var(--frame); border-radius: 4px; }
.list caption, .list th:first-child { padding-left: .7rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--small); font-size: .9rem; padding-bottom: .3rem; }
th, td { padding: .22rem .7rem; border-bottom: 1px solid var(--row); text-align: right; white-space: nowrap; }
th { font-weight: 600; max-width: 16rem; overflow: hidden; text-overflow: ellipsis; }
thead th { border-bottom: 2px solid var(--head); vertical-align: bottom;
           background: var(--page); position: sticky; top: 0; }
tbody th { font-weight: normal; } th:first-child, .text { text-align: left; }
th:first-child { position: sticky; left: 0; background: var(--page); } thead th:first-child { z-index: 1; }
.best { font-weight: 700; }
.bar { background: linear-gradient(var(--bar), var(--bar)) no-repeat left / calc(var(--part) * 5.5rem) 100%;
       min-width: 4.1rem; }
.sorts { cursor: pointer; } .sorts:hover { background: var(--pointed); }
.sorts[aria-sort]::after { content: " \\2193"; } .sorts[aria-sort="ascending"]::after { content: " \\2191"; }
tr.opens { cursor: pointer; } tr.opens:hover, tr.opens:hover th { background: var(--pointed); }
tr.opens.shown, tr.opens.shown th { background: var(--chosen); }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; flex: 1 1 26rem; }
figure img { width: 100%; max-width: 46rem; height: auto; } .full img { max-width: none; }
.panels { border-left: 3px solid var(--panel); padding-left: .9rem; }
.panels article { margin-bottom: 1.2rem; }
.wide img, .wide svg { display: block; width: 100%; min-width: 52rem; height: auto; }
.key { list-style: none; padding: 0; margin: .2rem 0; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; }
.key span { display: inline-block; width: .8em; height: .8em; margin-right: .4em; }
svg text { font-size: 12px; fill: #444; } .end { text-anchor: end; } .middle { text-anchor: middle; }
.rule { stroke: #e2e2e2; } .mark { stroke: #bbb; } .line { fill: none; stroke-width: 1.6; }
details { margin: .5rem 0; } summary { cursor: pointer; }
@media print { .list { max-height: none; } }
@media (max-width: 40rem) {
  body { margin: 1rem auto; padding: 0 .7rem; } th, td { padding: .22rem .45rem; }
  th { max-width: 7.5rem; } figure { flex-basis: 100%; } .panels { padding-left: .5rem; }
}
"""
"""How a page looks. Its colours stand at the top, for light and dark screens; pictures and charts are drawn
for white paper and turned round on dark screens, and so are the squares of their keys. In a table that
scrolls sideways, on a phone say, the first column stays.
"""

SCRIPT = """
"use strict";
function value(row, column) {
  const text = row.cells[column].textContent.trim(), number = parseFloat(text.replace(/^\\[/, ""));
  return text === "-" ? null : Number.isNaN(number) ? text.toLowerCase() : number;
}
function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") { return a - b; }
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
function sort(head) {
  const body = head.closest("table").tBodies[0], column = head.cellIndex, rows = [...body.rows];
  const before = head.getAttribute("aria-sort");
  const numbers = rows.some((row) => typeof value(row, column) === "number");
  const falling = before ? before === "ascending" : numbers;
  for (const other of head.parentNode.cells) { other.removeAttribute("aria-sort"); }
  head.setAttribute("aria-sort", falling ? "descending" : "ascending");
  rows.sort((first, second) => {
    const a = value(first, column), b = value(second, column);
    if (a === null || b === null) { return (a === null) - (b === null); }
    return falling ? compare(b, a) : compare(a, b);
  });
  body.append(...rows);
}
function onPress(element, action) {
  element.tabIndex = 0;
  element.addEventListener("click", action);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); action(); }
  });
}
for (const head of document.querySelectorAll("thead th")) {
  head.classList.add("sorts");
  head.title = "Sort by this column";
  onPress(head, () => sort(head));
}
for (const panels of document.querySelectorAll(".panels")) {
  const articles = [...panels.children], rows = [...panels.parentNode.querySelectorAll("tr[data-panel]")];
  const show = (chosen) => {
    for (const article of articles) { article.hidden = article.dataset.panel !== chosen.dataset.panel; }
    for (const row of rows) { row.classList.toggle("shown", row === chosen); }
  };
  for (const row of rows) {
    row.classList.add("opens");
    onPress(row, () => show(row));
    row.addEventListener("keydown", (event) => {
      const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
      if (next) { event.preventDefault(); next.focus(); show(next); }
    });
  }
  if (rows.length) { show(rows[0]); }
}
"""
