// Words that were not sent yet stay in this browser, per ticket, until they are.
const form = document.getElementById("composer");
const text = form.querySelector("textarea");
const state = form.querySelector(".draft-state");
const key = `draft:${form.dataset.draft}`;
const sentKey = `sent:${form.dataset.draft}`;
let timer = 0;

function keep() {
  try {
    if (text.value.trim()) {
      const kind = form.querySelector("[name=kind]:checked").value;
      localStorage.setItem(key, JSON.stringify({ text: text.value, kind }));
      state.textContent = "Draft kept";
    } else {
      localStorage.removeItem(key);
      state.textContent = "";
    }
  } catch { /* Storage is full or off: the page itself still has the words. */ }
}

function restore() {
  // The server gave the words back with its reason: they are newer than any draft.
  if ("kept" in form.dataset) return sessionStorage.removeItem(sentKey);
  if (sessionStorage.getItem(sentKey)) {
    sessionStorage.removeItem(sentKey);
    localStorage.removeItem(key);
    return undefined;
  }
  const draft = JSON.parse(localStorage.getItem(key) ?? "null");
  if (!draft || text.value) return undefined;
  text.value = draft.text;
  const radio = form.querySelector(`#kind-${draft.kind === "note" ? "note" : "reply"}`);
  if (radio) radio.checked = true;
  state.textContent = "Draft restored";
  return undefined;
}

try { restore(); } catch { /* No storage, no drafts. */ }
form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, 400); });
form.addEventListener("submit", () => {
  clearTimeout(timer);
  keep();
  try { sessionStorage.setItem(sentKey, "1"); } catch { /* As above. */ }
});
addEventListener("pagehide", () => { if (!form.dataset.sending) keep(); });
