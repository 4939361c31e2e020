/** The events as they come: the newest first. */

/** @import { StreamedEvent } from './live.js' */

import { announce } from './announcer.js'
import { byId, element, fill, setText } from './dom.js'
import { eventTypes, plainText, sentenceOf, shownText } from './event-text.js'
import { counted, timeOfDay } from './format.js'

/** So many are kept, for a filter to find something in. */
const keptMax = 1_000
/** So many are in the list. */
const shownMax = 200

/** Those that somebody may have to look into. */
const badTypes = new Set(['events:lost', 'member:failed', 'ring:diverged'])

/**
 * An event, and when it was seen: one that tells of a loss has no time of its own.
 *
 * @typedef {{ event: StreamedEvent, seenAtMs: number }} Seen
 */

export class EventsSection {
  #list = byId('events-list')
  #filter = /** @type {HTMLSelectElement} */ (byId('events-filter'))
  #pause = byId('events-pause')
  /** Oldest first. @type {Seen[]} */
  #kept = []
  #isPaused = false
  #heldCount = 0

  constructor() {
    for (const type of eventTypes) this.#filter.append(element('option', { value: type }, type))
    this.#filter.addEventListener('change', () => this.#show())
    this.#pause.addEventListener('click', () => this.#togglePause())
    this.#say()
  }

  /**
   * Begins with the log of the node.
   *
   * @param {readonly StreamedEvent[]} events Oldest first.
   */
  reset(events) {
    const seenAtMs = Date.now()
    this.#kept = events.map((event) => ({ event, seenAtMs })).slice(-keptMax)
    if (!this.#isPaused) this.#show()
  }

  /** @param {StreamedEvent} event */
  add(event) {
    const seen = { event, seenAtMs: Date.now() }
    this.#kept.push(seen)
    if (this.#kept.length > keptMax) this.#kept.shift()
    announce(plainText(sentenceOf(event)))
    if (this.#isWanted(seen)) this.#put(seen)
    this.#say()
  }

  /** @param {Seen} seen */
  #put(seen) {
    if (this.#isPaused) {
      this.#heldCount += 1
      return
    }
    this.#list.prepend(item(seen))
    while (this.#list.children.length > shownMax) this.#list.lastElementChild?.remove()
  }

  #togglePause() {
    this.#isPaused = !this.#isPaused
    this.#pause.setAttribute('aria-pressed', String(this.#isPaused))
    if (this.#isPaused) this.#say()
    else this.#show()
  }

  #show() {
    const wanted = this.#kept.filter((seen) => this.#isWanted(seen))
    fill(this.#list, ...wanted.slice(-shownMax).reverse().map(item))
    this.#heldCount = 0
    this.#say()
  }

  #say() {
    const isEmpty = this.#list.children.length === 0
    byId('events-none').hidden = !isEmpty
    setText(
      byId('events-none'),
      this.#kept.length === 0 ? 'Nothing has happened yet.' : 'No event of this type.',
    )
    const shown = counted(this.#list.children.length, 'event')
    const held = this.#heldCount === 0 ? '' : `, ${this.#heldCount} more since`
    setText(byId('events-count'), this.#isPaused ? `Paused at ${shown}${held}` : shown)
  }

  /** @param {Seen} seen */
  #isWanted({ event }) {
    const type = this.#filter.value
    return type === '' || event.type === type || event.type === 'events:lost'
  }
}

/** @param {Seen} seen */
function item({ event, seenAtMs }) {
  const atMs = event.timestampMs ?? seenAtMs
  const time = element('time', { datetime: new Date(atMs).toISOString() }, timeOfDay(atMs, Date.now()))
  const summary = element(
    'summary',
    {},
    time,
    element('span', { class: 'event-type' }, element('bdi', {}, event.type)),
    element('span', { class: 'event-text' }, ...shownText(sentenceOf(event))),
  )
  const details = element('details', {}, summary)
  // Most are never opened.
  details.addEventListener(
    'toggle',
    () => details.append(element('pre', { tabindex: 0 }, JSON.stringify(event, null, 2))),
    { once: true },
  )
  const isBad = badTypes.has(event.type)
  return element('li', { class: isBad ? 'is-bad' : null }, details)
}
