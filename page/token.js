/** The token of the node: asked for once, kept as long as the tab is open, sent with every request. */

/** @import { TokenSource } from './api.js' */

import { byId, setText } from './dom.js'

const storageKey = 'hypercache.token'

/** @implements {TokenSource} */
export class TokenDialog {
  /** @type {Promise<string | null> | undefined} */
  #asking
  #dialog = /** @type {HTMLDialogElement} */ (byId('token-dialog'))
  #input = /** @type {HTMLInputElement} */ (byId('token-input'))
  #onChange

  /** @param {() => void} onChange Called when there is another token, or none any more. */
  constructor(onChange) {
    this.#onChange = onChange
  }

  /** The token that requests bear, or `null`. */
  current() {
    return sessionStorage.getItem(storageKey)
  }

  /**
   * Asks for a token in place of one that was refused. Whoever asks meanwhile waits for the same answer.
   *
   * @param {string | null} refused
   * @returns {Promise<string | null>} `null` where nobody gives one.
   */
  async ask(refused) {
    const current = this.current()
    if (this.#asking === undefined && current !== null && current !== refused) return current
    this.#asking ??= this.#show(refused).finally(() => (this.#asking = undefined))
    return this.#asking
  }

  /** Forgets the token, and with it all that the page has shown. */
  forget() {
    sessionStorage.removeItem(storageKey)
    location.reload()
  }

  /** @param {string | null} refused */
  #show(refused) {
    sessionStorage.removeItem(storageKey)
    this.#onChange()
    this.#refuse(refused === null ? '' : 'That is not the token of this node.')
    this.#input.value = ''
    this.#dialog.showModal()
    this.#input.focus()
    return /** @type {Promise<string | null>} */ (
      new Promise((resolve) => {
        const ended = new AbortController()
        const { signal } = ended
        byId('token-form').addEventListener(
          'submit',
          (event) => {
            event.preventDefault()
            if (!this.#keep(this.#input.value.trim())) return
            this.#dialog.close()
          },
          { signal },
        )
        byId('token-cancel').addEventListener('click', () => this.#dialog.close(), { signal })
        this.#dialog.addEventListener(
          'close',
          () => {
            ended.abort()
            if (this.current() !== null) focusSomething()
            resolve(this.current())
          },
          { signal },
        )
      })
    )
  }

  /** @param {string} token */
  #keep(token) {
    if (token === '') this.#refuse('Type the token: it is http.token in the configuration of the node.')
    // A header cannot carry anything else, so it is no token.
    else if (!/^[\x21-\x7e]+$/.test(token)) this.#refuse('A token has no spaces, and ASCII characters only.')
    else {
      sessionStorage.setItem(storageKey, token)
      this.#onChange()
      return true
    }
    this.#input.focus()
    return false
  }

  /** @param {string} why Empty: it is not refused. */
  #refuse(why) {
    setText(byId('token-error'), why)
    this.#input.setAttribute('aria-invalid', String(why !== ''))
  }
}

/**
 * The dialog gives the focus back to the field that was asked with. Where there was none, or only the button
 * that is about to go with its banner, the heading takes it: else it would stay in the dialog that has gone.
 */
function focusSomething() {
  const { activeElement } = document
  const isLost = ['#token-dialog', '#banner'].some((gone) => activeElement?.closest(gone))
  if (isLost || activeElement === document.body) byId('cluster-name').focus()
}
