// Elements, dialogs, messages.
import { fill, t, language } from "./texts.js";

/** An element: attributes, listeners as `onclick`, properties that are no text, children. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value == null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child != null && child !== false && child !== ""));
  return element;
}

/** Adds what there is of these to an element. */
export const add = (element, ...children) => element.append(...children.flat(9).filter(Boolean));

export const button = (text, onclick, kind = "", more = {}) =>
  h("button", { type: "button", class: kind, onclick, ...more }, text);

export const pill = (text, kind = "") => h("span", { class: `pill ${kind}` }, text);

/** Told at once to who cannot see it, where something went wrong. */
export const note = (kind, ...children) =>
  h("div", { class: `note ${kind}`, role: kind === "bad" || kind === "wait" ? "alert" : null }, children);

/** A cell of a table; on a phone its heading stands beside it. */
export const cell = (label, kind, ...children) =>
  h("td", { "data-label": label, class: children.length ? kind : "off" }, h("div", null, children));

/** Lines below the first one of a cell. */
export const below = (...text) => h("div", { class: "soft small" }, text);

/** What is wrong in the configuration and has no field to stand beside. */
export const problemList = (problems) => h("ul", null, problems.map((one) =>
  h("li", null, h("strong", null, `[${one.section}] ${one.option ?? ""}: `), t.problem(one))));

let gone;
/** Tells what was done, to eyes and ears; longer where it went wrong. */
export function say(text, isBad) {
  const said = document.getElementById("said");
  said.textContent = text;
  said.className = isBad ? "bad" : "";
  clearTimeout(gone);
  gone = setTimeout(() => (said.textContent = ""), isBad ? 15000 : 6000);
}

/** An error in words; Asterisk's and Salesforce's own words stay as they are. */
export function inWords(problem) {
  if (!problem.word) throw problem;
  const known = t.problems[problem.word] && fill(t.problems[problem.word], problem);
  return [known ?? t.problems.internal, problem.word === "journal" || !known ? problem.message : ""].filter(Boolean).join(" ");
}

/** Runs what a button asks for; what goes wrong is told. */
export async function attempt(what) {
  try {
    return await what();
  } catch (problem) {
    if (problem.word !== "login") say(inWords(problem), true);
  }
}

/** A dialog; gives a function that closes it. */
export function dialog(title, content, onclose = () => {}) {
  const box = h("dialog", { "aria-labelledby": "dialog-title" },
    h("div", null, h("h2", { id: "dialog-title" }, title), content));
  box.addEventListener("close", () => {
    box.remove();
    onclose();
  });
  document.body.append(box);
  box.showModal();
  return () => box.close();
}

/** Asks yes or no. */
export function confirm(title, text, yes, kind = "main") {
  return new Promise((resolve) => {
    let answer = false;
    const close = dialog(title, [
      h("p", null, text),
      h("div", { class: "buttons" },
        button(yes, () => { answer = true; close(); }, kind),
        button(t.cancel, () => close(), "", { autofocus: true })),
    ], () => resolve(answer));
  });
}

/** Puts new content into the page without losing the place of who reads it. */
export function refill(element, ...content) {
  const focus = document.activeElement?.getAttribute?.("data-key");
  const inside = element.contains(document.activeElement);
  element.replaceChildren(...content.flat(9).filter(Boolean));
  if (inside && focus) element.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
}

// What stands there is not exchanged under a finger.
let isPressed = false;
addEventListener("pointerdown", () => (isPressed = true), { capture: true });
for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => (isPressed = false), { capture: true });

/**
 * Calls `again` every few seconds until the element is gone. While that is in vain, it is told that
 * what stands there is of an earlier moment.
 */
export function every(seconds, element, again) {
  let stale;
  let since = Date.now();
  const timer = setInterval(async () => {
    if (!element.isConnected) return clearInterval(timer);
    if (document.hidden || isPressed) return;
    try {
      await again();
      since = Date.now();
      stale?.remove();
      stale = null;
    } catch (problem) {
      if (stale || problem.word === "login") return;
      stale = note("wait", h("strong", null, inWords(problem)), h("p", null, t.stale, " ", moment(since * 1000)));
      element.closest("main")?.prepend(stale);
    }
  }, seconds * 1000);
}

/** A moment in microseconds, as one writes it here. */
export function moment(micros) {
  const then = new Date(micros / 1000);
  const isToday = then.toDateString() === new Date().toDateString();
  const form = (style) => new Intl.DateTimeFormat(language(), style).format(then);
  const [day, time] = [{ dateStyle: "medium" }, { timeStyle: "short" }].map(form);
  return h("time", { datetime: then.toISOString(), title: form({ dateStyle: "full", timeStyle: "medium" }) },
    `${isToday ? t.today : day}, `, h("span", { class: "whole" }, time));
}

export function duration(seconds) {
  if (seconds == null) return "";
  const two = (n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return (hours ? `${hours}:${two(minutes)}` : minutes) + ":" + two(seconds % 60);
}

export const number = (n) => new Intl.NumberFormat(language()).format(n);

/** A language by its own name. */
export function ownName(tag) {
  try {
    const name = new Intl.DisplayNames([tag], { type: "language" }).of(tag);
    return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
  } catch {
    return tag;
  }
}

export function countryName(code) {
  return new Intl.DisplayNames([language()], { type: "region" }).of(code);
}
