// Keys: single letters and "g q" pairs press what carries data-hotkey; j, k, o walk the page's list.
const PAUSE = 900;
let prefix = "";
let prefixAt = 0;

const isTyping = (element) => element.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
const items = () => [...document.querySelectorAll("[data-key-list] > [data-key-item]")];
const current = (list) => list.findIndex((item) => item.hasAttribute("aria-current"));

export function select(item) {
  for (const other of items()) other.removeAttribute("aria-current");
  item.setAttribute("aria-current", "true");
  const target = item.querySelector(".row-link") ?? item;
  target.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

function walk(step) {
  const list = items();
  if (!list.length) return;
  const here = current(list);
  select(list[here < 0 ? (step > 0 ? 0 : list.length - 1) : Math.max(0, Math.min(list.length - 1, here + step))]);
}

function press(element) {
  if (element.matches("input, textarea")) {
    element.focus();
    element.select?.();
  } else {
    element.click();
    const menu = element.closest("details.menu");
    if (menu?.open) menu.querySelector(".menu-item")?.focus();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  const pair = prefix && event.timeStamp - prefixAt < PAUSE ? `${prefix} ${event.key}` : event.key;
  prefix = "";
  const target = document.querySelector(`[data-hotkey="${CSS.escape(pair).replaceAll("\\ ", " ")}"]`);
  if (target) press(target);
  else if (pair === "j") walk(1);
  else if (pair === "k") walk(-1);
  else if (pair === "?") document.getElementById("keys")?.showModal();
  else if (pair === "o") document.querySelector("[data-key-item][aria-current] .row-link")?.click();
  else if (pair === "g") { prefix = "g"; prefixAt = event.timeStamp; return; }
  else return;
  event.preventDefault();
});
