// Comfort where scripts run. Every page does everything without it.
"use strict";

// Copies a short URL.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      let outcome = "Copied";
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        outcome = "Copy failed";
      }
      button.textContent = outcome;
      document.getElementById("status").textContent = `${outcome}: ${button.dataset.copy}`;
      setTimeout(() => { button.textContent = label; }, 2000);
    });
  }
}

// Says while somebody types whether the code is free.
for (const input of document.querySelectorAll("[data-available]")) {
  const answer = input.form.querySelector("output");
  const PAUSE_MS = 300;
  let asking = new AbortController();
  let waiting;

  const ask = async (code) => {
    asking = new AbortController();
    try {
      const path = `/_admin/links/${encodeURIComponent(code)}/available`;
      const response = await fetch(path, { signal: asking.signal });
      // Without a session, another page answers.
      if (response.ok && !response.redirected) {
        answer.textContent = await response.text();
      }
    } catch {
      // Typed on, or no answer: the form will tell.
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    asking.abort();
    answer.textContent = "";
    const code = input.value.trim();
    // A path with dots alone names something else.
    if (/[^.]/.test(code)) {
      waiting = setTimeout(ask, PAUSE_MS, code);
    }
  });
}

// Asks in the page itself, in place of a page that asks.
for (const link of document.querySelectorAll("[data-dialog]")) {
  link.setAttribute("aria-haspopup", "dialog");
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    event.preventDefault();
    document.getElementById(link.dataset.dialog).showModal();
  });
}
