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
  if (dialog.open && body.querySelector("[data-all-well]") && body.querySelector("[data-intent=save]")) save();
});
dialog.addEventListener("click", (event) => { if (event.target.closest("[data-save-anyway]")) save(); });
dialog.addEventListener("close", () => {
  // Whatever still runs is of no interest any more.
  body.replaceChildren();
  delete body.dataset.shown;
});
