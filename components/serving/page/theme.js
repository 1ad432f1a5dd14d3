/** Light, dark, or as the device: the choice stays in this browser. */

import { byId } from "./dom.js";

const KEY = "dxfvision.theme";
const THEMES = ["auto", "light", "dark"];

/** Wire the button that goes round the themes. */
export function wireTheme() {
  let theme = localStorage.getItem(KEY) ?? "auto";
  const apply = () => {
    document.documentElement.dataset.theme = theme;
    byId("theme").textContent = `Theme: ${theme}`;
  };
  byId("theme").addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    localStorage.setItem(KEY, theme);
    apply();
  });
  apply();
}
