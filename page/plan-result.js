/** What a what-if would move, with the ring before and after it. */

/** @import { PlanAnswer, PlannedRing } from '../ts/http/api.js' */
/** @import { Highlight } from './highlight.js' */

import { nodeLabel } from './badge.js'
import { byId, element, fill, setText } from './dom.js'
import { plainText } from './event-text.js'
import { counted, percent } from './format.js'
import { handoverOf } from './handover.js'
import { RingDrawing, hasSeveralOwners } from './ring-drawing.js'
import { transferTable } from './transfers.js'

/** So many nodes are listed; the transfers name the others. */
const listedMax = 12

export class PlanResult {
  #before
  #after

  /** @param {Highlight} highlight */
  constructor(highlight) {
    this.#before = new RingDrawing(byId('plan-before'), highlight)
    this.#after = new RingDrawing(byId('plan-after'), highlight)
  }

  /**
   * Shows the answer to a what-if.
   *
   * @param {PlanAnswer} plan
   * @param {ReadonlyMap<string, number>} slots Of all the nodes, those that would come too.
   * @returns {string} What it says in one sentence.
   */
  show(plan, slots) {
    const moved = sentenceOf(plan)
    setText(byId('plan-summary'), moved)
    const [before, after] = alike(plan)
    const isSplit = hasSeveralOwners(before) || hasSeveralOwners(after)
    this.#before.draw(before, slots, 'The ring before', describe(before), isSplit)
    this.#after.draw(after, slots, 'The ring after', describe(after), isSplit)
    setText(byId('plan-before-note'), noteOf(plan.before))
    setText(byId('plan-after-note'), noteOf(plan.after))
    const transfers = plan.transfers.length === 0 ? null : transferTable(plan, slots, 'What would move')
    fill(byId('plan-transfers'), transfers)
    fill(byId('plan-shares'), sharesTable(plan, slots))
    byId('plan-result').hidden = false
    return moved
  }

  hide() {
    byId('plan-result').hidden = true
  }

  /**
   * Says whether the ring is still the one that the answer is about.
   *
   * @param {boolean} isOutdated
   */
  setOutdated(isOutdated) {
    byId('plan-outdated').hidden = !isOutdated
  }
}

/** @param {PlanAnswer} plan */
function sentenceOf({ movedShare, idealShare, transfers }) {
  const handover = handoverOf(transfers, true)
  if (handover !== undefined) return `${plainText(handover)}.`
  if (movedShare === 0) return 'No key would move.'
  const ideal = `With every node at exactly its fair share it would be ${percent(idealShare)}.`
  return `${percent(movedShare)} of all keys would move. ${ideal}`
}

/**
 * Both rings, drawn alike so that they can be compared: where one is too large for slices the other shows none.
 *
 * @param {PlanAnswer} plan
 * @returns {[PlannedRing, PlannedRing]}
 */
function alike({ before, after }) {
  if (before.slices !== undefined && after.slices !== undefined) return [before, after]
  return [
    { ...before, slices: undefined },
    { ...after, slices: undefined },
  ]
}

/** @param {PlannedRing} ring */
function noteOf({ nodes, loadFactor }) {
  return `${counted(nodes.length, 'node')}, load factor ${loadFactor.toFixed(2)}`
}

/** @param {PlannedRing} ring */
function describe(ring) {
  return `${noteOf(ring)}. The table of shares says who has what.`
}

/**
 * The share of each node before and after, those that change most first.
 *
 * @param {PlanAnswer} plan
 * @param {ReadonlyMap<string, number>} slots
 */
function sharesTable({ before, after }, slots) {
  const shareBefore = new Map(before.nodes.map(({ id, share }) => [id, share]))
  const shareAfter = new Map(after.nodes.map(({ id, share }) => [id, share]))
  const change = (/** @type {string} */ id) =>
    Math.abs((shareAfter.get(id) ?? 0) - (shareBefore.get(id) ?? 0))
  const ids = [...new Set([...shareBefore.keys(), ...shareAfter.keys()])].sort(
    (a, b) => change(b) - change(a),
  )
  const text = (/** @type {number | undefined} */ share) => (share === undefined ? '–' : percent(share))
  const rows = ids
    .slice(0, listedMax)
    .map((id) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, nodeLabel(id, slots)),
        element('td', { class: 'is-number' }, text(shareBefore.get(id))),
        element('td', { class: 'is-number' }, text(shareAfter.get(id))),
      ),
    )
  const headings = ['Node', 'Before', 'After'].map((heading, place) =>
    element('th', { scope: 'col', class: place > 0 ? 'is-number' : null }, heading),
  )
  const table = element(
    'table',
    { class: 'plan-shares' },
    element('caption', { class: 'visually-hidden' }, 'Shares before and after'),
    element('thead', {}, element('tr', {}, ...headings)),
    element('tbody', {}, ...rows),
  )
  const rest = ids.length - rows.length
  const note = `${counted(rest, 'node that changes', 'nodes that change')} less or not at all.`
  return element('div', {}, table, rest > 0 ? element('p', { class: 'note' }, `And ${note}`) : null)
}
