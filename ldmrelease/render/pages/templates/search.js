// Searches the index of the site, which is a script beside this one: a page that is a file may read no other.
(function () {
  "use strict";
  const field = document.getElementById("search");
  const hits = document.getElementById("hits");
  const found = document.getElementById("found");
  const most = 30;
  if (!field) { return; }

  function matches(words) {
    const scored = [];
    for (const entry of window.ldmreleaseIndex || []) {
      const text = (entry[0] + " " + entry[1]).toLowerCase();
      let score = 0;
      for (const word of words) {
        const at = text.indexOf(word);
        if (at < 0) { score = -1; break; }
        score += at === 0 ? 3 : /[^a-z0-9]/.test(text[at - 1]) ? 2 : 1;
      }
      if (score > 0) { scored.push([score, entry]); }
    }
    // The index has the newest first, and sorting keeps that among equals.
    return scored.sort(function (a, b) { return b[0] - a[0]; });
  }

  function show() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    hits.replaceChildren();
    if (words.length === 0) { found.textContent = ""; return; }
    const all = matches(words);
    for (const [, entry] of all.slice(0, most)) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = entry[2];
      link.textContent = entry[0];
      item.append(link, " " + entry[1]);
      hits.append(item);
    }
    const more = all.length > most ? ", the first " + most + " are shown" : "";
    found.textContent = all.length === 0 ? "Nothing found." : all.length + " found" + more + ".";
  }

  function move(event) {
    const links = Array.from(hits.querySelectorAll("a"));
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && links.length > 0) {
      links[Math.min(at + 1, links.length - 1)].focus();
      event.preventDefault();
    } else if (event.key === "ArrowUp" && at >= 0) {
      (at === 0 ? field : links[at - 1]).focus();
      event.preventDefault();
    } else if (event.key === "Enter" && document.activeElement === field && links.length > 0) {
      links[0].click();
    } else if (event.key === "Escape") {
      field.value = "";
      show();
      field.focus();
    }
  }

  field.addEventListener("input", show);
  field.parentElement.addEventListener("keydown", move);
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && document.activeElement !== field) { field.focus(); event.preventDefault(); }
  });
  show();
})();
