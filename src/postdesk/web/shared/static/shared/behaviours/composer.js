// The composer: r and n choose reply or note and go to the text; Ctrl/Cmd-Enter sends; a form is sent once.
const form = document.getElementById("composer");
const text = form.querySelector("textarea");
const replyPlaceholder = text.placeholder;

function choose(kind) {
  const radio = form.querySelector(`#kind-${kind}`);
  if (!radio) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  text.focus();
  form.scrollIntoView({ block: "nearest" });
}

form.addEventListener("change", (event) => {
  if (event.target.name === "kind") text.placeholder = text.dataset[`${event.target.value}Placeholder`] ?? replyPlaceholder;
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && form.contains(event.target)) {
    event.preventDefault();
    const kind = form.querySelector("[name=kind]:checked").value;
    form.requestSubmit(form.querySelector(`[data-send=${kind}]`));
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  if (event.key === "r" || event.key === "n") {
    event.preventDefault();
    choose(event.key === "r" ? "reply" : "note");
  }
});

form.addEventListener("submit", (event) => {
  if (form.dataset.sending) event.preventDefault();
  form.dataset.sending = "yes";
});
// Coming back with the browser's back button shows the form as it was left.
addEventListener("pageshow", () => delete form.dataset.sending);

// Enter in a line of the form must not take the first button, whatever is chosen.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input:not([type=file])") && !event.ctrlKey && !event.metaKey) event.preventDefault();
});
