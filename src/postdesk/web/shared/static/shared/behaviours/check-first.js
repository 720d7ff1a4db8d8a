// A form that is tried before it is saved: the stages run in a dialog; when all went well the form is sent by itself.
const dialog = document.getElementById("check");
const body = document.getElementById("check-body");
const form = () => document.getElementById(dialog.dataset.form);

function save() {
  dialog.close();
  const target = form();
  target.requestSubmit(target.querySelector("[data-unchecked]"));
}

document.addEventListener("htmx:afterSettle", () => {
  if (!body.firstElementChild) return;
  if (body.dataset.shown !== "yes") {
    body.dataset.shown = "yes";
    dialog.showModal();
  }
  // Something is asked before it is saved (what becomes of mail that is there already).
  if (body.querySelector("[data-asks]")) {
    body.querySelector(".sheet-acts [data-save-anyway]")?.remove();
    body.querySelector(".sheet-acts .primary")?.classList.remove("primary");
    body.querySelector("[name=old-mail]:checked")?.focus();
    dialog.scrollTop = 0;
    return;
  }
  if (dialog.open && body.querySelector("[data-all-well]") && body.querySelector("[data-intent=save]")) save();
});
function answered() {
  const choice = body.querySelector("[name=old-mail]:checked")?.value ?? "all";
  const since = choice === "since" ? body.querySelector("[name=old-mail-since]").value : "";
  const elements = form().elements;
  for (const [name, value] of [["mailbox-first_fetch", choice], ["mailbox-first_fetch_since", since]]) {
    elements[name].value = value;
    elements[name].dispatchEvent(new Event("change", { bubbles: true }));
  }
}

dialog.addEventListener("change", (event) => {
  if (event.target.name === "old-mail-since") body.querySelector("[name=old-mail][value=since]").checked = true;
});
dialog.addEventListener("click", (event) => {
  const answer = event.target.closest("[data-answer]")?.dataset.answer;
  if (!answer) return;
  answered();
  if (answer === "save") return save();
  dialog.close();
  form().querySelector(".button.primary").click();
  return undefined;
});
dialog.addEventListener("click", (event) => { if (event.target.closest("[data-save-anyway]")) save(); });
dialog.addEventListener("close", () => {
  // Whatever still runs is of no interest any more.
  body.replaceChildren();
  delete body.dataset.shown;
});
