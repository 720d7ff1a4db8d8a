// A list that is replaced keeps its selection; rows that were not there before are marked for a moment and announced.
import { select } from "./hotkeys.js";

const LIST = "queue-list";
let before = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== LIST) return;
  const rows = [...document.querySelectorAll(`#${LIST} [data-key-item]`)];
  before = {
    ids: new Set(rows.map((row) => row.id)),
    selected: rows.find((row) => row.hasAttribute("aria-current"))?.id,
    hadFocus: document.getElementById(LIST).contains(document.activeElement),
    scroll: window.scrollY,
  };
});

document.addEventListener("htmx:afterSettle", () => {
  if (!before) return;
  const { ids, selected, hadFocus, scroll } = before;
  before = null;
  const fresh = [...document.querySelectorAll(`#${LIST} [data-key-item]`)].filter((row) => !ids.has(row.id));
  for (const row of fresh) row.classList.add("is-new");
  const row = selected && document.getElementById(selected);
  if (row && hadFocus) select(row);
  else if (row) row.setAttribute("aria-current", "true");
  window.scrollTo({ top: scroll, behavior: "instant" });
  if (fresh.length) {
    const subject = fresh[0].querySelector(".row-subject")?.textContent ?? "";
    document.getElementById("announcer").textContent = fresh.length === 1 ? `New in the queue: ${subject}` : `${fresh.length} new in the queue`;
  }
});
