/* SPDX-License-Identifier: BSD-2-Clause
 * The report's page: a search over every row, and the way from a process in the graph or a table to its authority. All of it works by keyboard. */
"use strict";

const search = document.getElementById("search");
const found = document.getElementById("found");
/* Cells of a table are words of their own. */
const wordsOf = (element) => Array.from(element.cells ?? [element], (each) => each.textContent).join(" ").toLowerCase().replace(/\s+/g, " ");
const rows = Array.from(document.querySelectorAll("[data-row]"), (element) => ({ element, text: wordsOf(element) }));
const folds = Array.from(document.querySelectorAll("details.process"));
const picture = document.querySelector(".graph svg");

/* Show rows that have every word, and of a process all of its rows if its own head has them. */
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { element, text } of rows) {
    const fits = words.every((word) => text.includes(word));
    element.hidden = !fits;
    count += fits && words.length > 0 ? 1 : 0;
  }
  for (const fold of folds) {
    const inner = Array.from(fold.querySelectorAll("[data-row]"));
    const head = fold.querySelector("summary").textContent.toLowerCase();
    const isNamed = words.every((word) => head.includes(word));
    if (isNamed) inner.forEach((element) => { element.hidden = false; });
    fold.hidden = !isNamed && inner.every((element) => element.hidden);
    fold.open = words.length > 0 && !fold.hidden;
  }
  found.textContent = words.length === 0 ? "" : count === 1 ? "1 row" : `${count} rows`;
}

/* Dim what a process has nothing to do with. */
function pick(name) {
  if (!picture) return;
  picture.querySelectorAll(".near").forEach((element) => element.classList.remove("near"));
  const node = picture.getElementById(`node-${name}`);
  picture.classList.toggle("picked", node !== null);
  if (node === null) return;
  const near = [node];
  for (const edge of picture.querySelectorAll(".edge")) {
    const { from, to } = edge.dataset;
    if (from === name || to === name) near.push(edge, picture.getElementById(`node-${from}`), picture.getElementById(`node-${to}`));
  }
  near.forEach((element) => element && element.classList.add("near"));
}

/* Open what the address names, and show it. */
function follow() {
  document.querySelectorAll(".chosen").forEach((element) => element.classList.remove("chosen"));
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id === "" ? null : document.getElementById(id);
  pick(id.startsWith("process-") ? id.slice("process-".length) : id.replace(/^(region|device)-/, (_, kind) => (kind === "region" ? "shared." : "device.")));
  if (target === null) return;
  if (target.hidden) { search.value = ""; filter(); }
  for (let fold = target.closest("details"); fold !== null; fold = fold.parentElement.closest("details")) fold.open = true;
  if (target.tagName !== "SECTION") target.classList.add("chosen");
  target.scrollIntoView({ block: "start" });
  const focus = target.querySelector("summary, a");
  if (focus !== null) focus.focus({ preventScroll: true });
}

search.addEventListener("input", filter);
search.addEventListener("keydown", (event) => {
  const first = rows.find(({ element }) => !element.hidden && element.checkVisibility());
  if (event.key === "Escape") { search.value = ""; filter(); }
  if (event.key === "Enter" && search.value !== "" && first) first.element.scrollIntoView({ block: "center" });
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
});
window.addEventListener("hashchange", follow);
let unfolded = [];
window.addEventListener("beforeprint", () => {
  unfolded = Array.from(document.querySelectorAll("details:not([open])"));
  unfolded.forEach((fold) => { fold.open = true; });
});
window.addEventListener("afterprint", () => unfolded.forEach((fold) => { fold.open = false; }));
follow();
