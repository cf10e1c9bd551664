// Puts events on top of the list as they happen. Rows come from the server, escaped there.
const list = document.querySelector("[data-stream]");
if (list) {
  const state = document.getElementById("stream-state");
  const rows = 200;
  const source = new EventSource(list.dataset.stream);
  source.onopen = () => { state.textContent = "New events appear on top as they happen."; };
  source.onerror = () => { state.textContent = "Not connected; trying again."; };
  source.addEventListener("noted", (event) => {
    document.getElementById("no-events")?.remove();
    list.insertAdjacentHTML("afterbegin", event.data);
    while (list.rows.length > rows) list.deleteRow(-1);
  });
}
// Commands can be copied, and name this page's own origin: only the browser knows of TLS.
for (const code of document.querySelectorAll("[data-command]")) {
  code.textContent = code.textContent.replace(/http:\/\/[^ ']+/, location.origin);
  // Browsers lend the clipboard to secure pages only, of which this machine's are some.
  if (!navigator.clipboard) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not copied";
    }
  });
  code.closest("dd").append(button);
}
