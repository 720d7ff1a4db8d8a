// Real tabs out of links to sections: one section is shown, arrows walk, the address remembers (#tab-name).
const list = document.querySelector("[data-tabs]");
const links = [...list.querySelectorAll("a")];
const panelOf = (link) => document.getElementById(link.hash.slice(1));
const kept = document.querySelector("[data-open-tab]");

function show(link, { focus = false } = {}) {
  for (const other of links) {
    const isOpen = other === link;
    other.setAttribute("aria-selected", String(isOpen));
    other.tabIndex = isOpen ? 0 : -1;
    panelOf(other).toggleAttribute("data-open", isOpen);
  }
  if (kept) kept.value = link.hash.slice("#tab-".length);
  if (focus) link.focus();
}

const holding = (id) => links.find((link) => link.hash === `#${id}` || panelOf(link).contains(document.getElementById(id)));

list.setAttribute("role", "tablist");
for (const link of links) {
  link.setAttribute("role", "tab");
  link.setAttribute("aria-controls", link.hash.slice(1));
  const panel = panelOf(link);
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", link.id);
}
list.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  show(link);
  history.replaceState(null, "", link.hash);
});
list.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = links.at((links.indexOf(document.activeElement) + step) % links.length);
  show(next, { focus: true });
});
// A link to a field of another tab (the summary of errors has them) opens that tab first.
document.addEventListener("click", (event) => {
  const anchor = event.target.closest("a[href^='#']");
  const link = anchor && !list.contains(anchor) && holding(anchor.hash.slice(1));
  if (!link) return;
  show(link);
  event.preventDefault();
  document.getElementById(anchor.hash.slice(1)).focus();
});

addEventListener("hashchange", () => {
  const link = holding(location.hash.slice(1));
  if (link) show(link);
});

const wanted = location.hash && holding(location.hash.slice(1));
const hasProblems = document.querySelector("[data-problems]");
show((!hasProblems && wanted) || links.find((link) => "open" in link.dataset) || links[0]);
