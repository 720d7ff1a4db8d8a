// Forms of the Admin Panel: what is not saved is said and not lost, a form is sent once, fields that do not matter hide.
const guarded = [...document.querySelectorAll("form[data-guard]")];
const fingerprint = (form) => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "tab" && name !== "csrfmiddlewaretoken").map(([name, value]) => [name, value.name ?? value]));

for (const form of guarded) {
  // What came back with errors was never saved.
  const saved = form.querySelector("[aria-invalid=true]") || "unsaved" in form.dataset ? null : fingerprint(form);
  const words = form.querySelector("[data-unsaved-words]");
  const look = () => {
    form.toggleAttribute("data-changed", fingerprint(form) !== saved);
    if (words) words.textContent = form.hasAttribute("data-changed") ? words.dataset.unsavedWords : "";
  };
  form.addEventListener("input", look);
  form.addEventListener("change", look);
  look();
  form.addEventListener("submit", (event) => {
    if (form.dataset.sending) event.preventDefault();
    form.dataset.sending = "yes";
  });
}
addEventListener("beforeunload", (event) => {
  if (guarded.some((form) => form.hasAttribute("data-changed") && !form.dataset.sending)) event.preventDefault();
});
// Coming back with the browser's back button shows the form as it was left.
addEventListener("pageshow", () => { for (const form of guarded) delete form.dataset.sending; });

// data-shown-when="name=a|b": shown while the control called `name` has one of the values.
const valueOf = (form, name) => {
  const control = form.elements[name];
  if (!control) return null;
  if (control.type === "checkbox") return control.checked ? "on" : "";
  return control.value;
};
function hideWhatDoesNotMatter(form) {
  for (const field of form.querySelectorAll("[data-shown-when]")) {
    const [name, values] = field.dataset.shownWhen.split("=");
    const value = valueOf(form, name);
    field.hidden = value !== null && !values.split("|").includes(value) && !field.querySelector("[aria-invalid=true]");
  }
}
for (const form of document.forms) {
  if (!form.querySelector("[data-shown-when]")) continue;
  form.addEventListener("change", () => hideWhatDoesNotMatter(form));
  hideWhatDoesNotMatter(form);
}

document.querySelector("[data-problems]")?.focus();
