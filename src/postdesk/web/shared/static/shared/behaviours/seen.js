// What arrives while the page is open is seen when nothing is being written; otherwise the writer says so.
const seen = document.getElementById("seen");
const text = document.getElementById("text");
const notice = document.getElementById("arrival");
const latest = () => document.getElementById("news").dataset.lastEntry;

document.addEventListener("htmx:afterSettle", () => {
  if (Number(latest()) <= Number(seen.value)) return;
  document.getElementById("announcer").textContent = "Something new in this ticket";
  if (text.value.trim()) notice.hidden = false;
  else seen.value = latest();
});

document.getElementById("arrival-read").addEventListener("click", () => {
  seen.value = latest();
  notice.hidden = true;
  text.focus();
});
