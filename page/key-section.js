/** Where a key is. */

/** @import { RouteAnswer } from '../ts/http/api.js' */
/** @import { Api } from './api.js' */

import { answer } from './announcer.js'
import { explained } from './api.js'
import { placeOf } from './arcs.js'
import { nodeLabel } from './badge.js'
import { byId, element, fill, nameOf, setText } from './dom.js'
import { listed, percent } from './format.js'

export class KeySection {
  #api
  #onPlace
  #slots
  #input = /** @type {HTMLInputElement} */ (byId('key-input'))
  /** @type {string | undefined} */
  #key
  #askedCount = 0

  /**
   * @param {Api} api
   * @param {() => ReadonlyMap<string, number>} slots
   * @param {(place: number | null) => void} onPlace Called with the key's place on the ring, 0 to 1.
   */
  constructor(api, slots, onPlace) {
    this.#api = api
    this.#slots = slots
    this.#onPlace = onPlace
    byId('key-form').addEventListener('submit', (event) => {
      event.preventDefault()
      this.#find(this.#input.value)
    })
  }

  /** Asks again: the ring is another one. */
  refresh() {
    if (this.#key !== undefined) void this.#ask(this.#key, false)
  }

  /** @param {string} key */
  #find(key) {
    if (key === '') {
      const why = 'Which key? Type one.'
      this.#key = undefined
      // Answers under way are to other questions.
      this.#askedCount += 1
      byId('key-result').removeAttribute('aria-busy')
      this.#refuse(why)
      answer(why)
      return
    }
    this.#key = key
    void this.#ask(key, true)
  }

  /**
   * @param {string} key
   * @param {boolean} isWanted Whether somebody waits for the answer.
   */
  async #ask(key, isWanted) {
    this.#askedCount += 1
    const number = this.#askedCount
    byId('key-result').setAttribute('aria-busy', 'true')
    try {
      /** @type {RouteAnswer} */
      const route = await this.#api.get(`cluster/route?${new URLSearchParams({ key })}`)
      if (number === this.#askedCount) this.#show(route, isWanted)
    } catch (error) {
      if (number === this.#askedCount) this.#refuse(explained(error))
    } finally {
      if (number === this.#askedCount) byId('key-result').removeAttribute('aria-busy')
    }
  }

  /**
   * @param {RouteAnswer} route
   * @param {boolean} isWanted
   */
  #show(route, isWanted) {
    const slots = this.#slots()
    this.#setError('')
    const place = route.token === undefined ? null : placeOf(route.token)
    this.#onPlace(place)
    const replicas = route.replicas.map((id) =>
      element(
        'li',
        {},
        nodeLabel(id, slots),
        id === route.owner ? element('span', { class: 'tag' }, 'owner') : null,
        id === route.selected && route.replicas.length > 1
          ? element('span', { class: 'tag' }, 'asked first')
          : null,
      ),
    )
    const rows = [
      fact('Owner', nodeLabel(route.owner, slots)),
      route.home === route.owner
        ? null
        : fact('Home', nodeLabel(route.home, slots), ', which may not answer now'),
      fact('Replicas', element('ol', { class: 'replicas' }, ...replicas)),
      route.token === undefined || place === null
        ? fact('Token', 'kept secret on this ring')
        : fact('Token', element('span', { class: 'mono' }, route.token), ` at ${percent(place)} of the ring`),
    ]
    fill(
      byId('key-result'),
      element('p', { class: 'key-head' }, 'Key ', quoted(route.key)),
      element('dl', { class: 'key-facts' }, ...rows),
    )
    if (isWanted) answer(`Owner ${route.owner}. Replicas in order: ${listed(route.replicas)}.`)
  }

  /** @param {string} why */
  #refuse(why) {
    this.#onPlace(null)
    byId('key-result').replaceChildren()
    this.#setError(why)
  }

  /** @param {string} why */
  #setError(why) {
    setText(byId('key-error'), why)
    this.#input.setAttribute('aria-invalid', String(why !== ''))
  }
}

/** @param {string} key */
function quoted(key) {
  const name = nameOf(key)
  name.classList.add('mono')
  return name
}

/**
 * @param {string} name
 * @param {...(Node | string)} values
 */
function fact(name, ...values) {
  return element('div', {}, element('dt', {}, name), element('dd', {}, ...values))
}
