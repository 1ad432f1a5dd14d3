/** Asking the operator for an access token, where the service wants one. */

import { byId } from "./dom.js";
import { setToken, token } from "./service.js";

/**
 * Wire the form.
 * @param {() => void} onChange Is told when another token is in use, or none.
 */
export function wireAccess(onChange) {
  byId("token").addEventListener("submit", (event) => {
    event.preventDefault();
    setToken(byId("token-text").value.trim());
    byId("token-text").value = "";
    byId("token").hidden = true;
    byId("token-forget").hidden = false;
    byId("choose").focus();
    onChange();
  });
  byId("token-forget").addEventListener("click", () => {
    setToken(null);
    askForToken();
    byId("token-text").focus();
    onChange();
  });
  byId("token-forget").hidden = !token();
}

/** Show the form, with the reason if a token is there and is not known. */
export function askForToken() {
  const refused = token() !== null;
  byId("token").hidden = false;
  byId("token-forget").hidden = true;
  byId("token-fault").textContent = refused ? "The service does not know this token." : "";
  if (refused) byId("token-text").focus();
}
