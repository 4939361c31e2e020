/** What if: a change is put together and worked out, and nothing is changed. */

/** @import { PlanAnswer, RingAnswer } from '../ts/http/api.js' */
/** @import { Api } from './api.js' */
/** @import { ColorSlots } from './colors.js' */
/** @import { FieldError, PlanRow } from './plan-request.js' */
/** @import { PlanResult } from './plan-result.js' */

import { answer } from './announcer.js'
import { Refused, explained } from './api.js'
import { byId, element, fill, setText } from './dom.js'
import { PlanRowView } from './plan-row.js'
import { fieldOfRefusal, requestOf, suggestedId } from './plan-request.js'

/** A list of suggestions with more ids than that helps nobody. */
const suggestedMax = 1_000

export class PlanSection {
  #api
  #colors
  #result
  /** @type {PlanRowView[]} */
  #rows = []
  /** @type {readonly string[]} */
  #ids = []
  #checksum = ''
  /** @type {string | undefined} */
  #plannedFor
  #askedCount = 0

  /**
   * @param {Api} api
   * @param {ColorSlots} colors
   * @param {PlanResult} result
   */
  constructor(api, colors, result) {
    this.#api = api
    this.#colors = colors
    this.#result = result
    byId('plan-form').addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#work()
    })
    byId('plan-clear').addEventListener('click', () => this.#clear())
    for (const kind of /** @type {const} */ (['add', 'remove', 'update'])) {
      byId(`plan-${kind}`).addEventListener('click', () => this.#add(kind).focus())
    }
  }

  /** @param {RingAnswer} ring */
  update({ nodes, checksum }) {
    const isFirst = this.#checksum === ''
    this.#ids = nodes.map(({ id }) => id)
    this.#checksum = checksum
    fill(byId('node-ids'), ...this.#ids.slice(0, suggestedMax).map((value) => element('option', { value })))
    this.#result.setOutdated(this.#plannedFor !== undefined && this.#plannedFor !== checksum)
    if (isFirst) this.#add('add')
    this.#rows.forEach((row, place) => {
      if (this.#ids.includes(row.value.id))
        row.suggest(this.#suggestion(this.#rows.filter((_, other) => other !== place)))
    })
  }

  /** Works out what one more node would take over: what a ring of one node invites to. */
  async tryOneMore() {
    this.#clear()
    byId('plan').scrollIntoView({ block: 'start' })
    await this.#work()
    this.#rows[0]?.focus()
  }

  /** @param {PlanRow['kind']} kind */
  #add(kind) {
    const row = new PlanRowView(kind, kind === 'add' ? this.#suggestion(this.#rows) : '', (gone) =>
      this.#remove(gone),
    )
    this.#rows.push(row)
    byId('plan-rows').append(row.element)
    return row
  }

  /** @param {readonly PlanRowView[]} others */
  #suggestion(others) {
    return suggestedId([...this.#ids, ...others.map((row) => row.value.id)])
  }

  /** @param {PlanRowView} row */
  #remove(row) {
    const place = this.#rows.indexOf(row)
    this.#rows.splice(place, 1)
    row.element.remove()
    const next = this.#rows[Math.min(place, this.#rows.length - 1)]
    if (next === undefined) byId('plan-add').focus()
    else next.focus()
  }

  #clear() {
    this.#askedCount += 1
    this.#rows = []
    byId('plan-rows').replaceChildren()
    this.#add('add')
    this.#showError(undefined)
    this.#dropResult()
  }

  /** An answer must not stand below a change that it is not about. */
  #dropResult() {
    this.#plannedFor = undefined
    this.#result.hide()
  }

  async #work() {
    const rows = this.#rows.map((row) => row.value)
    const { request, error } = requestOf(rows)
    this.#askedCount += 1
    const number = this.#askedCount
    this.#showError(error)
    if (request === undefined) {
      this.#dropResult()
      return
    }
    if (rows.length === 0) {
      this.#refuse(rows, new Refused(0, '', 'There is nothing to work out: add, remove or change a node.'))
      return
    }
    byId('plan').setAttribute('aria-busy', 'true')
    try {
      /** @type {PlanAnswer} */
      const plan = await this.#api.post('cluster/plan', request)
      if (number === this.#askedCount) this.#show(plan)
    } catch (refusal) {
      if (number === this.#askedCount) this.#refuse(rows, refusal)
    } finally {
      byId('plan').removeAttribute('aria-busy')
    }
  }

  /** @param {PlanAnswer} plan */
  #show(plan) {
    this.#plannedFor = plan.before.checksum
    this.#colors.take([...plan.before.nodes, ...plan.after.nodes].map(({ id }) => id))
    answer(`${this.#result.show(plan, this.#colors.slots)} Nothing was changed.`)
    this.#result.setOutdated(this.#plannedFor !== this.#checksum)
  }

  /**
   * @param {readonly PlanRow[]} rows
   * @param {unknown} refusal
   */
  #refuse(rows, refusal) {
    const message = explained(refusal)
    const field = refusal instanceof Refused ? fieldOfRefusal(rows, message) : undefined
    this.#dropResult()
    if (field === undefined) setText(byId('plan-error'), message)
    else this.#showError({ ...field, message })
  }

  /** @param {FieldError | undefined} error */
  #showError(error) {
    setText(byId('plan-error'), '')
    this.#rows.forEach((row, index) => row.showError(index === error?.row ? error : undefined))
  }
}
