// A button with data-fills (JSON: name of a control -> value) fills a form's controls; the person still saves.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fills]");
  if (!button) return;
  const form = button.closest("form");
  for (const [name, value] of Object.entries(JSON.parse(button.dataset.fills))) {
    const control = form.elements[name];
    if (!control) continue;
    if (control.type === "checkbox") control.checked = value;
    else control.value = value;
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
  for (const other of button.closest("fieldset").querySelectorAll("[data-fills]")) other.setAttribute("aria-pressed", String(other === button));
});
