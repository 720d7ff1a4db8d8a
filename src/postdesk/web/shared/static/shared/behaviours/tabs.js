// Real tabs out of links to sections: one section is shown, arrows walk, the address remembers (#tab-name).
const panelOf = (link) => document.getElementById(link.hash.slice(1));
const linksOf = (list) => [...list.querySelectorAll("a")];
const lists = () => [...document.querySelectorAll("[data-tabs]")];

function show(link, { focus = false } = {}) {
  const list = link.closest("[data-tabs]");
  for (const other of linksOf(list)) {
    const isOpen = other === link;
    other.setAttribute("aria-selected", String(isOpen));
    other.tabIndex = isOpen ? 0 : -1;
    panelOf(other).toggleAttribute("data-open", isOpen);
  }
  const kept = list.closest("form")?.querySelector("[data-open-tab]");
  if (kept) kept.value = link.hash.slice("#tab-".length);
  if (focus) link.focus();
}

/** The tab that holds the element with this id, or is it. */
function holding(id) {
  const element = document.getElementById(id);
  return lists().flatMap(linksOf).find((link) => link.hash === `#${id}` || panelOf(link).contains(element));
}

function enliven(list) {
  if ("live" in list.dataset) return;
  list.dataset.live = "";
  list.setAttribute("role", "tablist");
  for (const link of linksOf(list)) {
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
    const links = linksOf(list);
    show(links.at((links.indexOf(document.activeElement) + step) % links.length), { focus: true });
  });
  const wanted = location.hash && holding(location.hash.slice(1));
  const hasProblems = document.querySelector("[data-problems]");
  const links = linksOf(list);
  // The browser has jumped to the section; its tab is higher up.
  if (wanted && !hasProblems) scrollTo(0, 0);
  show((!hasProblems && wanted) || links.find((link) => "open" in link.dataset) || links[0]);
}

// A link to a field of another tab (the summary of errors has them) opens that tab first.
document.addEventListener("click", (event) => {
  const anchor = event.target.closest("a[href^='#']");
  if (!anchor || anchor.closest("[data-tabs]")) return;
  const link = holding(anchor.hash.slice(1));
  if (!link) return;
  show(link);
  event.preventDefault();
  document.getElementById(anchor.hash.slice(1)).focus();
});
addEventListener("hashchange", () => {
  const link = holding(location.hash.slice(1));
  if (link) show(link);
});

for (const list of lists()) enliven(list);
document.addEventListener("htmx:afterSwap", () => { for (const list of lists()) enliven(list); });
