// Start and stop, what the interface is at, and the options of [general].
import { get, post } from "./api.js";
import { fill, t } from "./texts.js";
import { attempt, button, confirm, every, h, inWords, moment, note, number, pill, problemList, refill, say } from "./ui.js";
import { askedAgain, changes, makeField, showProblems } from "./fields.js";

const OPTIONS = {
  general: [
    { name: "enabled", kind: "check", standard: "yes" },
    { name: "language", kind: "language", standard: "de" },
    { name: "country", kind: "country", standard: "DE" },
    { name: "timezone" },
  ],
  which: [
    { name: "internal_callers", standard: "_X,_XX,_XXX,_XXXX", isWide: true },
    { name: "prefix_strip" },
    { name: "ignore_numbers" },
    { name: "unanswered_group", kind: "choice", standard: "all", choices: ["all", "first", "last", "none"] },
    { name: "answered_elsewhere", kind: "choice", standard: "ignore", choices: ["ignore", "lost"] },
    { name: "create_on", kind: "choice", standard: "hangup", choices: ["hangup", "answer"] },
    { name: "lookup", kind: "choice", standard: "sosl", choices: ["sosl", "soql"] },
  ],
  connection: [
    { name: "workers", kind: "number", standard: "4" },
    { name: "api_reserve", kind: "number", standard: "10" },
    { name: "connect_timeout", kind: "number", standard: "10" },
    { name: "request_timeout", kind: "number", standard: "60" },
    { name: "dialplan_timeout", kind: "number", standard: "500" },
    { name: "api_version", standard: "64.0" },
    { name: "trusted_domains", standard: "salesforce.com, force.com, salesforce.mil, sfcrmproducts.cn", isWide: true },
    { name: "ca_file" },
  ],
  system: [
    { name: "history_days", kind: "number", standard: "30" },
    { name: "journal" },
    { name: "record_events" },
    { name: "web", kind: "check", standard: "no" },
    { name: "web_insecure", kind: "check", standard: "no" },
    { name: "web_files", kind: "check", standard: "no" },
    { name: "metrics_token", kind: "secret" },
  ],
};

export async function showSettings(context) {
  const { main, canChange } = context;
  const power = h("div", { class: "card" });
  const facts = h("div", { class: "card" });
  const usage = h("div", { class: "card" });
  main.append(h("div", { class: "head" }, h("h1", null, t.tabs.settings)), power, h("div", { class: "two" }, facts, usage));
  const load = async () => {
    const status = await get("status");
    context.showStarted(status.started);
    refill(power, powerOf(status, canChange, load));
    refill(facts, h("h2", null, t.now), factsOf(status));
    refill(usage, h("h2", null, t.apiUsage), usageOf(status));
  };
  await load();
  every(5, power, load);
  const options = h("div");
  main.append(options);
  await showOptions(context, options);
}

function powerOf(status, canChange, load) {
  const act = () => attempt(async () => {
    if (status.started && !(await confirm(t.stopTitle, t.stopText, t.stop, "bad"))) return;
    await post("interface", { started: !status.started });
    say(status.started ? t.isStopped : t.isStarted);
    await load();
  });
  return [h("div", { class: "head" },
    h("h2", null, t.interface), pill(status.started ? t.started : t.stopped, status.started ? "good" : "bad"),
    canChange && button(status.started ? t.stop : t.start, act, status.started ? "" : "main", { "data-key": "power" })),
  h("p", { class: "soft" }, status.started ? t.startedText : t.stoppedText)];
}

function factsOf(status) {
  const fact = (label, value) => [h("dt", null, label), h("dd", null, value)];
  const { journal, events } = status;
  const seconds = (micros) => number(Math.round(micros / 10000) / 100);
  return h("dl", { class: "facts" },
    fact(t.version, fill(t.versionText, { version: status.version, asterisk: status.asterisk_version })),
    fact(t.callsNow, number(status.calls_in_progress)),
    fact(t.pending, number(status.pending)),
    fact(t.oldest, status.oldest_undelivered ? moment(status.oldest_undelivered) : "–"),
    fact(t.failed, status.failed ? h("a", { href: "#/calls//failed" }, number(status.failed)) : "0"),
    fact(t.sinceLoad, fill(t.sinceLoadText, { delivered: number(status.delivered_since_load), failed: number(status.failed_since_load) })),
    status.to_case && fact(t.toCase, fill(t.toCaseText, { p50: seconds(status.to_case.p50), p95: seconds(status.to_case.p95) })),
    fact(t.workers, fill(t.workersText, status.workers)),
    fact(t.journal, [journal.path, h("div", { class: "soft small" }, fill(t.journalText, { size: number(Math.ceil(journal.size / 1024)), depth: journal.depth }))]),
    journal.lost > 0 && fact(t.lost, h("span", { class: "error" }, number(journal.lost))),
    fact(t.events, fill(t.eventsText, { seen: number(events.seen), dropped: number(events.dropped) })),
    status.internal_errors > 0 && fact(t.internalErrors, h("span", { class: "error" }, number(status.internal_errors))),
    status.gone_users.length > 0 && fact(t.goneUsers, status.gone_users.join(", ")));
}

function usageOf(status) {
  if (!status.places.length) return h("p", { class: "soft" }, t.noUsage);
  return h("div", { class: "checks" }, status.places.map((place) => {
    const share = place.usage && Math.round((100 * place.usage.used) / place.usage.limit);
    return h("div", { class: "field" },
      h("div", { class: "head" }, h("span", { class: "label" }, fill(place.kind === "org" ? t.orgNamed : t.loginAt, { name: place.name })), pill(t.places[place.state] ?? place.state, place.state === "ok" ? "good" : "wait")),
      place.usage && h("progress", { max: 100, value: share, "aria-label": t.apiUsage }),
      place.usage && h("div", { class: "help" }, fill(t.usageOf, { used: number(place.usage.used), limit: number(place.usage.limit) })),
      place.paused_until && h("div", { class: "help" }, t.pausedUntil, " ", moment(place.paused_until), ". ", place.words));
  }));
}

async function showOptions(context, options) {
  const form = await get("settings");
  const canChange = context.canChange && form.fingerprint !== null;
  const groups = Object.entries(OPTIONS).map(([key, fields]) => [key, fields.map((field) => makeField(field, form, canChange))]);
  const fields = groups.flatMap(([, made]) => made);
  const told = h("div");
  const asked = askedAgain();
  const save = h("button", { class: "main", type: "submit" }, t.save);
  context.unsavedWhile(() => Object.keys(changes(fields)).length > 0);
  const again = async () => {
    context.unsavedWhile(() => false);
    await showOptions(context, options);
  };
  const submit = async (event) => {
    event.preventDefault();
    const set = changes(fields);
    if (set.web === "no" && !(await confirm(t.webOffTitle, t.webOffText, t.webOff, "bad"))) return;
    save.disabled = true;
    told.replaceChildren();
    try {
      const { in_force } = await post("save", { name: "general", fingerprint: form.fingerprint, set, again: asked.entered() });
      say(in_force ? t.settingsSaved : fill(t.savedNotInForce, { user: "general" }));
      await again();
    } catch (problem) {
      save.disabled = false;
      // A dialog asks for the password already.
      if (problem.word === "login") return;
      if (problem.word === "conflict") {
        form.fingerprint = (await get("settings")).fingerprint;
        told.replaceChildren(note("wait", h("strong", null, t.conflict), h("p", null, t.conflictText), h("div", { class: "buttons" }, button(t.discardMine, again))));
        return;
      }
      const others = asked.show(showProblems(fields, problem.problems));
      if (others.length || !problem.problems.length) {
        told.replaceChildren(note("bad", h("p", null, inWords(problem)), others.length > 0 && problemList(others)));
      }
    }
  };
  const isBox = (field) => field.input.type === "checkbox";
  refill(options, h("form", { novalidate: true, autocomplete: "off", onsubmit: submit },
    groups.map(([key, made]) => {
      const isFolded = ["connection", "system"].includes(key);
      return h(isFolded ? "details" : "div", { class: "card" }, h(isFolded ? "summary" : "h2", null, t.groups[key]),
        h("div", { class: "checks" },
          h("div", { class: "fields" }, made.filter((field) => !isBox(field)).map((field) => field.element)),
          made.filter(isBox).map((field) => field.element)));
    }),
    asked.element, told, canChange && h("div", { class: "actions" }, save)));
  showProblems(fields, form.problems);
}
