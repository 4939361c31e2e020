/** The page of a node: puts its parts together, and keeps them up to date. */

/** @import { EventsAnswer, HealthAnswer, MembersAnswer, RingAnswer } from '../ts/http/api.js' */
/** @import { LiveState, StreamedEvent } from './live.js' */

import { Api } from './api.js'
import { showChange } from './change-section.js'
import { ColorSlots } from './colors.js'
import { byId } from './dom.js'
import { staleAfter } from './event-text.js'
import { EventsSection } from './events-section.js'
import { HeaderView } from './header-view.js'
import { Highlight } from './highlight.js'
import { KeySection } from './key-section.js'
import { LiveConnection } from './live.js'
import { NetworkView } from './network-view.js'
import { PlanResult } from './plan-result.js'
import { PlanSection } from './plan-section.js'
import { Poller } from './poller.js'
import { Refresher } from './refresher.js'
import { RingSection } from './ring-section.js'
import { TokenDialog } from './token.js'

const tokens = new TokenDialog(showToken)
const api = new Api(tokens)
const colors = new ColorSlots()
const highlight = new Highlight()
const header = new HeaderView(() => connection.retryNow())
const networkView = new NetworkView()
const ringSection = new RingSection(highlight)
const keySection = new KeySection(
  api,
  () => colors.slots,
  (place) => ringSection.mark(place),
)
const planSection = new PlanSection(api, colors, new PlanResult(highlight))
const eventsSection = new EventsSection()
const connection = new LiveConnection({ api, load, onEvent, onState })
// What cannot be had now will be loaded with all the rest, once the node answers again.
const onFailure = (/** @type {unknown} */ error) => connection.drop(error)
const ringRefresher = new Refresher(refreshRing, onFailure)
const poller = new Poller(ringRefresher)
/** The ring that is shown, as text. */
let shownRing = ''
const healthRefresher = new Refresher(async () => header.showHealth(await api.get('health')), onFailure)

/** Gets everything, and answers the number of the newest event in it. */
async function load() {
  /** @type {[RingAnswer, MembersAnswer, EventsAnswer]} */
  const [ring, members, events] = await Promise.all([
    api.get('cluster/ring'),
    api.get('cluster/members'),
    api.get('cluster/events?limit=200'),
  ])
  // After those that ask for the token: without it health is answered too, but says less.
  /** @type {HealthAnswer} */
  const health = await api.get('health')
  header.showMembers(members)
  networkView.show(members)
  header.showHealth(health)
  eventsSection.reset(events.events)
  showRing(ring)
  return events.lastSequence
}

async function refreshRing() {
  const [ring, members] = await Promise.all([api.get('cluster/ring'), api.get('cluster/members')])
  networkView.show(members)
  showRing(ring)
}

/** @param {RingAnswer} ring */
function showRing(ring) {
  header.touch()
  poller.postpone()
  const text = JSON.stringify(ring)
  if (text === shownRing) return
  colors.take(ring.nodes.map(({ id }) => id))
  header.showRing(ring)
  ringSection.show(ring, colors.slots)
  showChange(ring.lastChange, colors.slots)
  planSection.update(ring)
  keySection.refresh()
  shownRing = text
}

/** @param {LiveState} state */
function onState(state) {
  header.showLive(state)
  poller.turn(state.name === 'live')
}

/** @param {StreamedEvent} event */
function onEvent(event) {
  eventsSection.add(event)
  header.touch()
  const stale = staleAfter(event.type)
  if (stale.ring) ringRefresher.want()
  if (stale.health) healthRefresher.want()
}

function showToken() {
  byId('forget').hidden = tokens.current() === null
}

for (const button of document.querySelectorAll('.try-one-more')) {
  button.addEventListener('click', () => void planSection.tryOneMore())
}
byId('forget').addEventListener('click', () => tokens.forget())
// A tab that comes back, or a machine, need not wait for the next attempt.
window.addEventListener('online', () => connection.retryNow())
document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && highlight.pinned !== null) highlight.pin(highlight.pinned)
})
showToken()
void connection.run()
