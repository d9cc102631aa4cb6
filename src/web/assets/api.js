// What the page asks the module for.

let token = "";

/** What went wrong: `word` for the page, `message` in English, `problems` beside fields. */
export class Problem extends Error {
  constructor(status, body, seconds) {
    super(body?.message ?? "");
    this.status = status;
    this.word = body?.error ?? (status ? "internal" : "network");
    this.problems = body?.problems ?? [];
    /** Seconds after which it may be tried again. */
    this.seconds = seconds;
  }
}

/** Called when a session has ended. */
export const on = { loggedOut() {} };

/** Milliseconds after which an answer is not waited for any longer. */
const PATIENCE = 30000;

// A session ends when nobody does anything, and an open page asks for news by itself: it says so.
const IDLE = 60000;
let lastInput = Date.now();
for (const kind of ["pointerdown", "keydown", "scroll"]) {
  addEventListener(kind, () => (lastInput = Date.now()), { passive: true, capture: true });
}
const idle = () => (Date.now() - lastInput > IDLE ? { "X-Salesforce-Idle": "yes" } : {});

async function ask(path, { headers = {}, ...options } = {}) {
  let response;
  try {
    response = await fetch("api/" + path, {
      credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PATIENCE),
      headers: { ...headers, ...idle() }, ...options,
    });
  } catch {
    throw new Problem(0);
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  const problem = new Problem(response.status, body, response.headers.get("Retry-After"));
  if (problem.word === "login") on.loggedOut();
  throw problem;
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

const remember = (found) => {
  token = found.token ?? "";
  return found;
};

export const session = async () => remember(await get("session"));
export const login = async (name, password) => remember(await post("login", { name, password }));
export const logout = () => post("logout", {}).then(remember).catch(() => {});
