// The preview follows what is typed: the editor's values go to the frame by a form of their own, so that the editor's
// own form is not taken for sent.
const editor = document.getElementById("editor");
const button = document.querySelector("[data-preview]");
const carrier = document.createElement("form");
carrier.method = "post";
carrier.action = button.getAttribute("formaction");
carrier.target = button.getAttribute("formtarget");
carrier.hidden = true;
document.body.append(carrier);

function show() {
  carrier.replaceChildren(...[...new FormData(editor)].map(([name, value]) => {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    return input;
  }));
  carrier.submit();
}

let waiting = 0;
const soon = () => { clearTimeout(waiting); waiting = setTimeout(show, 400); };
editor.addEventListener("input", soon);
for (const control of editor.elements) if (!editor.contains(control)) control.addEventListener("input", soon);
button.addEventListener("click", (event) => { event.preventDefault(); show(); });
show();
