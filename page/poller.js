/** Asks again and again while somebody looks at the page: not every change of a ring is an event. */

/** A change without an event is seen after so long. */
const periodMs = 5_000

/** Wants something of a {@link Refresher} each period, while it is on and the page can be seen. */
export class Poller {
  #refresher
  #isOn = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /** @param {Pick<import('./refresher.js').Refresher, 'want'>} refresher */
  constructor(refresher) {
    this.#refresher = refresher
    document.addEventListener('visibilitychange', () => this.#poll())
  }

  /** @param {boolean} isOn */
  turn(isOn) {
    this.#isOn = isOn
    this.postpone()
  }

  /** What it would ask for has just come: the next time is a whole period later. */
  postpone() {
    clearTimeout(this.#timer)
    if (this.#isOn) this.#timer = setTimeout(() => this.#poll(), periodMs)
  }

  #poll() {
    if (this.#isOn && document.visibilityState === 'visible') this.#refresher.want()
    this.postpone()
  }
}
