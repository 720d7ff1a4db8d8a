// A form whose lines are added and taken away by htmx: new lines hide what does not matter, and get the focus.
const form = document.querySelector(".filter-form");
let pressed = "";
document.addEventListener("htmx:beforeRequest", (event) => { pressed = event.target.value ?? ""; });
document.addEventListener("htmx:afterSettle", () => {
  form.dispatchEvent(new Event("change", { bubbles: true }));
  const lines = [...form.querySelectorAll(pressed.includes("rule") ? ".part.rule" : ".part.action")];
  const [, , place] = pressed.split("-");
  const line = pressed.startsWith("add") ? lines.at(-1) : lines[Math.min(Number(place), lines.length - 1)];
  line?.querySelector("select")?.focus();
});
