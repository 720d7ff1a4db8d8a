// The button that changes between light and dark; choosing what the system says forgets the choice.
const root = document.documentElement;
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-switch]")) return;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark.matches;
  const next = isDark ? "light" : "dark";
  const isSystems = (next === "dark") === systemIsDark.matches;
  if (isSystems) delete root.dataset.theme;
  else root.dataset.theme = next;
  try {
    if (isSystems) localStorage.removeItem("theme");
    else localStorage.setItem("theme", next);
  } catch { /* Not kept, but shown. */ }
});
