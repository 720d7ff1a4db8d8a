// Canned responses: a click puts the words where one writes, and the files beside them; without scripts the form does.
const menu = document.querySelector("[data-canned-menu]");
const form = document.getElementById("composer");
const text = form.querySelector("textarea");
const files = document.getElementById("canned-files");
const search = menu.querySelector("input[type=search]");

function put(words) {
  const before = text.value.slice(0, text.selectionStart).trimEnd();
  const after = text.value.slice(text.selectionEnd).trimStart();
  const head = before ? `${before}\n\n${words}` : words;
  text.value = after ? `${head}\n\n${after}` : head;
  text.setSelectionRange(head.length, head.length);
  text.dispatchEvent(new Event("input", { bubbles: true }));
  text.focus();
}

function enclose(file) {
  if (files.querySelector(`input[value="${file.id}"]`)) return;
  const label = document.createElement("label");
  const box = document.createElement("input");
  label.className = "copy";
  Object.assign(box, { type: "checkbox", name: "canned_file", value: file.id, checked: true });
  label.append(box, ` ${file.name}`);
  files.append(label);
}

menu.addEventListener("toggle", () => { if (menu.open) search.focus(); });
menu.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-canned]");
  if (!button) return;
  event.preventDefault();
  const answer = await fetch(button.dataset.canned);
  if (!answer.ok) return;
  const found = await answer.json();
  menu.open = false;
  put(found.text);
  found.files.forEach(enclose);
});
// Enter takes the first that is found; arrow down walks into the list (menus.js).
search.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  menu.querySelector("[data-canned]")?.click();
});
