/** Tells screen readers what has happened, one thing at a time and never a flood. */

import { byId } from './dom.js'

/** The least time between two announcements that nobody asked for. */
const pauseMs = 4_000

let lastAtMs = -pauseMs
/** @type {string | undefined} */
let waiting
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer

/**
 * Says what somebody has asked for: at once.
 *
 * @param {string} text
 */
export function answer(text) {
  const region = byId('announcer')
  // The same text again would be no change, and not be read.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text
  lastAtMs = performance.now()
}

/**
 * Says what has happened by itself. While one was said a moment ago it waits, and the newest takes the place of
 * those that wait.
 *
 * @param {string} text
 */
export function announce(text) {
  waiting = text
  timer ??= setTimeout(
    () => {
      timer = undefined
      if (waiting !== undefined) answer(waiting)
      waiting = undefined
    },
    Math.max(0, lastAtMs + pauseMs - performance.now()),
  )
}
