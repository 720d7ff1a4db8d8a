// Keeps "3 h ago" true while a page stays open, and shows absolute times in the reader's own zone.
const units = [[60, "min", 60], [3600, "h", 3600], [86400, "d", 86400], [60 * 86400, "mo", 30 * 86400], [730 * 86400, "y", 365 * 86400]];

function span(seconds) {
  let words = "now";
  for (const [from, unit, size] of units) if (seconds >= from) words = `${Math.floor(seconds / size)} ${unit}`;
  return words;
}

function ago(seconds) {
  if (seconds < 0) return span(-seconds) === "now" ? "in a moment" : `in ${span(-seconds)}`;
  return span(seconds) === "now" ? "just now" : `${span(seconds)} ago`;
}

export function refresh(within = document) {
  const now = Date.now();
  for (const time of within.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    const seconds = (now - at) / 1000;
    const words = "due" in time.dataset ? (seconds < 0 ? ago(seconds) : "now") : "ago" in time.dataset ? ago(seconds) : "for" in time.dataset ? span(seconds) : null;
    if (words !== null && time.textContent !== words) time.textContent = words;
    if (time.dataset.heat) time.dataset.heat = [3600, 4 * 3600, 86400].filter((bound) => seconds >= bound).length;
    if (!time.dataset.local) {
      time.dataset.local = "";
      time.title = at.toLocaleString(undefined, { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
      // An appointment is read, not counted down to.
      if ("moment" in time.dataset) time.textContent = time.title;
    }
  }
}

refresh();
setInterval(() => { if (!document.hidden) refresh(); }, 20000);
document.addEventListener("htmx:afterSettle", () => refresh());
