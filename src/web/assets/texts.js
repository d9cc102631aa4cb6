// The language of the page: the browser's, unless somebody chose another.

/** The texts of the language in use. */
export let t = {};
const LANGUAGES = ["de", "en"];
const KEY = "salesforce-language";
let current = "en";

export const language = () => current;

export async function useLanguage(chosen) {
  let wanted = chosen;
  try {
    if (chosen) localStorage.setItem(KEY, chosen);
    wanted ??= localStorage.getItem(KEY);
  } catch {
    // Not kept, then.
  }
  const spoken = navigator.languages.map((tag) => tag.slice(0, 2));
  current = [wanted, ...spoken].find((tag) => LANGUAGES.includes(tag)) ?? "en";
  t = (await (current === "de" ? import("./texts_de.js") : import("./texts_en.js"))).texts;
  document.documentElement.lang = current;
  document.title = t.title;
}

/** A text with `{name}` replaced. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
