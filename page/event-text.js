/** Events as sentences. */

/** @import { StreamedEvent } from './live.js' */

import { nameOf } from './dom.js'
import { counted, percent } from './format.js'
import { handoverOf } from './handover.js'

/**
 * A piece of a sentence: text of the page, or a name from outside.
 *
 * @typedef {string | { name: string }} Piece
 */

/**
 * A sentence as text alone.
 *
 * @param {readonly Piece[]} pieces
 * @returns {string}
 */
export function plainText(pieces) {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.name)).join('')
}

/**
 * A sentence as children of an element.
 *
 * @param {readonly Piece[]} pieces
 * @returns {(string | HTMLElement)[]}
 */
export function shownText(pieces) {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : nameOf(piece.name)))
}

/** What happens to members, in the words that follow the id. */
const memberVerbs = {
  'member:joined': 'joined',
  'member:left': 'left on purpose',
  'member:failed': 'failed',
  'member:suspected': 'is suspected',
  'member:recovered': 'recovered',
  'member:updated': 'was updated',
  'member:reaped': 'was dead for long, and is forgotten',
}

const coordinatorVerbs = {
  'coordinator:started': 'started',
  'coordinator:stopping': 'is stopping',
  'coordinator:stopped': 'stopped',
}

/** The types of events that a node publishes, in the order of the filter. */
export const eventTypes = [
  ...Object.keys(memberVerbs),
  'ring:changed',
  'ring:diverged',
  'ring:agreed',
  'rebalance:planned',
  ...Object.keys(coordinatorVerbs),
  'health:changed',
  'broadcast',
  'custom',
]

/** Those after which the ring may be another one, or that of the others. */
const ringTypes = new Set(['ring:changed', 'ring:diverged', 'ring:agreed', ...Object.keys(memberVerbs)])

/** Those after which the node may be ready, or not any more. */
const healthTypes = new Set(['health:changed', ...Object.keys(coordinatorVerbs)])

/**
 * What has to be asked for anew after an event.
 *
 * @param {string} type
 * @returns {{ ring: boolean, health: boolean }}
 */
export function staleAfter(type) {
  // What was lost may have been anything.
  const isLost = type === 'events:lost'
  return { ring: isLost || ringTypes.has(type), health: isLost || healthTypes.has(type) }
}

/**
 * What an event says.
 *
 * @param {StreamedEvent} event
 * @returns {Piece[]}
 */
export function sentenceOf({ type, payload = {}, lostCount = 0 }) {
  const memberVerb = textOf(memberVerbs, type)
  if (memberVerb !== undefined) return [{ name: payload.member.id }, ` ${memberVerb}`, ...statusOf(payload)]
  const coordinatorVerb = textOf(coordinatorVerbs, type)
  if (coordinatorVerb !== undefined) return [{ name: payload.nodeId }, ` ${coordinatorVerb}`]
  switch (type) {
    case 'ring:changed':
      return [
        `Version ${payload.version}: `,
        ...(handoverOf(payload.transfers) ?? [`${percent(payload.movedShare)} of all keys moved`]),
      ]
    case 'ring:diverged':
      return ['Another ring than this node has: ', { name: idsOf(payload.others).join(', ') }]
    case 'ring:agreed':
      return [
        `All ${counted(payload.memberCount, 'member')} have the same ring again, after ` +
          `${(payload.durationMs / 1000).toFixed(1)} s`,
      ]
    case 'rebalance:planned':
      return [
        'A plan: ',
        ...(handoverOf(payload.transfers, true) ?? [`${percent(payload.movedShare)} of all keys would move`]),
      ]
    case 'health:changed':
      return payload.isReady ? ['Ready'] : ['Not ready: ', { name: payload.reasons.join('; ') }]
    case 'broadcast':
      return [{ name: payload.name }, ' from ', { name: payload.originNodeId }]
    case 'custom':
      return [{ name: payload.name }]
    case 'events:lost':
      return [`${counted(lostCount, 'event')} lost: they came faster than this page was sent them`]
    default:
      return [{ name: type }]
  }
}

/**
 * @param {readonly { nodeId: string }[]} others
 * @returns {string[]}
 */
function idsOf(others) {
  return others.map(({ nodeId }) => nodeId)
}

/** @param {{ member: { status: string }, previous?: { status: string } }} payload */
function statusOf({ member, previous }) {
  if (previous === undefined || previous.status === member.status) return []
  return [`: ${previous.status} → ${member.status}`]
}

/**
 * @param {Readonly<Record<string, string>>} texts
 * @param {string} type
 * @returns {string | undefined}
 */
function textOf(texts, type) {
  return Object.hasOwn(texts, type) ? texts[type] : undefined
}
