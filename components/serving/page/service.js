/** Questions to the service, and its errors in its own words. */

const TOKEN = "dxfvision.token";

/** An answer that is none: what was wrong and what to do, as the service's error schema has it. */
export class Problem extends Error {
  /** @param {{status: number, code: string, message: string, remedy: string, id?: string}} body */
  constructor(body) {
    super(body.message);
    Object.assign(this, body);
  }
}

/** Return the access token of this tab, or null. */
export function token() {
  return sessionStorage.getItem(TOKEN);
}

/** Keep a token until the tab is closed; null forgets it. */
export function setToken(text) {
  if (text === null) sessionStorage.removeItem(TOKEN);
  else sessionStorage.setItem(TOKEN, text);
}

/**
 * Ask a route and return its JSON.
 * @throws {Problem} whatever goes wrong but being aborted.
 */
export async function ask(path, options = {}) {
  const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
  let response;
  try {
    // A redirect would carry the picture elsewhere; a cookie has no business here.
    response = await fetch(path, { ...options, headers, credentials: "omit", redirect: "error" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  throw body?.error ? new Problem(body.error) : strange(response.status);
}

/**
 * Ask about a picture.
 * @param {"predict"|"inspect"} task
 * @param {Blob} picture
 * @param {Object<string, string>} asked Query parameters.
 * @param {AbortSignal} signal
 */
export function askAbout(task, picture, asked, signal) {
  const form = new FormData();
  form.append("image", picture, picture.name || "picture");
  const query = new URLSearchParams({ masks: "false", ...asked });
  return ask(`/${task}?${query}`, { method: "POST", body: form, signal });
}

function unreachable() {
  return new Problem({
    status: 0,
    code: "unreachable",
    message: "the service cannot be reached",
    remedy: "check that it runs and that this device is on its network, then try again",
  });
}

function strange(status) {
  return new Problem({
    status,
    code: "strange_answer",
    message: `the answer (status ${status}) is not one of this service`,
    remedy: "check what stands between this page and the service, such as a proxy",
  });
}
