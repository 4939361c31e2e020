/** What the last change of the ring moved. */

/** @import { ChangeView } from '../ts/http/api.js' */

import { byId, element, fill } from './dom.js'
import { shownText } from './event-text.js'
import { number, percent, timeOfDay } from './format.js'
import { handoverOf } from './handover.js'
import { transferTable } from './transfers.js'

/** The version and colours of what is shown: the same is not made again, so that nobody loses their place in it. */
let shown = ''

/**
 * Shows a change.
 *
 * @param {ChangeView | undefined} change Absent where there was none yet.
 * @param {ReadonlyMap<string, number>} slots
 */
export function showChange(change, slots) {
  const ids = change?.transfers.flatMap(({ from, to }) => [from ?? '', to ?? ''])
  const now = JSON.stringify([change, ids?.map((id) => slots.get(id))])
  if (now === shown) return
  shown = now
  if (change === undefined) {
    fill(byId('change'), element('p', { class: 'note' }, 'Nothing has changed since this node began.'))
    return
  }
  const time = element('time', { datetime: new Date(change.timestampMs).toISOString() })
  time.textContent = timeOfDay(change.timestampMs, Date.now())
  fill(
    byId('change'),
    element(
      'p',
      { class: 'lead' },
      ...movedWords(change),
      ` with version ${number(change.version)}, `,
      time,
      '.',
    ),
    change.transfers.length === 0 ? null : transferTable(change, slots, 'What the last change moved'),
  )
}

/** @param {ChangeView} change */
function movedWords({ movedShare, transfers }) {
  const handover = handoverOf(transfers)
  if (handover !== undefined) return [element('strong', {}, ...shownText(handover))]
  if (movedShare === 0) return [element('strong', {}, 'No key'), ' has moved']
  return [element('strong', {}, percent(movedShare)), ' of all keys have moved']
}
