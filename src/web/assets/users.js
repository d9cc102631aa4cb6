// The list of users.
import { get, post } from "./api.js";
import { fill, t } from "./texts.js";
import { attempt, below, button, cell, confirm, dialog, every, h, inWords, note, number, ownName, pill, problemList, refill, say } from "./ui.js";

const KINDS = { ok: "good", waiting: "wait", starting: "wait", refused: "bad", stopped: "", parked: "", "not logged in": "" };

export async function showUsers({ main, canChange, showStarted }) {
  const content = h("div", { class: "card flat" });
  const problems = h("div");
  main.append(
    h("div", { class: "head" }, h("h1", null, t.tabs.users),
      canChange && h("a", { class: "button main", href: "#/new" }, t.newUser)),
    problems, content);
  const load = async () => {
    const found = await get("users");
    showStarted(found.started);
    // A broken section is not in force; it is listed all the same, for it can be mended here.
    const known = new Set(found.users.map((user) => user.name));
    const sections = [...new Set(found.problems.map((problem) => problem.section))];
    const broken = sections.filter((name) => name !== "general" && !known.has(name));
    refill(problems, found.problems.length ? showProblems(found.problems) : null);
    refill(content, found.users.length + broken.length ? table(found, broken, canChange, load) : empty(canChange));
  };
  await load();
  every(5, content, load);
}

function showProblems(problems) {
  return note("bad", h("strong", null, t.fileProblems), problemList(problems.slice(0, 10)));
}

function empty(canChange) {
  return h("div", { class: "empty" }, h("h2", null, t.noUsers), h("p", null, t.noUsersText),
    canChange && h("ol", null, t.firstSteps.map((one) => h("li", null, one))),
    canChange && h("a", { class: "button main", href: "#/new" }, t.firstUser));
}

function table(found, broken, canChange, load) {
  const heads = [t.user, t.extensions, t.state, t.cases, t.pending, t.failed];
  return h("table", { class: "list users" },
    h("caption", { class: "hidden" }, t.tabs.users),
    h("thead", null, h("tr", null, heads.map((head, at) => h("th", { scope: "col", class: at > 2 ? "right" : null }, head)),
      h("th", { scope: "col" }, h("span", { class: "hidden" }, t.whatToDo)))),
    h("tbody", null, found.users.map((user) => rows(user, canChange, found.fingerprint, load)),
      broken.map((name) => h("tr", null,
        cell(null, "title", h("a", { href: link(name) }, name)), cell(), cell(t.state, null, pill(t.states.broken, "bad")), cell(), cell(), cell(),
        cell(null, "acts", h("a", { class: "button slim", href: link(name) }, canChange ? t.edit : t.show))))));
}

const link = (name) => `#/user/${encodeURIComponent(name)}`;

function rows(user, canChange, fingerprint, load) {
  const isParked = user.state === "parked";
  // Of the other states there is nothing more to say than their name.
  const words = ["waiting", "refused"].includes(user.state) && user.status;
  const acts = h("div", { class: "buttons" },
    h("a", { class: "button slim", href: link(user.name), "data-key": `edit ${user.name}`, "aria-label": `${canChange ? t.edit : t.show}: ${user.name}` }, canChange ? t.edit : t.show),
    canChange && button(t.testShort, () => testUser(user.name), "slim", { "data-key": `test ${user.name}`, "aria-label": `${t.test}: ${user.name}`, disabled: isParked }),
    canChange && button(isParked ? t.activate : t.park, () => attempt(async () => {
      await setParked(user.name, !isParked, fingerprint);
      await load();
    }), "slim", { "data-key": `park ${user.name}`, "aria-label": `${isParked ? t.activate : t.park}: ${user.name}` }));
  const more = [words && h("p", { class: "small" }, words),
    user.last_error && user.last_error !== words && h("p", { class: "error" }, `${t.lastError}: ${user.last_error}`)].filter(Boolean);
  const count = (label, n, shown) => cell(label, `right number${n ? "" : " zero"}`, shown ?? number(n));
  const row = h("tr", { class: more.length ? "with-more" : null },
    cell(null, "title", h("a", { href: link(user.name) }, user.name), below(user.username), below(user.domain)),
    cell(t.extensions, "number", user.extensions.join(", "), below(user.actions.map((action) => t.actionNames[action]).join(", ") || t.noActions), below(ownName(user.language))),
    cell(t.state, null, pill(t.states[user.state] ?? user.state, KINDS[user.state])),
    count(t.cases, user.cases), count(t.pending, user.pending),
    count(t.failed, user.failed, user.failed ? h("a", { href: `#/calls/${encodeURIComponent(user.name)}/failed`, "aria-label": fill(t.failedOf, { count: user.failed, user: user.name }) }, number(user.failed)) : null),
    cell(null, "acts", acts));
  return more.length ? [row, h("tr", { class: "more" }, h("td", { colspan: "7" }, more))] : [row];
}

/** Parks a user, or takes it out again. */
export async function setParked(name, isParked, fingerprint) {
  await post("save", { name, fingerprint, set: { enabled: isParked ? "no" : "yes" } });
  say(fill(isParked ? t.isParked : t.isActive, { user: name }));
}

/** Removes a user after asking; `true`: it is gone. */
export async function removeUser(name, fingerprint) {
  if (!(await confirm(fill(t.removeTitle, { user: name }), t.removeText, t.remove, "bad"))) return false;
  await post("remove", { name, fingerprint });
  say(fill(t.isRemoved, { user: name }));
  return true;
}

/** Tests a user, each step shown as soon as it is over. */
export async function testUser(name) {
  const steps = h("ol", { class: "steps", "aria-live": "polite" });
  const verdict = h("div", { role: "status" });
  const close = h("button", { type: "button", onclick: () => shut() }, t.close);
  let isOpen = true;
  const shut = dialog(fill(t.testTitle, { user: name }),
    [h("p", { class: "soft" }, t.testHelp), steps, verdict, h("div", { class: "buttons" }, close)], () => (isOpen = false));
  const step = (kind, mark, word, what, said) => h("li", { class: kind },
    h("span", { class: "mark", "aria-hidden": "true" }, mark),
    h("div", null, h("strong", null, h("span", { class: "hidden" }, word + ": "), what), said && h("p", { class: "small" }, said)));
  const busy = step("busy", "…", t.running, t.running);
  steps.append(busy);
  try {
    const { id } = await post("test/start", { name });
    for (let shown = 0, asked = 0; isOpen && asked < 400; asked++) {
      const progress = await get("test", { id });
      for (; shown < progress.steps.length; shown++) {
        const { what, ok, said } = progress.steps[shown];
        busy.before(ok ? step("good", "✓", t.stepGood, t.step(what), t.step(said)) : step("bad", "!", t.stepBad, t.step(what), said));
      }
      if (progress.is_over) {
        busy.remove();
        const failed = progress.steps.filter((one) => !one.ok).length;
        const isGood = progress.steps.length && !failed;
        const text = progress.problem ?? (!progress.steps.length ? t.testUnfinished : isGood ? t.testGood : fill(t.testBad, { failed, all: progress.steps.length }));
        verdict.append(note(isGood ? "good" : "bad", text));
        close.focus();
        return;
      }
      await new Promise((wake) => setTimeout(wake, 300));
    }
  } catch (problem) {
    busy.remove();
    verdict.append(note("bad", inWords(problem)));
  }
}
