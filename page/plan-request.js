/** A what-if as data: the rows that a person fills in, the request they make, and whose fault a refusal is. */

/** @import { PlanRequest } from '../ts/http/api.js' */

/**
 * A row of the form, as typed.
 *
 * @typedef {object} PlanRow
 * @property {'add' | 'remove' | 'update'} kind
 * @property {string} id
 * @property {string} weight
 * @property {string} zone Of nodes that come.
 * @property {string} status Of nodes that change; empty: as it is.
 */

/**
 * A field of a row that is wrong, and why.
 *
 * @typedef {object} FieldError
 * @property {number} row
 * @property {'id' | 'weight' | 'zone' | 'status'} field
 * @property {string} message
 */

/**
 * The request that rows make.
 *
 * @param {readonly PlanRow[]} rows
 * @returns {{ request: PlanRequest, error?: undefined } | { request?: undefined, error: FieldError }}
 */
export function requestOf(rows) {
  const error = rows.map(errorOf).find((found) => found !== undefined)
  if (error !== undefined) return { error }
  const of = (/** @type {PlanRow['kind']} */ kind) => rows.filter((row) => row.kind === kind)
  const add = of('add').map(({ id, weight, zone }) => ({
    id,
    ...(weight === '' ? {} : { weight: Number(weight) }),
    ...(zone === '' ? {} : { zone }),
  }))
  const remove = of('remove').map(({ id }) => id)
  const update = of('update').map(({ id, weight, status }) => ({
    id,
    ...(weight === '' ? {} : { weight: Number(weight) }),
    ...(status === '' ? {} : { status: /** @type {any} */ (status) }),
  }))
  return {
    request: {
      ...(add.length > 0 ? { add } : {}),
      ...(remove.length > 0 ? { remove } : {}),
      ...(update.length > 0 ? { update } : {}),
    },
  }
}

/**
 * What the node could not even read.
 *
 * @param {PlanRow} row
 * @param {number} index
 * @returns {FieldError | undefined}
 */
function errorOf({ kind, id, weight, status }, index) {
  if (id === '') return { row: index, field: 'id', message: 'Which node? Its id is wanted.' }
  if (weight !== '' && !Number.isFinite(Number(weight))) {
    return { row: index, field: 'weight', message: 'The weight must be a number above 0.' }
  }
  if (kind === 'update' && weight === '' && status === '') {
    return { row: index, field: 'weight', message: 'Nothing changes: give a weight or a status.' }
  }
  return undefined
}

/**
 * The field that a refusal of the node is about: the one that the message names by its path (`add[0].weight`),
 * or by its value, or the only one that it can be.
 *
 * @param {readonly PlanRow[]} rows
 * @param {string} message
 * @returns {Pick<FieldError, 'row' | 'field'> | undefined} `undefined` where it is about no single field.
 */
export function fieldOfRefusal(rows, message) {
  // What stands in quotes is from the rows, whatever words it has.
  const words = message.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  const path = /\b(add|remove|update)\[(\d+)\]/.exec(words)
  const named =
    /\b(weight|zone|status)\b/.exec(words)?.[1] ?? (path !== null || /\b(node|id)\b/.test(words) ? 'id' : '')
  const field = fieldNames.find((name) => name === named)
  if (field === undefined) return undefined
  const candidates = rows.map((row, index) => ({ row, index })).filter(({ row }) => row[field] !== '')
  const ofPath = rows.filter(({ kind }) => kind === path?.[1])[Number(path?.[2])]
  const ofValue = candidates.filter(({ row }) => hasValue(message, words, row, field))
  // Of two that are equal the later is the one too many.
  const last = ofValue[ofValue.length - 1] ?? (candidates.length === 1 ? candidates[0] : undefined)
  const row = ofPath === undefined ? last?.index : rows.indexOf(ofPath)
  return row === undefined ? undefined : { row, field }
}

/** @type {readonly FieldError['field'][]} */
const fieldNames = ['id', 'weight', 'zone', 'status']

/**
 * @param {string} message
 * @param {string} words The message without what is in quotes.
 * @param {PlanRow} row
 * @param {FieldError['field']} field
 */
function hasValue(message, words, row, field) {
  if (field !== 'weight') return message.includes(JSON.stringify(row[field]))
  const numbers = words.match(/-?\d[\d.]*(e[+-]?\d+)?/g) ?? []
  return numbers.some((number) => Number(number) === Number(row.weight))
}

/**
 * An id for a node to come: the next number after those that there are.
 *
 * @param {readonly string[]} ids
 * @returns {string}
 */
export function suggestedId(ids) {
  const taken = new Set(ids)
  const numbered = ids.map((id) => /^(.*?)(\d{1,9})$/.exec(id)).filter((match) => match !== null)
  const prefix = numbered[numbered.length - 1]?.[1] ?? 'node'
  const numbers = numbered.filter((match) => match[1] === prefix).map((match) => Number(match[2]))
  let next =
    numbers.length === 0 ? ids.length + 1 : numbers.reduce((most, number) => Math.max(most, number)) + 1
  while (taken.has(`${prefix}${next}`)) next += 1
  return `${prefix}${next}`
}
