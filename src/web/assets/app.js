// The page: logging in, tabs, and what the address says is shown.
import * as api from "./api.js";
import { language, t, useLanguage } from "./texts.js";
import { button, h, inWords, note, ownName, pill } from "./ui.js";
import { showCalls } from "./calls.js";
import { showSettings } from "./settings.js";
import { showUsers } from "./users.js";
import { showUser } from "./user_form.js";

const app = document.getElementById("app");
let session = { rights: "none" };
/** Is there something that is not saved? */
let isUnsaved = () => false;
const stays = () => isUnsaved() && !window.confirm(t.unsaved);
let shown = "";

const TABS = { users: showUsers, calls: showCalls, settings: showSettings };

function brand() {
  return h("div", { class: "brand" }, h("img", { src: "icon.svg", alt: "" }), h("span", null, t.title));
}

function languages() {
  const other = language() === "de" ? "en" : "de";
  return button(ownName(other), async () => {
    if (stays()) return;
    await useLanguage(other);
    render();
  }, "plain slim", { lang: other, "data-key": "language" });
}

/** Logs in; gives what to tell if that was in vain. */
async function enter(user, secret) {
  session = await api.login(user, secret);
  // Has the browser kept the session's cookie?
  session = await api.session();
  return session.rights === "none" ? t.noCookie : "";
}

function showLogin(message = "") {
  document.title = `${t.login} · ${t.title}`;
  const user = h("input", { id: "user", name: "username", autocomplete: "username", required: true, autocapitalize: "none", spellcheck: "false" });
  const secret = h("input", { id: "secret", name: "secret", type: "password", autocomplete: "current-password", required: true });
  const problem = h("p", { class: "error", role: "alert", id: "login-problem" }, message);
  const send = h("button", { class: "main", type: "submit" }, t.login);
  const submit = async (event) => {
    event.preventDefault();
    send.disabled = true;
    problem.textContent = "";
    try {
      problem.textContent = await enter(user.value, secret.value);
      if (session.rights !== "none") return render();
      secret.value = "";
      secret.focus();
    } catch (failed) {
      problem.textContent = inWords(failed);
      secret.value = "";
      secret.focus();
    } finally {
      send.disabled = false;
    }
  };
  app.replaceChildren(h("main", { class: "login" },
    h("div", { class: "card" },
      brand(),
      h("h1", { class: "hidden" }, t.login),
      h("p", { class: "soft" }, t.loginHelp),
      h("form", { onsubmit: submit, "aria-describedby": "login-problem" },
        h("div", { class: "field" }, h("label", { for: "user" }, t.loginUser), user),
        h("div", { class: "field" }, h("label", { for: "secret" }, t.loginSecret), secret),
        problem, send),
      h("div", { class: "languages" }, languages()))));
  user.focus();
}

async function leave() {
  if (stays()) return;
  isUnsaved = () => false;
  await api.logout();
  session = { rights: "none" };
  showLogin();
}

const state = h("span");
function showStarted(started) {
  session.started = started;
  state.replaceChildren(pill(started ? t.started : t.stopped, started ? "good" : "bad"));
}

/** What the address says is to be shown: a tab, and what of it; somebody may have typed it. */
function route() {
  const [tab, ...encoded] = location.hash.replace(/^#?\/?/, "").replace(/\/$/, "").split("/");
  let parts;
  try {
    parts = encoded.map(decodeURIComponent);
  } catch {
    return { tab: "nowhere", parts: [] };
  }
  const most = { "": 0, users: 0, calls: 2, settings: 0, new: 0, user: 1 };
  const isKnown = Object.hasOwn(most, tab) && parts.length <= most[tab] && (tab !== "user" || parts[0]);
  return { tab: isKnown ? tab || "users" : "nowhere", parts };
}

const toList = () => h("a", { class: "button", href: "#/users" }, t.back);

async function showNowhere({ main }) {
  main.append(h("div", { class: "head" }, h("h1", null, t.nowhere)),
    h("div", { class: "card" }, h("p", null, t.nowhereText), h("div", { class: "buttons" }, toList())));
}

function render() {
  isUnsaved = () => false;
  if (session.rights === "none") return showLogin();
  const { tab, parts } = route();
  shown = location.hash;
  const isTab = Object.hasOwn(TABS, tab);
  const current = isTab ? tab : tab === "nowhere" ? "" : "users";
  const main = h("main", { id: "main", tabindex: "-1" });
  showStarted(session.started);
  app.replaceChildren(
    h("a", { class: "skip", href: "#main", onclick: (e) => { e.preventDefault(); main.focus(); } }, t.skip),
    h("header", { class: "top" }, h("div", { class: "bar" },
      brand(), state,
      h("div", { class: "side" },
        session.rights === "look" && pill(t.readOnly),
        languages(), button(t.logout, leave, "plain slim")),
      h("nav", { class: "tabs", "aria-label": t.title }, Object.keys(TABS).map((key) =>
        h("a", { href: `#/${key}`, "aria-current": key === current ? "page" : null }, t.tabs[key]))))),
    main);
  const context = { main, parts, canChange: session.rights === "change", showStarted, unsavedWhile: (ask) => (isUnsaved = ask) };
  const show = isTab ? TABS[tab] : tab === "nowhere" ? showNowhere : (context) => showUser(context, tab === "user" ? parts[0] : null);
  document.title = `${tab === "user" ? parts[0] : tab === "new" ? t.newUser : tab === "nowhere" ? t.nowhere : t.tabs[current]} · ${t.title}`;
  const waiting = h("p", { class: "soft waiting" }, t.loading);
  main.append(waiting);
  show(context).catch((problem) => {
    if (problem.word === "login") return;
    if (!problem.word) console.error(problem);
    main.append(note("bad", h("p", null, problem.word ? inWords(problem) : t.problems.internal),
      h("div", { class: "buttons" }, button(t.tryAgain, render), toList())));
  }).finally(() => waiting.remove());
}

addEventListener("hashchange", () => {
  if (location.hash === shown) return;
  if (stays()) {
    location.hash = shown;
    return;
  }
  render();
  document.getElementById("main")?.focus();
});
addEventListener("beforeunload", (event) => isUnsaved() && event.preventDefault());

api.on.loggedOut = () => {
  if (session.rights === "none") return;
  session = { rights: "none" };
  // What is on the page stays in sight: somebody may have been writing.
  const box = h("dialog", { "aria-label": t.sessionEnded }, h("div", null,
    h("p", null, t.sessionEnded),
    h("form", { onsubmit: async (event) => {
      event.preventDefault();
      const [user, secret] = event.target.querySelectorAll("input");
      const problem = event.target.querySelector(".error");
      try {
        problem.textContent = await enter(user.value, secret.value);
        if (session.rights !== "none") box.close();
      } catch (failed) {
        problem.textContent = inWords(failed);
      }
    } },
      h("div", { class: "field" }, h("label", { for: "again-user" }, t.loginUser), h("input", { id: "again-user", autocomplete: "username", required: true })),
      h("div", { class: "field" }, h("label", { for: "again-secret" }, t.loginSecret), h("input", { id: "again-secret", type: "password", autocomplete: "current-password", required: true })),
      h("p", { class: "error", role: "alert" }),
      h("div", { class: "buttons" }, h("button", { class: "main", type: "submit" }, t.login),
        button(t.logout, () => { box.close(); showLogin(); })))));
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
};

await useLanguage();
try {
  session = await api.session();
  render();
} catch (problem) {
  showLogin(inWords(problem));
}
