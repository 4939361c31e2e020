/** One row of the what-if form: a node that comes, goes or changes. */

/** @import { FieldError, PlanRow } from './plan-request.js' */

import { element, setText } from './dom.js'

const legends = { add: 'Add a node', remove: 'Remove a node', update: 'Change a node' }
const statuses = ['alive', 'suspected', 'dead', 'leaving', 'updating']

/** Every field needs an id of its own for its label. */
let madeCount = 0

export class PlanRowView {
  /** @type {Partial<Record<FieldError['field'], HTMLInputElement | HTMLSelectElement>>} */
  #fields = {}
  #kind
  #suggested
  #error

  /**
   * @param {PlanRow['kind']} kind
   * @param {string} id What the id begins with.
   * @param {(row: PlanRowView) => void} onRemove
   */
  constructor(kind, id, onRemove) {
    madeCount += 1
    this.#kind = kind
    this.#suggested = id
    const prefix = `plan-${madeCount}`
    this.#error = element('p', { class: 'field-error', id: `${prefix}-error` })
    const away = element('button', { type: 'button', class: 'quiet' }, '✕')
    away.setAttribute('aria-label', `Leave out: ${legends[kind].toLowerCase()}`)
    away.addEventListener('click', () => onRemove(this))
    const list = kind === 'add' ? null : 'node-ids'
    const inputs = [this.#input(prefix, 'id', 'Id', { value: id, list, class: 'wide' })]
    if (kind !== 'remove') {
      const placeholder = kind === 'add' ? '1' : 'as it is'
      inputs.push(this.#input(prefix, 'weight', 'Weight', { inputmode: 'decimal', placeholder }))
    }
    if (kind === 'add') inputs.push(this.#input(prefix, 'zone', 'Zone', { placeholder: 'none' }))
    if (kind === 'update') inputs.push(this.#statusField(prefix))
    this.element = element(
      'fieldset',
      { class: 'plan-row' },
      element('legend', {}, legends[kind]),
      element('div', { class: 'plan-fields' }, ...inputs, away),
      this.#error,
    )
  }

  /** @returns {PlanRow} */
  get value() {
    const of = (/** @type {FieldError['field']} */ field) => this.#fields[field]?.value ?? ''
    // Spaces belong to an id; around a number nobody means them.
    return {
      kind: this.#kind,
      id: of('id'),
      weight: of('weight').trim(),
      zone: of('zone'),
      status: of('status'),
    }
  }

  /**
   * Suggests another id, unless somebody has typed one.
   *
   * @param {string} id
   */
  suggest(id) {
    const field = this.#fields.id
    if (field === undefined || this.#kind !== 'add' || field.value !== this.#suggested) return
    field.value = id
    this.#suggested = id
  }

  focus() {
    this.#fields.id?.focus()
  }

  /**
   * Shows what is wrong with a field, and goes there; `undefined`: nothing is.
   *
   * @param {Pick<FieldError, 'field' | 'message'>} [error]
   */
  showError(error) {
    setText(this.#error, error?.message ?? '')
    for (const [name, field] of Object.entries(this.#fields)) {
      field.setAttribute('aria-invalid', String(name === error?.field))
      if (name === error?.field) field.setAttribute('aria-describedby', this.#error.id)
      else field.removeAttribute('aria-describedby')
    }
    if (error !== undefined) this.#fields[error.field]?.focus()
  }

  /**
   * @param {string} prefix
   * @param {FieldError['field']} name
   * @param {string} label
   * @param {import('./dom.js').Attributes} attributes
   */
  #input(prefix, name, label, attributes) {
    const field = element('input', {
      ...attributes,
      id: `${prefix}-${name}`,
      autocomplete: 'off',
      spellcheck: 'false',
    })
    return this.#labelled(name, label, field)
  }

  /** @param {string} prefix */
  #statusField(prefix) {
    const field = element('select', { id: `${prefix}-status` }, element('option', { value: '' }, 'as it is'))
    field.append(...statuses.map((status) => element('option', {}, status)))
    return this.#labelled('status', 'Status', field)
  }

  /**
   * @param {FieldError['field']} name
   * @param {string} label
   * @param {HTMLInputElement | HTMLSelectElement} field
   */
  #labelled(name, label, field) {
    this.#fields[name] = field
    const classes = field.classList.contains('wide') ? 'field field-wide' : 'field'
    return element('div', { class: classes }, element('label', { for: field.id }, label), field)
  }
}
