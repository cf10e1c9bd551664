"use strict";
document.documentElement.classList.add("scripted");
addEventListener("DOMContentLoaded", () => {
  const all = (selector, of = document) => [...of.querySelectorAll(selector)];
  const grouped = (number) => number.toLocaleString("en-US");
  const findings = all("article.finding, .brief li");
  const severityOf = (of) => Number(of.closest("[data-severity]").dataset.severity);
  const controls = document.getElementById("controls");
  const value = (id) => document.getElementById(id);
  if (controls) {
    const shown = value("shown");
    const texts = new Map(findings.map((of) => [of, of.textContent.toLowerCase()]));
    const apply = () => {
      const words = value("search").value.toLowerCase().split(/\s+/).filter(Boolean);
      const least = Number(value("least").value);
      const onlyNew = value("new").checked;
      const counts = new Map();
      let count = 0;
      for (const of of findings) {
        const severity = severityOf(of);
        const fits = severity >= least && (!onlyNew || "new" in of.dataset)
          && words.every((word) => texts.get(of).includes(word));
        of.classList.toggle("gone", !fits);
        if (fits) {
          count += 1;
          counts.set(severity, (counts.get(severity) || 0) + 1);
        }
      }
      for (const of of all(".counts li")) {
        of.querySelector(".number").textContent = grouped(counts.get(Number(of.dataset.severity)) || 0);
      }
      const total = Number(shown.dataset.all);
      const noun = total === 1 ? "finding" : "findings";
      const every = grouped(total);
      shown.textContent = count === total ? `${every} ${noun}` : `${grouped(count)} of ${every} ${noun}`;
      for (const of of all(".more")) {
        of.classList.toggle("gone", !of.querySelector("li:not(.gone)"));
        if (words.length > 0 && !of.classList.contains("gone")) of.open = true;
      }
    };
    const place = findings.filter((of) => of.tagName === "ARTICLE");
    const blocks = place.map((of) => {
      const next = of.nextElementSibling;
      return next && next.classList.contains("more") ? [of, next] : [of];
    });
    const order = () => {
      const title = (block) => block[0].querySelector("h3").textContent;
      const sorted = value("order").value === "name"
        ? [...blocks].sort((a, b) => title(a).localeCompare(title(b))) : blocks;
      for (const block of sorted) document.getElementById("findings").append(...block);
    };
    controls.addEventListener("submit", (event) => event.preventDefault());
    controls.addEventListener("input", apply);
    controls.addEventListener("change", apply);
    value("order").addEventListener("change", order);
    controls.hidden = false;
  }
  for (const table of all("table.sortable")) {
    const body = table.tBodies[0];
    all("thead th", table).forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        all("thead th", table).forEach((of) => of.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const text = (row) => row.cells[at].textContent;
        const rows = [...body.rows].sort((a, b) =>
          text(a).localeCompare(text(b), "en", { numeric: true }) * (down ? -1 : 1));
        body.append(...rows);
      });
    });
  }
  addEventListener("beforeprint", () => all("details").forEach((of) => { of.open = true; }));
});
