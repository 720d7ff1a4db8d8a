// Variables of message templates: typing %{ offers them (arrows, Enter or Tab, Escape); a click in the list puts one in.
const known = [...document.querySelectorAll("[data-variable]")].map((button) => ({
  written: button.dataset.variable,
  sentence: button.closest("div").querySelector("dd").textContent,
}));
const fields = [...document.querySelectorAll("[data-variables]")];
let last = fields[1] ?? fields[0];
let open = null;

function put(field, from, written) {
  field.focus();
  field.setRangeText(written, from, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function close() {
  if (!open) return;
  open.list.remove();
  open.field.removeAttribute("aria-activedescendant");
  open.field.removeAttribute("aria-controls");
  open = null;
}

function mark(at) {
  const items = [...open.list.children];
  open.at = (at + items.length) % items.length;
  items.forEach((item, number) => item.setAttribute("aria-selected", String(number === open.at)));
  items[open.at].scrollIntoView({ block: "nearest" });
  open.field.setAttribute("aria-activedescendant", items[open.at].id);
}

function take() {
  const { field, from, found, at } = open;
  close();
  put(field, from, found[at].written);
  close();
}

function offer(field) {
  close();
  const before = field.value.slice(0, field.selectionStart);
  const begun = /%\{?([a-z._]*)$/i.exec(before);
  if (!begun || !begun[0].startsWith("%{")) return;
  const found = known.filter((one) => one.written.startsWith(begun[0].toLowerCase())).slice(0, 40);
  if (!found.length || (found.length === 1 && found[0].written === begun[0])) return;
  const list = document.createElement("ul");
  list.className = "completions";
  list.id = `${field.id}-completions`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Variables");
  found.forEach((one, number) => {
    const item = document.createElement("li");
    item.id = `${list.id}-${number}`;
    item.setAttribute("role", "option");
    const code = document.createElement("code");
    code.textContent = one.written;
    const words = document.createElement("small");
    words.textContent = one.sentence;
    item.append(code, words);
    item.addEventListener("mousedown", (event) => { event.preventDefault(); open.at = number; take(); });
    list.append(item);
  });
  field.after(list);
  // Below the line that is typed on, inside the field's box where it is a tall one.
  const line = parseFloat(getComputedStyle(field).lineHeight) || 20;
  const caret = field.tagName === "TEXTAREA" ? 12 + line * before.split("\n").length - field.scrollTop : field.offsetHeight;
  list.style.insetBlockStart = `${field.offsetTop + Math.min(caret, field.offsetHeight) + 4}px`;
  field.setAttribute("aria-controls", list.id);
  open = { field, list, found, from: field.selectionStart - begun[0].length, at: 0 };
  mark(0);
  // A textarea has no state for "there is a list now", so it is said.
  document.getElementById("announcer").textContent = `${found.length} variables. Arrows choose, Enter takes one.`;
}

for (const field of fields) {
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-haspopup", "listbox");
  field.addEventListener("focus", () => { last = field; });
  field.addEventListener("blur", close);
  field.addEventListener("input", () => offer(field));
  field.addEventListener("keydown", (event) => {
    if (!open || open.field !== field) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); mark(open.at + (event.key === "ArrowDown" ? 1 : -1)); }
    else if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); take(); }
    else if (event.key === "Escape") { event.preventDefault(); close(); }
  });
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-variable]");
  if (button && last) put(last, last.selectionStart, button.dataset.variable);
});
