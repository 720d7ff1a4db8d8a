// Lists with boxes: choose all on the page, say how many are chosen.
for (const form of document.querySelectorAll("form[data-choosing]")) {
  const boxes = [...form.querySelectorAll("input[name=row]")];
  const all = form.querySelector("[data-choose-all]");
  const count = form.querySelector("[data-choice-count]");
  const look = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen > 0 && chosen === boxes.length;
    all.indeterminate = chosen > 0 && chosen < boxes.length;
    form.toggleAttribute("data-chosen", chosen > 0);
    if (chosen) count.textContent = `${chosen} ${count.dataset.choiceCount}${chosen === 1 ? "" : "s"} chosen`;
  };
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; look(); });
  form.addEventListener("change", look);
  addEventListener("pageshow", look);
  look();
}
