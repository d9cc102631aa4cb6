// What the page asks the module and Asterisk's manager for.

let token = "";

/** What went wrong: `word` for the page, `message` in English, `problems` beside fields. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.message ?? "");
    this.status = status;
    this.word = body?.error ?? (status ? "internal" : "network");
    this.problems = body?.problems ?? [];
  }
}

/** Called when a session has ended. */
export const on = { loggedOut() {} };

/** Milliseconds after which an answer is not waited for any longer. */
const PATIENCE = 30000;

async function ask(path, options) {
  let response;
  try {
    response = await fetch("api/" + path, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PATIENCE), ...options });
  } catch {
    throw new Problem(0);
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  if (response.status === 401) on.loggedOut();
  throw new Problem(response.status, body);
}

export function get(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value != null);
  const query = given.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
  return ask(query ? `${path}?${query}` : path);
}

export function post(path, body) {
  return ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Salesforce-Token": token },
    body: JSON.stringify(body),
  });
}

export async function session() {
  const found = await get("session");
  token = found.token ?? "";
  return found;
}

// Asterisk's own manager over HTTP holds the session; its cookie counts for this page as well.
async function manager(action, parameters = {}) {
  let response;
  try {
    response = await fetch("../rawman", {
      method: "POST",
      credentials: "same-origin",
      cache: "no-store",
      body: new URLSearchParams({ action, ...parameters }),
    });
  } catch {
    throw new Problem(0);
  }
  if (!response.ok) throw new Problem(response.status, { error: "manager" });
  return /^Response: Success/m.test(await response.text());
}

export const login = (username, secret) => manager("login", { username, secret, events: "off" });
export const logout = () => manager("logoff").catch(() => {});

// Asterisk ends a session that asks for nothing (httptimeout in manager.conf, a minute unless set).
// Whoever works here keeps it; a page that was left open does not.
const WORKING = 15 * 60 * 1000;
let lastInput = Date.now();
for (const kind of ["pointerdown", "keydown", "scroll"]) {
  addEventListener(kind, () => (lastInput = Date.now()), { passive: true, capture: true });
}
setInterval(() => {
  if (isKept && Date.now() - lastInput < WORKING) manager("ping").catch(() => {});
}, 20000);
let isKept = false;
export const keep = (on) => (isKept = on);
