/** The head of the page: which node this is, whether it is ready, and whether the page is up to date. */

/** @import { HealthAnswer, MembersAnswer, RingAnswer } from '../ts/http/api.js' */
/** @import { LiveState } from './live.js' */

import { announce } from './announcer.js'
import { byId, element, fill, nameOf, setText } from './dom.js'
import { counted, duration, number, timeOfDay } from './format.js'

const loadFactorNote =
  'The largest share × number of nodes: 1 is even. Where weights differ, or a node may not answer, it is above 1 at fair shares too.'

export class HeaderView {
  /** When the picture was the node's last. */
  #goodAtMs = 0
  /** @type {boolean | undefined} */
  #wasReady
  /** @type {LiveState['name']} */
  #liveName = 'connecting'

  /** @param {() => void} onRetry Called when somebody does not want to wait. */
  constructor(onRetry) {
    byId('retry').addEventListener('click', onRetry)
  }

  /** @param {MembersAnswer} members */
  showMembers({ clusterName, localNodeId }) {
    fill(byId('cluster-name'), nameOf(clusterName))
    fill(byId('node-id'), nameOf(localNodeId))
    document.title = `${clusterName} – HyperCache`
  }

  /** @param {RingAnswer} ring */
  showRing(ring) {
    // A function of one's own is secret as a seed is.
    const isSeeded = ring.isSeeded && ring.hashFunction !== 'custom'
    const facts = [
      ['Version', number(ring.version), 'Rises by one with each change of the ring.'],
      ['Checksum', ring.checksum, 'Equal on every node that places keys alike.'],
      ['Hash', `${ring.hashFunction}${isSeeded ? ', seeded' : ''}`, 'Places keys and nodes on the ring.'],
      ['Replicas', number(ring.replicationFactor), 'Nodes that a key is kept on.'],
      ['Load factor', ring.loadFactor.toFixed(2), loadFactorNote],
    ]
    const items = facts.map(([name, value, title]) =>
      element('div', { title }, element('dt', {}, name), element('dd', {}, value)),
    )
    fill(byId('facts'), ...items)
  }

  /** @param {HealthAnswer} health */
  showHealth({ isReady, reasons, checks, uptimeMs, state }) {
    const text = isReady ? 'Ready' : 'Not ready'
    byId('ready').className = `pill ${isReady ? 'is-good' : 'is-bad'}`
    setText(byId('ready'), text)
    byId('reasons').hidden = isReady || reasons.length === 0
    fill(byId('reasons'), ...reasons.map((reason) => element('li', {}, element('bdi', {}, reason))))
    const rows = checks.map(({ name, isPassing, detail, durationMs }) =>
      element(
        'li',
        {},
        element(
          'span',
          { class: isPassing ? 'check is-good' : 'check is-bad' },
          isPassing ? '✓ passes' : '✕ fails',
        ),
        nameOf(name),
        detail === undefined ? null : element('bdi', { class: 'check-detail' }, detail),
        element('span', { class: 'check-time' }, duration(durationMs)),
      ),
    )
    const failed = checks.filter(({ isPassing }) => !isPassing).length
    const summary =
      failed === 0 ? counted(checks.length, 'health check') : `${failed} of ${checks.length} checks fail`
    const nowMs = Date.now()
    const since = uptimeMs === undefined ? '' : `, up since ${timeOfDay(nowMs - uptimeMs, nowMs)}`
    setText(byId('checks-summary'), `${summary}; coordinator ${state}${since}`)
    fill(byId('checks'), ...rows)
    byId('health').hidden = false
    if (this.#wasReady !== undefined && this.#wasReady !== isReady)
      announce(`The node is ${text.toLowerCase()}.`)
    this.#wasReady = isReady
  }

  /**
   * Shows how the page and the node stand.
   *
   * @param {LiveState} state
   */
  showLive(state) {
    const names = { connecting: 'Connecting', live: 'Live', waiting: 'Offline', locked: 'Locked' }
    const looks = { connecting: '', live: 'is-good', waiting: 'is-bad', locked: 'is-bad' }
    // Between two attempts of a node that is gone nothing is news.
    const isSecond = state.name === 'connecting' && this.#liveName === 'waiting'
    if (!isSecond) {
      const pill = byId('live')
      pill.className = `pill ${looks[state.name]}`
      setText(pill, names[state.name])
    }
    this.#showBanner(state)
    if (!isSecond) this.#liveName = state.name
  }

  /** @param {LiveState} state */
  #showBanner(state) {
    const retry = /** @type {HTMLButtonElement} */ (byId('retry'))
    retry.disabled = state.name === 'connecting'
    switch (state.name) {
      case 'connecting':
        return
      case 'live':
        byId('banner').hidden = true
        if (this.#liveName === 'waiting') announce('The node is back.')
        return
      case 'locked':
        setText(byId('banner-text'), 'The node shows nothing without its token.')
        setText(retry, 'Enter token')
        break
      case 'waiting':
        setText(byId('banner-text'), `${state.message}${this.#pictureWords()} Trying again by itself.`)
        setText(retry, 'Try now')
        if (this.#liveName !== 'waiting') announce(state.message)
    }
    byId('banner').hidden = false
  }

  /** What was seen last is not what is now. */
  #pictureWords() {
    if (this.#goodAtMs === 0) return ''
    byId('ready').className = 'pill'
    setText(byId('ready'), this.#wasReady ? 'Was ready' : 'Was not ready')
    return ` What you see is its last picture, of ${timeOfDay(this.#goodAtMs, Date.now())}.`
  }

  /** The picture is the node's own as of now. */
  touch() {
    this.#goodAtMs = Date.now()
  }
}
