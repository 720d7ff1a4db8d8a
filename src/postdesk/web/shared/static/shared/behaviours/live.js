// The heartbeat of live parts: while the tab is visible, [data-live] elements ask (htmx) about once a second
// whether they changed. They answer 204 when not. A server that is away is asked more and more rarely.
const BEAT = 1000;
const LONGEST = 15000;
let pause = BEAT;
let timer = 0;

function beat() {
  clearTimeout(timer);
  if (!document.hidden) for (const part of document.querySelectorAll("[data-live]")) window.htmx.trigger(part, "tick");
  timer = setTimeout(beat, pause);
}

document.addEventListener("htmx:afterRequest", (event) => {
  pause = event.detail.successful ? BEAT : Math.min(LONGEST, pause * 2);
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
timer = setTimeout(beat, BEAT);
