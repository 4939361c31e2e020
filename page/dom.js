/** Makes elements. Whatever comes from the node goes in as text, never as markup. */

/**
 * @typedef {Node | string | null | undefined} Child
 * @typedef {Record<string, string | number | boolean | null | undefined>} Attributes
 */

const svgNamespace = 'http://www.w3.org/2000/svg'

/**
 * An HTML element. An attribute that is `true` is there without a value; `false`, `null` and `undefined` are
 * not there.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children Strings become text.
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  setAttributes(made, attributes)
  append(made, children)
  return made
}

/**
 * An SVG element, with attributes as for {@link element}.
 *
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svgElement(tag, attributes = {}, ...children) {
  const made = document.createElementNS(svgNamespace, tag)
  setAttributes(made, attributes)
  append(made, children)
  return /** @type {SVGElementTagNameMap[K]} */ (made)
}

/**
 * Sets attributes, or takes them away.
 *
 * @param {Element} target
 * @param {Attributes} attributes
 */
export function setAttributes(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) target.removeAttribute(name)
    else target.setAttribute(name, value === true ? '' : String(value))
  }
}

/**
 * Puts children in the place of what an element holds.
 *
 * @param {Element} target
 * @param {...Child} children
 */
export function fill(target, ...children) {
  target.replaceChildren()
  append(target, children)
}

/**
 * Sets a text where it is another one: what does not change is not read out again.
 *
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text
}

/**
 * The element of the page with an id.
 *
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no element #${id}`)
  return /** @type {T} */ (/** @type {unknown} */ (found))
}

/**
 * A name from outside: kept apart from the text around it, so that its writing direction cannot turn that
 * text around, and cut by the style sheet where it is too long; the whole of it is its tooltip.
 *
 * @param {string} name
 * @returns {HTMLElement}
 */
export function nameOf(name) {
  return element('bdi', { class: 'name', title: name }, name)
}

/**
 * @param {Element} target
 * @param {Child[]} children
 */
function append(target, children) {
  target.append(...children.filter((child) => child !== null && child !== undefined))
}
