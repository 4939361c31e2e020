import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { MockNode } from './mock-node'
import { launch, nodeIds, open, stopTime, text } from './open-page'

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

const custom = (name: string) => ({ name })
const shownEvents = (page: Page) => page.locator('.event-text').allTextContents()

describe('events', () => {
  test('appear as they come, the newest first, and what they change is fetched anew', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    node.ring.addNode('node4')
    await text(page.locator('.event-text').first(), /^Version 2: .* of all keys moved$/)
    await text(page.locator('#ring-middle'), /^4 nodes/)
    node.publish('custom', custom('deploy 7'))
    await text(page.locator('.event-text').first(), 'deploy 7')
    const cue = () =>
      page
        .locator('.events-list summary')
        .first()
        .evaluate((summary) => getComputedStyle(summary, '::before').content[1])
    expect(await cue()).toBe('▸')
    await page.locator('.events-list summary').first().click()
    expect(await cue()).toBe('▾')
    await text(page.locator('.events-list pre'), /"sequence": 2/)
  })

  test('that come together are answered by one request', async () => {
    const { page, node } = await open(browser, { nodes: nodeIds(3) })
    const ringRequests = () => node.requests.filter((request) => request.includes('/cluster/ring')).length
    await stopTime(page)
    // A page that nobody sees asks for nothing by itself.
    await page.evaluate(() => Object.defineProperty(document, 'visibilityState', { value: 'hidden' }))
    const before = ringRequests()
    for (let version = 2; version <= 6; version += 1) {
      node.ring.setNodeStatus('node1', version % 2 === 0 ? 'dead' : 'alive')
      await text(page.locator('.event-text').first(), new RegExp(`^Version ${version}`))
    }
    expect(ringRequests()).toBe(before)
    await page.clock.runFor(1_000)
    await text(page.locator('#facts div').first(), 'Version6')
    expect(ringRequests()).toBe(before + 1)
  })

  test('are kept to the last 200 in the list', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    for (let count = 1; count <= 260; count += 1) node.publish('custom', custom(`number ${count}`))
    await text(page.locator('.event-text').first(), 'number 260')
    expect(await page.locator('.event-text').count()).toBe(200)
  })

  test('wait while the list is paused, and are counted', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    node.publish('custom', custom('before'))
    await text(page.locator('.event-text').first(), 'before')
    const pause = page.getByRole('button', { name: 'Pause' })
    await pause.click()
    expect(await pause.getAttribute('aria-pressed')).toBe('true')
    node.publish('custom', custom('meanwhile'))
    await text(page.locator('#events-count'), 'Paused at 1 event, 1 more since')
    expect(await shownEvents(page)).toEqual(['before'])
    await pause.click()
    expect(await shownEvents(page)).toEqual(['meanwhile', 'before'])
  })

  test('that the filter hides are not counted while the list is paused', async () => {
    const { page, node } = await open(browser, { nodes: nodeIds(3) })
    await page.getByLabel('Type').selectOption('custom')
    await page.getByRole('button', { name: 'Pause' }).click()
    node.publish('coordinator:stopping', { nodeId: 'node1' })
    node.publish('custom', custom('wanted'))
    await text(page.locator('#events-count'), 'Paused at 0 events, 1 more since')
  })

  test('can be filtered by type', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    node.publish('custom', custom('one'))
    node.publish('health:changed', { isReady: true, reasons: [], checks: [] })
    await text(page.locator('.event-text').first(), 'Ready')
    await page.getByLabel('Type').selectOption('custom')
    expect(await shownEvents(page)).toEqual(['one'])
    node.publish('coordinator:stopping', { nodeId: 'node1' })
    node.publish('custom', custom('two'))
    await text(page.locator('.event-text').first(), 'two')
    expect(await shownEvents(page)).toEqual(['two', 'one'])
    await page.getByLabel('Type').selectOption('member:left')
    await text(page.locator('#events-none'), 'No event of this type.')
  })

  test('that were lost are told, whatever the filter, and everything is fetched anew', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    await page.getByLabel('Type').selectOption('custom')
    const before = node.requests.length
    node.lose(17)
    await text(page.locator('.event-text').first(), /^17 events lost/)
    await expect
      .poll(() => node.requests.slice(before))
      .toEqual(expect.arrayContaining(['GET /cluster/ring', 'GET /health']))
  })

  test('that were there before are in the list from the beginning', async () => {
    const opened = await open(browser, {
      nodes: nodeIds(3),
      prepare: (node) => node.publish('custom', custom('early')),
    })
    await text(opened.page.locator('.event-text'), 'early')
    expect(opened.node.lastEventIds).toEqual(['1'])
  })
})

describe('a ring that changes without an event', () => {
  const ringRequests = (node: MockNode) =>
    node.requests.filter((request) => request === 'GET /cluster/ring').length

  /** Opens a page whose time can be moved. */
  async function openWithClock() {
    const opened = await open(browser, { nodes: nodeIds(3), isSilent: true })
    await opened.page.clock.install()
    await opened.page.reload()
    await text(opened.page.locator('#live'), 'Live')
    return opened
  }

  test('is seen after 5 seconds, and nothing is announced', async () => {
    const { page, node } = await openWithClock()
    node.ring.setNodeStatus('node2', 'suspected')
    await page.clock.runFor(6_000)
    await text(page.getByRole('row', { name: /node2/ }).locator('.status'), '◐ suspected')
    await text(page.locator('#announcer'), '')
    expect(await page.locator('.event-text').count()).toBe(0)
  })

  test('is asked for again and again, and what is the same is left alone', async () => {
    const { page, node } = await openWithClock()
    await page.getByLabel('Key', { exact: true }).fill('user:42')
    await page.keyboard.press('Enter')
    await page.locator('.replicas').waitFor()
    await page.evaluate(() => {
      const seen = new MutationObserver((records) => (document.title = `${records.length} changes`))
      seen.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
    })
    for (let count = ringRequests(node) + 1, last = count + 3; count < last; count += 1) {
      const answered = page.waitForResponse(/cluster\/ring$/)
      await page.clock.runFor(5_200)
      await (await answered).finished()
      expect(ringRequests(node)).toBe(count)
    }
    expect(await page.title()).toBe('cluster – HyperCache')
  })

  test('is not asked for while nobody sees the page, and at once when somebody does', async () => {
    const { page, node } = await openWithClock()
    const before = ringRequests(node)
    const show = (state: string) =>
      page.evaluate((value) => {
        Object.defineProperty(document, 'visibilityState', { value, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      }, state)
    await show('hidden')
    await page.clock.runFor(30_000)
    expect(ringRequests(node)).toBe(before)
    await show('visible')
    await page.clock.runFor(200)
    await expect.poll(() => ringRequests(node)).toBe(before + 1)
  })
})

describe('a node that goes away', () => {
  test('is said to be gone, its last picture stays, and the page comes back by itself', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    node.publish('custom', custom('before'))
    await text(page.locator('.event-text').first(), 'before')
    await node.stop()
    await text(page.locator('#live'), 'Offline')
    await text(page.locator('#banner-text'), /last picture/)
    await text(page.locator('#ready'), 'Was ready')
    expect(await page.locator('#nodes-body tr').count()).toBe(3)
    node.ring.removeNode('node3')
    await node.start()
    await text(page.locator('#live'), 'Live')
    await text(page.locator('#ready'), 'Ready')
    expect(await page.locator('#nodes-body tr').count()).toBe(2)
    await text(page.locator('.event-text').first(), /^Version 2/)
    expect(await page.locator('.event-text').count()).toBe(2)
    expect(await page.locator('#banner').isVisible()).toBe(false)
  })

  test('is asked at once when somebody does not want to wait', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    await node.stop()
    await text(page.locator('#live'), 'Offline')
    await node.start()
    const retry = page.getByRole('button', { name: 'Try now' })
    await retry.click({ timeout: 5_000 }).catch(() => {})
    await text(page.locator('#live'), 'Live')
  })

  test('and says nothing for a minute is taken for gone', async () => {
    const { page, node } = await open(browser, { nodes: nodeIds(3) })
    await stopTime(page)
    node.publish('custom', custom('last'))
    await text(page.locator('.event-text').first(), 'last')
    await page.clock.runFor(59_000)
    await text(page.locator('#live'), 'Live')
    await page.clock.runFor(1_000)
    await text(page.locator('#banner-text'), /^The node has fallen silent/)
    await page.clock.runFor(1_000)
    await text(page.locator('#live'), 'Live')
    expect(node.lastEventIds).toEqual(['0', '1'])
  })

  test('and answers with an error says so, in the words of the node', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node, refusals } = opened
    node.failure = {
      status: 500,
      body: { code: 'ERR_HYPERCACHE_INTERNAL', message: 'a defect of this package' },
    }
    node.ring.addNode('node4')
    await text(page.locator('#banner-text'), /a defect of this package/)
    expect(await page.locator('#nodes-body tr').count()).toBe(3)
    node.failure = undefined
    await text(page.locator('#ring-middle'), /^4 nodes/)
    expect(new Set(refusals.splice(0).map((refusal) => refusal.slice(0, 3)))).toEqual(new Set(['500']))
  })
})

describe('an answer that is none', () => {
  test('is told, and not taken for a node that is gone', async () => {
    const { page, node } = await open(browser, {
      nodes: nodeIds(3),
      isAwaited: false,
      prepare: (prepared) => (prepared.failure = { status: 200, body: 'of something else' }),
    })
    await text(page.locator('#banner-text'), /^This page cannot show what the node answers/)
    node.failure = undefined
    await text(page.locator('#live'), 'Live')
  })
})

describe('readiness', () => {
  test('is shown with its reasons, and follows the events', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node, refusals } = opened
    await text(page.locator('#ready'), 'Ready')
    const checks = [{ name: 'disk', isPassing: false, detail: '97 % full', durationMs: 3, checkedAtMs: 0 }]
    node.health = { isReady: false, reasons: ['check disk: 97 % full'], checks }
    node.publish('health:changed', node.health)
    await text(page.locator('#ready'), 'Not ready')
    await text(page.getByRole('list', { name: 'Why it is not ready' }), 'check disk: 97 % full')
    await page.getByText('1 of 1 checks fail').click()
    await text(page.locator('#checks'), /✕ fails ?disk ?97 % full/)
    expect(refusals.splice(0)).toEqual(['503 /health'])
  })
})
