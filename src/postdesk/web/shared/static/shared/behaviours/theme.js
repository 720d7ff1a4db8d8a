// Runs before the first paint: the chosen theme, and the mark that scripts run.
(() => {
  const root = document.documentElement;
  root.dataset.script = "";
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  } catch { /* Storage is switched off: the system's theme it is. */ }
})();
