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
