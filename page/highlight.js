/** The node that is looked at: in every drawing and list of the page at once. */

/** Follows the pointer and the focus; a node that is pinned stays when they go. */
export class Highlight {
  /** @type {string | null} */
  #pinned = null
  /** @type {string | null} */
  #hovered = null
  /** @type {((node: string | null) => void)[]} */
  #listeners = []

  /** The node that is looked at, or `null`. */
  get node() {
    return this.#hovered ?? this.#pinned
  }

  get pinned() {
    return this.#pinned
  }

  /** @param {(node: string | null) => void} listener */
  subscribe(listener) {
    this.#listeners.push(listener)
  }

  /** @param {string | null} node */
  hover(node) {
    if (this.#hovered === node) return
    this.#hovered = node
    this.#tell()
  }

  /**
   * Pins a node; the one that is pinned it lets go.
   *
   * @param {string | null} node
   */
  pin(node) {
    this.#pinned = this.#pinned === node ? null : node
    this.#tell()
  }

  #tell() {
    for (const listener of this.#listeners) listener(this.node)
  }
}
