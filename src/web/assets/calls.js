// The calls, newest first.
import { get, post } from "./api.js";
import { fill, t } from "./texts.js";
import { attempt, below, button, cell, confirm, duration, every, h, moment, pill, refill, say } from "./ui.js";

const KINDS = { delivered: "good", failed: "bad", pending: "wait", "in progress": "wait", discarded: "" };
const STEP = 50;
const MOST = 500;

export async function showCalls({ main, parts, canChange }) {
  const [user = "", state = ""] = parts;
  const filter = { user, state, number: "", count: STEP };
  const list = h("div", { class: "card flat" });
  const users = h("select", { id: "filter-user", onchange: () => change("user", users.value) }, h("option", { value: "" }, t.all));
  const states = h("select", { id: "filter-state", onchange: () => change("state", states.value) },
    h("option", { value: "" }, t.all), Object.keys(KINDS).map((one) => h("option", { value: one }, t.callStates[one])));
  states.value = state;
  const number = h("input", { id: "filter-number", type: "search", autocomplete: "off", placeholder: "030 1234567", oninput: () => change("number", number.value.trim()) });
  const retryAll = h("span");
  let latest = 0;
  const load = async () => {
    const mine = ++latest;
    const found = await get("calls", filter);
    if (mine !== latest) return;
    const names = [...new Set([...found.users, filter.user].filter(Boolean))];
    if (names.length + 1 !== users.options.length) {
      users.replaceChildren(h("option", { value: "" }, t.all), ...names.map((name) => h("option", { value: name }, name)));
    }
    users.value = filter.user;
    const failed = found.calls.some((call) => call.state === "failed");
    refill(retryAll, canChange && failed && button(t.retryAll, () => attempt(async () => {
      if (!(await confirm(t.retryAll, t.retryAllText, t.retryAll))) return;
      const { count } = await post("retry", { id: null });
      say(fill(t.retried, { count }));
      await load();
    }), "", { "data-key": "retry-all" }));
    refill(list, found.calls.length ? table(found, canChange, load) : h("div", { class: "empty" }, filter.user || filter.state || filter.number ? h("p", null, t.noSuchCalls) : [h("h2", null, t.noCalls), h("p", null, t.noCallsText)]),
      found.more && filter.count < MOST && h("div", { class: "empty" }, button(t.more, () => change("count", Math.min(filter.count * 2, MOST)), "", { "data-key": "more" })));
  };
  let soon;
  const change = (name, value) => {
    filter[name] = value;
    clearTimeout(soon);
    soon = setTimeout(() => attempt(load), name === "number" ? 250 : 0);
  };
  main.append(
    h("div", { class: "head" }, h("h1", null, t.tabs.calls), retryAll),
    h("div", { class: "card filters", role: "search", "aria-label": t.filter },
      h("div", { class: "field" }, h("label", { for: "filter-user" }, t.user), users),
      h("div", { class: "field" }, h("label", { for: "filter-state" }, t.state), states),
      h("div", { class: "field" }, h("label", { for: "filter-number" }, t.callerSearch), number)),
    list);
  await load();
  every(5, list, load);
}

function table(found, canChange, load) {
  const heads = [t.when, t.caller, t.user, t.result, t.ringTalk, t.state];
  return h("table", { class: "list" }, h("caption", { class: "hidden" }, t.tabs.calls),
    h("thead", null, h("tr", null, heads.map((head) => h("th", { scope: "col" }, head)), h("th", { scope: "col" }, h("span", { class: "hidden" }, t.whatToDo)))),
    h("tbody", null, found.calls.map((call) => rows(call, found.addresses, canChange, load))));
}

// A text, and elements where it names them.
const parts = (text, elements) => text.split(/[{}]/).map((part, place) => (place % 2 ? elements[part] : part));

function rows(call, addresses, canChange, load) {
  const address = (addresses[call.org] ?? "").replace(/\/$/, "");
  const record = (id, text) => id && address && h("a", { href: `${address}/${encodeURIComponent(id)}`, target: "_blank", rel: "noreferrer", "aria-label": `${text} ${id} (${t.newWindow})` }, text);
  const links = [record(call.case_id, t.case), record(call.account_id, call.matched_name && !call.contact_id ? fill(t.accountNamed, { name: call.matched_name }) : t.account), record(call.contact_id, t.contact), record(call.task_id, t.task)].filter(Boolean);
  const isFailed = call.state === "failed";
  const who = `${call.caller_name ?? ""} ${call.caller_number ?? ""}`.trim() || t.withheld;
  const acts = canChange && (isFailed || call.state === "pending") && h("div", { class: "buttons" },
    isFailed && button(t.retry, () => attempt(async () => {
      const { count } = await post("retry", { id: call.id });
      say(fill(t.retried, { count }));
      await load();
    }), "slim", { "data-key": `retry ${call.id}`, "aria-label": `${t.retry}: ${who}` }),
    button(t.discard, () => attempt(async () => {
      if (!(await confirm(t.discard, fill(t.discardText, { who }), t.discard, "bad"))) return;
      const { count } = await post("discard", { id: call.id });
      say(count ? t.discarded : t.notDiscarded);
      await load();
    }), "slim", { "data-key": `discard ${call.id}`, "aria-label": `${t.discard}: ${who}` }));
  const doubt = call.in_doubt_since && [...parts(t.inDoubt, { since: moment(call.in_doubt_since), again: moment(call.next_due) }), call.last_error && ": "];
  const error = (call.last_error || doubt) && h("p", { class: isFailed ? "error" : "small soft" }, doubt, call.last_error);
  const times = [[t.rang, call.ring_seconds], [t.talked, call.talk_seconds]].filter(([, seconds]) => seconds != null);
  const row = h("tr", { class: error ? "with-more" : null },
    cell(null, "when number", moment(call.started), below(fill(t.callNumber, { id: call.id }))),
    cell(null, "title", call.caller_name && h("div", null, call.caller_name), h("div", { class: "number" }, call.caller_number ?? t.withheld)),
    cell(t.user, null, call.user, below(call.extension)),
    cell(t.result, null, pill(t.outcomes[call.outcome], call.outcome === "lost" ? "wait" : ""), call.reason !== "answered" && below(t.reasons[call.reason] ?? call.reason)),
    cell(t.ringTalk, "number", times.map(([text, seconds]) => h("div", { class: "whole small" }, fill(text, { time: duration(seconds) })))),
    cell(t.state, null, pill(t.callStates[call.state], KINDS[call.state]), links.length > 0 && h("div", { class: "buttons small" }, links)),
    acts ? cell(null, "acts", acts) : cell());
  return error ? [row, h("tr", { class: "more" }, h("td", { colspan: "7" }, error))] : [row];
}
