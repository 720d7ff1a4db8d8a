// Menus (<details class="menu">) close on Escape, on a click elsewhere, and when another opens; buttons open dialogs.
const open = () => document.querySelectorAll("details.menu[open]");

// A long navigation shows where one is.
document.querySelector(".panel-nav [aria-current]")?.scrollIntoView({ block: "nearest" });

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    return;
  }
  const menu = event.target.closest?.("details.menu[open]");
  if (!menu || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  const items = [...menu.querySelectorAll(".menu-item")];
  const here = items.indexOf(document.activeElement);
  items.at((here + (event.key === "ArrowDown" ? 1 : here < 0 ? 0 : -1)) % items.length)?.focus();
  event.preventDefault();
});
