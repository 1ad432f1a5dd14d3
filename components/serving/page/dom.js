/** Making elements. Text always becomes text, never markup. */

const SVG = "http://www.w3.org/2000/svg";

/** Return the element of the page with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Return a new HTML element.
 * @param {string} tag
 * @param {Object} [attributes] `on...` are listeners; `undefined` and `false` are left out.
 * @param {...(Node|string|number|null)} children
 */
export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Return a new SVG element; arguments as of `make`. */
export function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), value);
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Return a definition list's rows; those without a value are left out. */
export function rows(pairs) {
  return pairs
    .filter(([, value]) => value !== null && value !== undefined)
    .flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
}
