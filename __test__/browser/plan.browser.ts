import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { percent } from '../../page/format.js'
import { launch, nodeIds, open, plain, text } from './open-page'
import { planAnswer } from './ring-answers'

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

const work = (page: Page) => page.getByRole('button', { name: 'Work it out' }).click()
const rowsOf = (page: Page, selector: string) =>
  page
    .locator(`${selector} tbody tr`)
    .evaluateAll((rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.textContent.replace(/\s+/g, ' ').trim())),
    )

/** A node in a table: its number stands before its id. */
const idOf = (cell: string | undefined) => /node\d+$/.exec(cell ?? '')?.[0]

describe('a what-if', () => {
  test('shows the numbers that the node answers, before and after, and changes nothing', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    await page.getByLabel('Weight', { exact: true }).fill('2')
    await work(page)
    const plan = planAnswer(node.ring, { add: [{ id: 'node4', weight: 2 }] }, false)
    await text(page.locator('#plan-summary'), new RegExp(plain(percent(plan.movedShare))))
    await text(
      page.locator('#plan-summary'),
      new RegExp(
        `With every node at exactly its fair share it would be ${plain(percent(plan.idealShare))}\\.$`,
      ),
    )
    const transfers = await rowsOf(page, '#plan-transfers')
    expect(transfers.map(([from, to, share]) => [idOf(from), idOf(to), share])).toEqual(
      plan.transfers.map(({ from, to, share }) => [from, to, plain(percent(share))]),
    )
    const shares = await rowsOf(page, '#plan-shares')
    const shareOf = (nodes: { id: string; share: number }[], id: string) => {
      const found = nodes.find((candidate) => candidate.id === id)
      return found === undefined ? '–' : plain(percent(found.share))
    }
    expect(shares).toHaveLength(4)
    for (const [cell, before, after] of shares) {
      const id = idOf(cell)!
      expect([before, after]).toEqual([shareOf(plan.before.nodes, id), shareOf(plan.after.nodes, id)])
    }
    await text(page.locator('.plan-result .tag'), 'nothing was changed')
    expect([node.ring.nodeCount, node.ring.version]).toEqual([3, 1])
  })

  test('draws the ring after it with the node that would come', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page } = opened
    await work(page)
    const drawn = (svg: string) =>
      page
        .locator(`${svg} .ring-shares path`)
        .evaluateAll((paths) => paths.map((path) => (path as SVGElement).dataset.node))
    await expect.poll(() => drawn('#plan-after')).toEqual(nodeIds(4))
    expect(await drawn('#plan-before')).toEqual(nodeIds(3))
    await page.getByRole('img', { name: 'The ring after' }).waitFor()
  })

  test.each([
    ['from no node to one', 0, ['shares']],
    ['from one node to two', 1, ['tokens', 'shares']],
    ['from two nodes to three', 2, ['tokens', 'shares']],
  ])('draws both rings with the same bands: %s', async (_, count, bands) => {
    const { page } = await open(browser, { nodes: nodeIds(count) })
    await work(page)
    await page.locator('#plan-result').waitFor()
    for (const svg of ['#plan-before', '#plan-after']) {
      const names = page
        .locator(`${svg} > g[class^="ring-"]`)
        .evaluateAll((groups) =>
          groups.map((group) => group.getAttribute('class')).filter((name) => /-(tokens|shares)/.test(name!)),
        )
      expect(await names).toEqual(bands.map((band) => `ring-${band}`))
    }
    await page.getByText(/Load factor: the largest share × the number of nodes/).waitFor()
  })

  test('has numbers for the nodes that it thinks of, which no node that comes gets', async () => {
    const { page, node } = await open(browser, { nodes: nodeIds(3) })
    await work(page)
    const numberOf = (table: string, id: string) =>
      page.locator(`${table} tr`, { hasText: id }).locator('.badge')
    await text(numberOf('#plan-shares', 'node4'), '4')
    node.ring.addNode('other')
    await text(numberOf('#nodes-body', 'other'), '5')
    node.ring.addNode('node4')
    await text(numberOf('#nodes-body', 'node4'), '4')
  })

  test('takes several parts at once: one that comes, one that goes, one that changes', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    await page.getByRole('button', { name: 'Remove a node' }).click()
    await page.keyboard.type('node1')
    await page.getByRole('button', { name: 'Change a node' }).click()
    await page.keyboard.type('node2')
    await page.getByLabel('Status', { exact: true }).selectOption('dead')
    await work(page)
    const plan = planAnswer(
      node.ring,
      { add: ['node4'], remove: ['node1'], update: [{ id: 'node2', status: 'dead' }] },
      false,
    )
    await text(page.locator('#plan-summary'), new RegExp(`^${plain(percent(plan.movedShare))}`))
  })

  test('that was cleared does not come back with a late answer', async () => {
    const { page, node } = await open(browser, { nodes: nodeIds(3) })
    const release = node.hold('/cluster/plan')
    const answered = page.waitForResponse(/cluster\/plan$/)
    await work(page)
    await page.getByRole('button', { name: 'Clear' }).click()
    release()
    await (await answered).finished()
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
    expect(await page.locator('#plan-result').isVisible()).toBe(false)
    await work(page)
    await page.locator('#plan-result').waitFor()
  })

  test('says that it is about the ring as it was, once that has changed', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    await work(page)
    await page.locator('#plan-result').waitFor()
    expect(await page.locator('#plan-outdated').isVisible()).toBe(false)
    node.ring.addNode('node9')
    await page.locator('#plan-outdated').waitFor()
    await work(page)
    await page.locator('#plan-outdated').waitFor({ state: 'hidden' })
  })

  test('suggests an id that is free, and another one when somebody takes it', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    const id = page.getByLabel('Id', { exact: true })
    expect(await id.inputValue()).toBe('node4')
    node.ring.addNode('node4')
    await expect.poll(() => id.inputValue()).toBe('node5')
  })
})

describe('what the node refuses', () => {
  test.each([
    ['an id that is taken', 'Id', 'node1', /"node1" is in the ring already/],
    ['a weight out of its range', 'Weight', '-1', /weight is -1/],
    ['an id that is too long', 'Id', 'x'.repeat(256), /256 bytes/],
  ])('is said at the field: %s', async (_, label, value, message) => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, refusals } = opened
    const field = page.getByLabel(label, { exact: true })
    await field.fill(value)
    await work(page)
    await text(page.locator('.plan-row .field-error'), message)
    await text(
      page
        .locator('.plan-row .field-error')
        .and(page.locator(`#${await field.getAttribute('aria-describedby')}`)),
      message,
    )
    expect(await field.getAttribute('aria-invalid')).toBe('true')
    expect(await field.evaluate((input) => input === document.activeElement)).toBe(true)
    expect(await page.locator('#plan-result').isVisible()).toBe(false)
    expect(refusals.splice(0)).toEqual(['400 /cluster/plan'])
    await field.fill(label === 'Id' ? 'node4' : '1')
    await work(page)
    await page.locator('#plan-result').waitFor()
    expect(await field.getAttribute('aria-invalid')).toBe('false')
  })

  test('is said at the row that it is about', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, refusals } = opened
    await page.getByRole('button', { name: 'Remove a node' }).click()
    await page.keyboard.type('nobody')
    await work(page)
    await text(
      page.getByRole('group', { name: 'Remove a node' }).locator('.field-error'),
      /"nobody" is not in the ring/,
    )
    await text(page.getByRole('group', { name: 'Add a node' }).locator('.field-error'), '')
    expect(refusals.splice(0)).toEqual(['400 /cluster/plan'])
  })

  test('before it is asked: a change without an id, and one of nothing', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    await work(page)
    await page.locator('#plan-result').waitFor()
    const posts = () => node.requests.filter((request) => request.startsWith('POST')).length
    expect(posts()).toBe(1)
    await page.getByLabel('Id', { exact: true }).fill('')
    await work(page)
    await text(page.locator('.plan-row .field-error'), /Its id is wanted/)
    expect(await page.locator('#plan-result').isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Leave out: add a node' }).click()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('plan-add')
    await work(page)
    await text(page.locator('#plan-error'), /nothing to work out/)
    expect(posts()).toBe(1)
  })
})

describe('what the last change moved', () => {
  test('is nothing where nobody owned the ring before, or nobody does after', async () => {
    const { page, node } = await open(browser)
    await work(page)
    await text(page.locator('#plan-summary'), 'node1 would take over the whole ring.')
    node.ring.addNode('first')
    await text(page.locator('#change .lead'), /^first took over the whole ring with version \d/)
    node.ring.setNodeStatus('first', 'dead')
    await text(page.locator('#change .lead'), /^Nobody owns keys any more with version \d/)
    await text(page.locator('.event-text').first(), /^Version \d: Nobody owns keys any more$/)
  })

  test('is listed from whom to whom, the largest share first', async () => {
    const opened = await open(browser, { nodes: nodeIds(12) })
    const { page, node } = opened
    const plan = planAnswer(node.ring, { remove: ['node3'] }, false)
    await text(page.locator('#change'), /Nothing has changed/)
    node.ring.removeNode('node3')
    await text(
      page.locator('#change .lead'),
      new RegExp(`^${plain(percent(plan.movedShare))} of all keys have moved with version 2`),
    )
    await page.locator('#change').getByRole('button', { name: /more/ }).click()
    const rows = await rowsOf(page, '#change')
    expect(rows.map(([, to, share]) => [idOf(to), share])).toEqual(
      plan.transfers.map(({ to, share }) => [to, plain(percent(share))]),
    )
  })
})
