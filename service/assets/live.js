"use strict";
// Brings a request's page up to date as things happen, checks a form while it is filled in, shows that a button works, and
// copies. Every page works without it.

const followed = document.querySelector("[data-follow]");
if (followed !== null) follow(followed);
const form = document.querySelector("form[data-check]");
if (form !== null) checkWhileTyping(form);
for (const text of document.querySelectorAll("[data-copy]")) offerToCopy(text);
showThatButtonsWork();

function follow({ dataset }) {
  // A stream that breaks is resumed by the browser itself, after the last event that it had (Last-Event-ID).
  const source = new EventSource(dataset.follow);
  let shown = Number(document.getElementById("events")?.dataset.last ?? 0);
  let timer;
  const refreshSoon = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(() => void refresh().then(() => refreshSoon(10_000)), delay);
  };
  for (const kind of dataset.kinds.split(" "))
    source.addEventListener(kind, (event) => {
      const sequence = Number(event.lastEventId);
      if (sequence <= shown) return;
      shown = sequence;
      refreshSoon(200);
    });
  // The place in the queue changes by what happens to other requests.
  refreshSoon(10_000);
  addEventListener("pagehide", () => {
    source.close();
    clearTimeout(timer);
  });

  async function refresh() {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => undefined);
    if (answer === undefined || !answer.ok || answer.redirected) return;
    const newer = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = newer.getElementById(part.id);
      if (other === null || seen(part) === seen(other)) continue;
      if (isWrittenIn(part)) note(part);
      else part.replaceChildren(...other.childNodes);
    }
    if (newer.querySelector("[data-follow]") === null) source.close();
  }
}

/** What somebody sees of a part: the key of a form is another each time. */
function seen(part) {
  const copy = part.cloneNode(true);
  for (const added of copy.querySelectorAll("input[name=key], .added")) added.remove();
  return copy.innerHTML;
}

/** Whoever writes something keeps it. */
function isWrittenIn(part) {
  return [...part.querySelectorAll("input:not([type=hidden]), textarea")].some(
    (input) => input === document.activeElement || input.value !== input.defaultValue,
  );
}

function note(part) {
  if (part.querySelector(".added") !== null) return;
  const text = document.createElement("p");
  text.className = "added";
  text.setAttribute("role", "status");
  text.textContent = "Something has changed since you opened this page. Load it again to see it.";
  part.prepend(text);
}

function checkWhileTyping(form) {
  let timer;
  let latest = 0;
  const touched = new Set();
  form.addEventListener("input", (event) => {
    touched.add(event.target.name);
    clearTimeout(timer);
    timer = setTimeout(check, 300);
  });
  async function check() {
    const number = ++latest;
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.dataset.check, { method: "POST", body }).catch(() => undefined);
    if (answer === undefined || !answer.ok || number !== latest) return;
    const { problems, notes } = await answer.json();
    for (const name of touched) {
      const place = document.getElementById(`${name}-problem`);
      if (place === null) continue;
      place.textContent = (problems[name] ?? []).join(" ");
      const good = document.getElementById(`${name}-note`);
      if (good !== null) good.textContent = notes[name] ?? "";
      const input = document.getElementById(name);
      if (input === null) continue;
      if (problems[name] === undefined) input.removeAttribute("aria-invalid");
      else input.setAttribute("aria-invalid", "true");
    }
  }
}

/** A button that was pressed shows it, and does nothing a second time. */
function showThatButtonsWork() {
  addEventListener("submit", ({ submitter }) => {
    // What it sends is taken before it is disabled.
    setTimeout(() => {
      if (submitter === null) return;
      submitter.setAttribute("aria-busy", "true");
      submitter.disabled = true;
    });
  });
  // Whoever comes back finds the page as it was.
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button[aria-busy]")) {
      button.removeAttribute("aria-busy");
      button.disabled = false;
    }
  });
}

function offerToCopy(text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "secondary outline copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${text.dataset.copy}`);
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(text.textContent).then(() => {
      button.textContent = "Copied";
    });
  });
  text.after(" ", button);
}
