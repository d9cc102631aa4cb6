// The form of a user, new or there already.
import { get, post } from "./api.js";
import { fill, t } from "./texts.js";
import { add, attempt, button, h, inWords, note, number, pill, problemList, say } from "./ui.js";
import { changes, makeField, showProblems } from "./fields.js";
import { removeUser, setParked, testUser } from "./users.js";

/** Of the texts' templates. */
const VARIABLES = "number national international name extension user start end ring talk ring_seconds talk_seconds reason reason_code dialled queue reference";
const DOMAINS = ["login.salesforce.com", "test.salesforce.com"];
const LOGIN = [
  { name: "username", isRequired: true },
  { name: "domain", standard: "login.salesforce.com", list: DOMAINS },
  { name: "password", kind: "secret" },
  { name: "token", kind: "secret" },
];
const ACTIONS = [
  { name: "case_on_answered", kind: "check", standard: "yes" },
  { name: "case_on_lost", kind: "check", standard: "yes" },
  { name: "create_account", kind: "check", standard: "no" },
];
const ADVANCED = {
  auth: [
    { name: "auth", kind: "choice", standard: "auto", choices: ["auto", "soap", "password", "client_credentials", "jwt"] },
    { name: "login_host", list: DOMAINS },
    { name: "client_id" },
    { name: "client_secret", kind: "secret" },
    { name: "private_key" },
    { name: "password_file" },
    { name: "token_file" },
    { name: "client_secret_file" },
  ],
  records: [
    { name: "owner" },
    { name: "country", kind: "country", standard: "DE" },
    { name: "create_on", kind: "choice", standard: "hangup", choices: ["hangup", "answer"] },
    { name: "lookup", kind: "choice", standard: "sosl", choices: ["sosl", "soql"] },
    { name: "repeat_window", kind: "number", standard: "0" },
    { name: "external_id_field" },
    { name: "auto_assign", kind: "check", standard: "no" },
    { name: "task_on_answered", kind: "check", standard: "no" },
    { name: "task_on_lost", kind: "check", standard: "no" },
    { name: "case_origin", standard: "Phone" },
    { name: "task_status", standard: "Completed" },
  ],
  texts: [
    { name: "subject_answered", isWide: true },
    { name: "subject_lost", isWide: true },
    { name: "description", kind: "area" },
    { name: "account_name", isWide: true },
    { name: "case_field", kind: "many" },
    { name: "account_field", kind: "many" },
  ],
};

export async function showUser(context, name) {
  const { main, canChange: mayChange } = context;
  const isNew = name === null;
  let form = await get("user", { name });
  const canChange = mayChange && (isNew ? form.fingerprint !== null : form.file !== null);
  const make = (field) => makeField(field, form, canChange);
  const groups = { login: LOGIN.map(make), actions: ACTIONS.map(make) };
  const extension = make({ name: "extension", isRequired: true });
  const language = make({ name: "language", kind: "language", standard: "de" });
  const advanced = Object.entries(ADVANCED).map(([key, fields]) => [key, fields.map(make)]);
  const section = isNew && makeField({ name: "name", isRequired: true }, { ...form, values: {}, choices: {} }, canChange);
  if (section) section.element.classList.add("alone");
  const fields = [section, ...groups.login, extension, language, ...groups.actions, ...advanced.flatMap(([, made]) => made)].filter(Boolean);
  const split = (made) => [
    h("div", { class: "fields" }, made.filter((one) => one.input.type !== "checkbox").map((one) => one.element)),
    made.some((one) => one.input.type === "checkbox") && h("div", { class: "checks" }, made.filter((one) => one.input.type === "checkbox").map((one) => one.element)),
  ];

  const told = h("div");
  const save = h("button", { class: "main", type: "submit" }, t.save);
  const isUnsaved = () => Object.keys(changes(fields)).length > 0;
  context.unsavedWhile(isUnsaved);

  const submit = async (event) => {
    event.preventDefault();
    const set = changes(fields);
    const title = isNew ? section.input.value.trim() : name;
    delete set.name;
    told.replaceChildren();
    if (isNew && !title) return showProblems(fields, [{ option: "name", problem: "is missing" }]);
    save.disabled = true;
    try {
      const { in_force } = await post("save", { name: title, is_new: isNew, fingerprint: form.fingerprint, set });
      context.unsavedWhile(() => false);
      say(fill(in_force ? t.saved : t.savedNotInForce, { user: title }));
      const there = `#/user/${encodeURIComponent(title)}`;
      if (isNew) location.hash = there;
      else {
        main.replaceChildren();
        await showUser(context, name);
      }
    } catch (problem) {
      save.disabled = false;
      // A dialog asks for the password already.
      if (problem.word === "login") return;
      if (problem.word === "conflict") return conflict();
      const others = showProblems(fields, problem.problems);
      const text = problem.word === "file" ? [t.problems.file, problem.message] : [inWords(problem)];
      if (others.length || !problem.problems.length) {
        told.replaceChildren(note("bad", text.map((one) => h("p", null, one)), others.length > 0 && problemList(others)));
        told.scrollIntoView({ block: "nearest" });
      }
    }
  };

  // Somebody else was quicker: what they changed is told, what was typed here stays.
  async function conflict() {
    let now;
    try {
      now = await get("user", { name });
    } catch (problem) {
      told.replaceChildren(note("bad", problem.status === 404 ? t.conflictGone : inWords(problem)));
      return;
    }
    const mine = changes(fields);
    const theirs = fields.filter((one) => JSON.stringify(now.values[one.name] ?? "") !== JSON.stringify(form.values[one.name] ?? ""));
    form = { ...form, fingerprint: now.fingerprint };
    told.replaceChildren(note("wait", h("strong", null, t.conflict), h("p", null, t.conflictText),
      theirs.length > 0 && h("ul", null, theirs.map((one) => h("li", null,
        `${one.label}: ${[form.values[one.name]].flat().join("; ") || "–"} → ${[now.values[one.name]].flat().join("; ") || "–"}`,
        one.name in mine && h("strong", null, ` (${t.conflictBoth})`)))),
      h("div", { class: "buttons" }, button(t.discardMine, async () => {
        context.unsavedWhile(() => false);
        main.replaceChildren();
        await attempt(() => showUser(context, name));
      }))));
    told.scrollIntoView({ block: "nearest" });
  }

  const title = isNew ? t.newUser : name;
  const isParked = form.details?.state === "parked" || /^(no|false|n|f|0|off)$/i.test(form.values.enabled ?? "");
  add(main,
    h("div", { class: "head" }, h("h1", null, title),
      !isNew && pill(form.problems.length ? t.states.broken : t.states[form.details?.state] ?? "", form.problems.length || form.details?.state === "refused" ? "bad" : form.details?.state === "ok" ? "good" : form.details?.state === "waiting" ? "wait" : ""),
      h("a", { class: "button slim", href: "#/users" }, t.back)),
    mayChange && !canChange && note("wait", t.notEditable),
    ["waiting", "refused"].includes(form.details?.state) && h("div", { class: `note ${form.details.state === "refused" ? "bad" : "wait"}` }, form.details.status),
    told,
    h("form", { novalidate: true, autocomplete: "off", onsubmit: submit },
      h("div", { class: "card" }, h("h2", null, t.groups.login), h("div", { class: "fields" }, section && section.element, groups.login.map((one) => one.element))),
      h("div", { class: "card" }, h("h2", null, t.groups.phone), h("div", { class: "fields" }, h("div", null, extension.element, hints(extension, form, name, canChange)), language.element)),
      h("div", { class: "card" }, h("fieldset", null, h("legend", null, h("h2", null, t.groups.actions)), h("div", { class: "checks" }, groups.actions.map((one) => one.element)))),
      h("details", { class: "card" }, h("summary", null, t.groups.advanced),
        advanced.map(([key, made]) => h("div", { class: "group" }, h("h3", null, t.groups[key]), key === "texts" && h("p", { class: "help" }, t.variables, " ", VARIABLES.split(" ").map((one) => [h("code", null, `{${one}}`), " "])), split(made)))),
      form.details && details(form.details),
      canChange && h("div", { class: "actions" }, save,
        !isNew && button(t.test, () => testUser(name), "", { disabled: isParked }),
        !isNew && h("div", { class: "buttons end" },
          button(isParked ? t.activate : t.park, () => attempt(async () => {
            if (isUnsaved() && !window.confirm(t.unsaved)) return;
            await setParked(name, !isParked, form.fingerprint);
            main.replaceChildren();
            await showUser(context, name);
          })),
          button(t.remove, () => attempt(async () => {
            if (!(await removeUser(name, form.fingerprint))) return;
            context.unsavedWhile(() => false);
            location.hash = "#/users";
          }), "bad")))));
  if (form.problems.length) showProblems(fields, form.problems);
  else if (isNew) section.input.focus();
}

/** The dialplan's hints to choose from. */
function hints(extension, form, name, canChange) {
  if (!form.choices.hints.length || !canChange) return null;
  const parts = () => extension.input.value.split(",").map((part) => part.trim()).filter(Boolean);
  const count = (exten) => form.choices.hints.filter((hint) => hint.exten === exten).length;
  const boxes = form.choices.hints.slice(0, 500).map((hint, at) => {
    const written = count(hint.exten) > 1 ? `${hint.exten}@${hint.context}` : hint.exten;
    const owner = form.choices.taken.find((one) => one.exten === hint.exten && (!one.context || one.context === hint.context) && one.user !== name);
    const box = h("input", { type: "checkbox", id: `hint-${at}`, disabled: Boolean(owner), onchange: () => {
      const left = parts().filter((part) => part !== written);
      extension.input.value = (box.checked ? [...left, written] : left).join(", ");
    } });
    const mark = () => (box.checked = parts().some((part) => part === written || part === `${hint.exten}@${hint.context}`));
    return { mark, element: h("div", { class: "check" }, box, h("label", { for: `hint-${at}` }, written, " ", h("span", { class: "soft small" }, hint.devices)), owner && h("div", { class: "help" }, fill(t.taken, { user: owner.user }))) };
  });
  const mark = () => boxes.forEach((one) => one.mark());
  extension.input.addEventListener("input", mark);
  mark();
  return h("details", null, h("summary", { class: "small" }, fill(t.fromHints, { count: form.choices.hints.length })), h("div", { class: "hints", role: "group", tabindex: "0", "aria-label": fill(t.fromHints, { count: form.choices.hints.length }) }, boxes.map((one) => one.element)));
}

function details(user) {
  const fact = (label, value) => value && [h("dt", null, label), h("dd", null, value)];
  return h("div", { class: "card" }, h("h2", null, t.now), h("dl", { class: "facts" },
    fact(t.loginWay, `${t.choices.auth[user.auth]}`),
    user.devices.map((one) => fact(`${t.extension} ${one.extension}`, one.devices ?? t.noHint)),
    fact(t.org, user.org), fact(t.apiUsage, user.usage && fill(t.usageOf, { used: number(user.usage.used), limit: number(user.usage.limit) })),
    fact(t.sinceLoad, fill(t.sinceLoadText, { delivered: number(user.delivered_since_load), failed: number(user.failed_since_load) })),
    fact(t.lastError, user.last_error)));
}
