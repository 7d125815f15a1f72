"use strict";
// Follows a request as it happens, and checks a form while it is filled in. Every page works without it.

const events = document.getElementById("events");
if (events?.dataset.follow !== undefined) follow(events);
const form = document.querySelector("form[data-check]");
if (form !== null) checkWhileTyping(form);

function follow(list) {
  const last = list.lastElementChild?.dataset.id;
  // A stream that breaks is resumed by the browser itself, after the last event that it had.
  const source = new EventSource(list.dataset.follow);
  let shown = Number(last ?? 0);
  const show = (event) => {
    const sequence = Number(event.lastEventId);
    if (sequence <= shown) return;
    shown = sequence;
    const { at, by, kind, words } = JSON.parse(event.data);
    if (words === undefined) return;
    const item = document.createElement("li");
    item.dataset.id = event.lastEventId;
    const time = document.createElement("time");
    time.dateTime = at;
    time.textContent = `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
    item.append(time, ` ${words}${by?.name === undefined ? "" : ` (${by.name})`}`);
    list.append(item);
    // What can be done, and the result, are the server's to show.
    if (kind !== "progress") reloadSoon();
  };
  for (const kind of list.dataset.kinds.split(" ")) source.addEventListener(kind, show);
  let timer;
  const reloadSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // Whoever writes a comment keeps it.
      if (document.activeElement?.tagName !== "INPUT") location.reload();
    }, 500);
  };
  addEventListener("pagehide", () => {
    source.close();
  });
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
    const { problems } = await answer.json();
    for (const name of touched) {
      const place = document.getElementById(`${name}-problem`);
      if (place === null) continue;
      place.textContent = (problems[name] ?? []).join(" ");
      const input = document.getElementById(name);
      if (input !== null) input.setAttribute("aria-invalid", String(problems[name] !== undefined));
    }
  }
}
