// Fields of forms: made of what an option is, read back as what has changed.
import { fill, t } from "./texts.js";
import { countryName, h, ownName } from "./ui.js";

/*
 * A field: `kind` is text (default), number, check, choice, secret, area, many, language or country;
 * `standard` what an empty one means; `choices` of a choice; `list` what a text is offered.
 * `form.values` has what is in force, `form.own` what the section's own lines say.
 */
export function makeField(field, form, mayChange) {
  const { name, kind } = field;
  const isLocked = form.locked?.includes(name);
  const canChange = mayChange && !isLocked;
  const id = `field-${name}`;
  const label = t.fields[name]?.[0] ?? name;
  const standard = form.choices.general?.[name] ?? field.standard ?? "";
  const value = form.values[name] ?? "";
  const help = h("div", { class: "help", id: `${id}-help` }, [t.fields[name]?.[1], isLocked && mayChange && name !== "web_files" && t.locked].filter(Boolean).join(" "));
  const problem = h("div", { class: "error", id: `${id}-problem` });
  const common = { id, name, disabled: !canChange, "aria-describedby": `${id}-help ${id}-problem` };
  const isOwn = form.own?.options.includes(name);
  // Without a line of its own, a section has its template's value, or the standard one.
  const emptied = () => (isOwn || !(name in form.values) ? null : "");
  let input;
  let remove;
  let read;
  switch (kind) {
    case "check": {
      const yes = (text) => /^(yes|true|y|t|1|on)$/i.test(text);
      const was = value === "" ? yes(standard) : yes(value);
      input = h("input", { ...common, type: "checkbox", checked: was });
      read = () => (input.checked === was ? undefined : input.checked ? "yes" : "no");
      const element = h("div", { class: "check" }, input, h("label", { for: id }, label), help, problem);
      return { name, label, element, input, problem, read, is: () => (input.checked ? "yes" : "no"), put: (to) => (input.checked = to === "yes") };
    }
    case "language":
    case "country":
    case "choice": {
      const names = { language: ownName, country: (code) => `${countryName(code)} (${code})`, choice: (one) => t.choices[name]?.[one] ?? one }[kind];
      const all = kind === "language" ? form.choices.languages : kind === "country" ? form.choices.countries : field.choices;
      // As it is written in the file: de_DE is de.
      const same = (one) => one.toLowerCase() === value.toLowerCase().replace("_", "-");
      const chosen = all.find(same) ?? all.find((one) => one === value.slice(0, 2).toLowerCase()) ?? value;
      const sorted = kind === "choice" ? [...all] : [...all].sort((a, b) => names(a).localeCompare(names(b)));
      if (chosen && !sorted.includes(chosen)) sorted.push(chosen);
      input = h("select", common,
        h("option", { value: "" }, fill(form.choices.general?.[name] ? t.asGeneral : t.asStandard, { value: standard ? names(standard) : "–" })),
        sorted.map((one) => h("option", { value: one, lang: kind === "language" ? one : null }, names(one))));
      input.value = chosen;
      read = () => (input.value === chosen ? undefined : input.value || emptied());
      break;
    }
    case "secret": {
      const isSet = form.secrets[name];
      input = h("input", { ...common, type: "password", autocomplete: "new-password", placeholder: isSet ? t.secretSet : t.secretNotSet });
      if (isSet && canChange) {
        const box = h("input", { type: "checkbox", id: `${id}-remove` });
        remove = h("div", { class: "check small" }, box, h("label", { for: `${id}-remove` }, t.secretRemove));
        read = () => input.value || (box.checked ? (isOwn ? null : "") : undefined);
      } else {
        read = () => input.value || undefined;
      }
      break;
    }
    case "many": {
      const own = form.own?.repeated[name] ?? [];
      const inherited = (form.values[name] ?? []).slice(0, (form.values[name] ?? []).length - own.length);
      const was = own.join("\n");
      input = h("textarea", { ...common, rows: 3, spellcheck: "false", value: was });
      if (inherited.length) help.append(" ", fill(t.inherited, { values: inherited.join("; ") }));
      const lines = () => input.value.split("\n").map((line) => line.trim()).filter(Boolean);
      read = () => (lines().join("\n") === was ? undefined : lines());
      break;
    }
    default: {
      const more = { placeholder: standard || null, spellcheck: "false", autocapitalize: "none", autocomplete: "off", list: field.list ? `${id}-list` : null };
      input = kind === "area" ? h("textarea", { ...common, ...more, rows: 3, value }) : h("input", { ...common, ...more, type: kind === "number" ? "number" : "text", value });
      read = () => (input.value.trim() === value ? undefined : input.value.trim() || emptied());
    }
  }
  const offered = field.list && h("datalist", { id: `${id}-list` }, field.list.map((one) => h("option", { value: one })));
  const isWide = kind === "area" || kind === "many" || field.isWide;
  const element = h("div", { class: isWide ? "field wide" : kind === "number" ? "field figure" : "field" },
    h("label", { for: id }, label, field.isRequired && h("span", { class: "soft small" }, ` · ${t.required}`)), input, offered, help, remove, problem);
  return { name, label, element, input, problem, read, is: () => input.value, put: (to) => (input.value = to) };
}

/** Secrets of other users that a change would send somewhere new: asked for where the module says so. */
export function askedAgain() {
  const element = h("div");
  let asked = [];
  const show = (problems) => {
    const isSecret = ({ problem }) => /somewhere new/.test(problem);
    const wanted = problems.filter(isSecret);
    if (wanted.length) {
      const typed = (one) => asked.find((old) => old.section === one.section && old.option === one.option)?.input.value ?? "";
      asked = wanted.map((one, at) => {
        const id = `again-${at}`;
        const isPath = one.option === "private_key";
        const input = h("input", { id, type: isPath ? "text" : "password", autocomplete: isPath ? "off" : "new-password", value: typed(one), "aria-describedby": `${id}-problem` });
        const label = `${one.section}: ${t.fields[one.option][0]}`;
        return { ...one, input, element: h("div", { class: "field" }, h("label", { for: id }, label), input, h("div", { class: "error", id: `${id}-problem` }, t.problem(one))) };
      });
      element.replaceChildren(h("div", { class: "card" }, h("h2", null, t.enterAgain), h("p", { class: "help" }, t.enterAgainText), h("div", { class: "fields" }, asked.map((one) => one.element))));
      asked[0].input.focus();
    }
    return problems.filter((one) => !isSecret(one));
  };
  const entered = () => {
    const all = {};
    for (const { section, option, input } of asked) if (input.value) (all[section] ??= {})[option] = input.value;
    return all;
  };
  return { element, show, entered };
}

/** What is to be written: only what has changed. */
export function changes(fields) {
  return Object.fromEntries(fields.map((field) => [field.name, field.read() ?? (field.isAgain && field.is() ? field.is() : undefined)]).filter(([, value]) => value !== undefined));
}

/** Shows problems beside their fields; gives what belongs to none, or to one that is not there. */
export function showProblems(fields, problems) {
  for (const field of fields) {
    field.problem.replaceChildren();
    field.input.removeAttribute("aria-invalid");
  }
  const others = [];
  let first;
  for (const problem of problems) {
    const field = fields.find((one) => one.name === problem.option);
    if (!field) {
      others.push(problem);
      continue;
    }
    field.input.setAttribute("aria-invalid", "true");
    field.problem.append(h("div", null, t.problem(problem)));
    // What is to be entered again is sent also if it is what it was.
    if (/name it again/.test(problem.problem)) field.isAgain = true;
    first ??= field;
  }
  if (first) {
    const folded = first.element.closest("details");
    if (folded) folded.open = true;
    first.input.focus();
  }
  return others;
}
