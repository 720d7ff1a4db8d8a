// Forms of the Admin Panel: what is not saved is said and not lost, a form is sent once, fields that do not matter hide.
const guarded = () => [...document.querySelectorAll("form[data-guard]")];
const UNCOUNTED = new Set(["tab", "csrfmiddlewaretoken", "intent"]);
const fingerprint = (form) => JSON.stringify([...new FormData(form)].filter(([name]) => !UNCOUNTED.has(name)).map(([name, value]) => [name, value.name ?? value]));

function guard(form) {
  if ("guarding" in form.dataset) return;
  form.dataset.guarding = "";
  // What came back with errors was never saved.
  const saved = form.querySelector("[aria-invalid=true]") ? null : fingerprint(form);
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
  if (guarded().some((form) => form.hasAttribute("data-changed") && !form.dataset.sending)) event.preventDefault();
});
// Coming back with the browser's back button shows the form as it was left.
addEventListener("pageshow", () => { for (const form of guarded()) delete form.dataset.sending; });

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
document.addEventListener("change", (event) => { if (event.target.form) hideWhatDoesNotMatter(event.target.form); });

function enliven() {
  for (const form of guarded()) guard(form);
  for (const form of document.forms) hideWhatDoesNotMatter(form);
}

// A form that comes back with errors never brings passwords along: what was typed is put back by the page itself.
let typed = new Map();
document.addEventListener("htmx:beforeSwap", (event) => {
  const secrets = [...event.detail.target.querySelectorAll("input[type=password]")].filter((input) => input.value);
  typed = new Map(secrets.map((input) => [input.name, input.value]));
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [name, value] of typed) {
    const input = document.querySelector(`input[type=password][name="${CSS.escape(name)}"]`);
    if (!input) continue;
    input.value = value;
    input.closest(".field").querySelector("[data-retype]")?.remove();
  }
  typed = new Map();
  const hadNew = guarded().some((form) => !("guarding" in form.dataset));
  enliven();
  if (hadNew) document.querySelector("[data-problems]")?.focus();
});

enliven();
document.querySelector("[data-problems]")?.focus();
