/** What the node and the other members have to do with each other: whether their rings agree, and the traffic. */

/** @import { MembersAnswer } from '../ts/http/api.js' */

import { announce } from './announcer.js'
import { byId, element, fill, setText } from './dom.js'
import { counted, duration, listed, number } from './format.js'

/** @typedef {NonNullable<MembersAnswer['network']>} Network */

/** Statuses of members whose rings count. */
const liveStatuses = new Set(['alive', 'suspected', 'updating'])

/** Members that a sentence names. */
const namedMax = 5

/**
 * How the rings of the members compare with this node's, in a sentence.
 *
 * @param {MembersAnswer} answer
 * @returns {{ look: 'is-good' | 'is-bad' | '', mark: string, text: string } | undefined} Nothing where there is
 * no other live member.
 */
export function agreementOf({ ringAgreement, members }) {
  const liveCount = members.filter(({ status }) => liveStatuses.has(status)).length
  if (ringAgreement === undefined || liveCount < 2) return undefined
  const { agreeingCount, others, isDiverged } = ringAgreement
  if (agreeingCount >= liveCount)
    return { look: 'is-good', mark: '✓', text: `All ${number(liveCount)} live members have the same ring.` }
  const ids = others.slice(0, namedMax).map(({ nodeId }) => nodeId)
  const more = others.length > ids.length ? [counted(others.length - ids.length, 'other')] : []
  const differing = others.length === 0 ? '' : ` Another one: ${listed([...ids, ...more])}.`
  const same = `${number(agreeingCount)} of ${number(liveCount)} live members have the same ring.${differing}`
  if (isDiverged) return { look: 'is-bad', mark: '✕', text: `For too long only ${same}` }
  return { look: '', mark: '↻', text: `A change is spreading: ${same}` }
}

/**
 * The traffic: what is counted, in words; what a membership does not count is left out.
 *
 * @param {Network} network
 * @returns {[string, string][]}
 */
export function trafficOf(network) {
  const dropped = Object.entries(network.droppedByReason).filter(([, count]) => count > 0)
  const reasons = dropped.map(([reason, count]) => `${number(count)} ${reason}`)
  const bytes = { in: network.bytesReceivedCount, out: network.bytesSentCount }
  const { convergenceMs } = network
  const rows = [
    ['Datagrams', pair(network.datagramsReceivedCount, 'in', network.datagramsSentCount, 'out')],
    ['Bytes', pair(bytes.in, 'in', bytes.out, 'out')],
    ['Dropped', reasons.length === 0 ? 'none' : reasons.join(', ')],
    ['Probes', pair(network.probesSentCount, 'sent', network.probesFailedCount, 'not answered')],
    [
      'Suspicions',
      pair(network.suspicionsStartedCount, 'begun', network.suspicionsRefutedCount, 'taken back'),
    ],
    ['Exchanges', pair(network.syncsCompletedCount, 'done', network.syncsFailedCount, 'failed')],
    ['Broadcasts', pair(network.broadcastsReceivedCount, 'in', network.broadcastsSentCount, 'out')],
    ['Last change', convergenceMs === undefined ? '' : `at all members after ${duration(convergenceMs)}`],
  ]
  return /** @type {[string, string][]} */ (rows.filter(([, words]) => words !== ''))
}

export class NetworkView {
  /** @type {boolean | undefined} */
  #wasDiverged
  /** What is shown, as text. */
  #shown = ''

  /** @param {MembersAnswer} answer */
  show(answer) {
    const statuses = answer.members.map(({ status }) => status)
    const now = JSON.stringify([statuses, answer.ringAgreement, answer.network])
    if (now === this.#shown) return
    this.#shown = now
    this.#showAgreement(answer)
    const { network } = answer
    byId('network').hidden = network === undefined
    if (network === undefined) return
    const rows = trafficOf(network)
    const droppedCount = Object.values(network.droppedByReason).reduce((sum, count) => sum + count, 0)
    const failed = network.probesFailedCount
    const summary = [
      counted(answer.members.length, 'member'),
      ...(failed === undefined ? [] : [`${counted(failed, 'probe')} not answered`]),
      `${counted(droppedCount, 'message')} dropped`,
    ]
    setText(byId('network-summary'), `Network: ${summary.join(', ')}`)
    fill(
      byId('network-facts'),
      ...rows.map(([name, words]) => element('div', {}, element('dt', {}, name), element('dd', {}, words))),
    )
  }

  /** @param {MembersAnswer} answer */
  #showAgreement(answer) {
    const line = byId('agreement')
    const agreement = agreementOf(answer)
    line.hidden = agreement === undefined
    if (agreement === undefined) return
    const { look, mark, text } = agreement
    line.className = `agreement ${look}`
    fill(line, element('span', { 'aria-hidden': 'true' }, mark), element('bdi', {}, text))
    const isDiverged = look === 'is-bad'
    if (this.#wasDiverged !== undefined && this.#wasDiverged !== isDiverged) announce(text)
    this.#wasDiverged = isDiverged
  }
}

/**
 * Two counts and what they are of; nothing where neither is counted.
 *
 * @param {number | undefined} first
 * @param {string} firstName
 * @param {number | undefined} second
 * @param {string} secondName
 * @returns {string}
 */
function pair(first, firstName, second, secondName) {
  const parts = []
  if (first !== undefined) parts.push(`${number(first)} ${firstName}`)
  if (second !== undefined) parts.push(`${number(second)} ${secondName}`)
  return parts.join(', ')
}
