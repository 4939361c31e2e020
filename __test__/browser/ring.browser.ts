import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RingAnswer, SLICE_COUNT } from '../../dist/http/api.js'
import { percent } from '../../page/format.js'
import { launch, nodeIds, open, plain, text } from './open-page'
import { ringAnswer } from './ring-answers'

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

/** Who is drawn at places of the ring. */
function drawnAt(page: Page, selector: string, radius: number, places: number[]): Promise<(string | null)[]> {
  return page.evaluate(
    ([svgSelector, distance, parts]) => {
      const svg = document.querySelector<SVGSVGElement>(svgSelector)!
      svg.scrollIntoView({ block: 'center' })
      const matrix = svg.getScreenCTM()!
      return parts.map((place) => {
        const angle = place * 2 * Math.PI
        const point = new DOMPoint(Math.sin(angle) * distance, -Math.cos(angle) * distance).matrixTransform(
          matrix,
        )
        return (document.elementFromPoint(point.x, point.y) as SVGElement | null)?.dataset.node ?? null
      })
    },
    [selector, radius, places] as const,
  )
}

describe('the ring', () => {
  test('has in its outer band exactly the owners of the slices', async () => {
    const opened = await open(browser, { nodes: nodeIds(8) })
    const answer = ringAnswer(opened.node.ring, 'node1', false)
    const places: number[] = []
    const expected: string[] = []
    let before = 0
    for (let run = 0; run < answer.slices!.length; run += 2) {
      const [node, count] = answer.slices!.slice(run, run + 2) as [number, number]
      // Of narrower arcs a pixel may show the neighbour.
      if (count > 3) {
        places.push((before + count / 2) / SLICE_COUNT)
        expected.push(answer.nodes[node]!.id)
      }
      before += count
    }
    expect(places.length).toBeGreaterThan(50)
    expect(await drawnAt(opened.page, '#ring', 90, places)).toEqual(expected)
  })

  test('has in its inner band each node with its share', async () => {
    const opened = await open(browser, {
      nodes: nodeIds(5),
      prepare: ({ ring }) => ring.setNodeStatus('node2', 'dead'),
    })
    const { nodes } = ringAnswer(opened.node.ring, 'node1', false)
    let before = 0
    const places = nodes.map(({ share }) => (before += share) - share / 2)
    const owners = nodes.filter(({ share }) => share > 0).map(({ id }) => id)
    expect(owners).toHaveLength(4)
    const drawn = await drawnAt(
      opened.page,
      '#ring',
      72,
      places.filter((_, index) => nodes[index]!.share > 0),
    )
    expect(drawn).toEqual(owners)
    const numbers = await opened.page.locator('#ring .ring-labels text').allTextContents()
    expect(numbers).toEqual(owners.map((id) => id.replace('node', '')))
    expect(await opened.page.locator('#nodes-body .badge').allTextContents()).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
    ])
  })

  test('of a seeded placement has shares alone, says why, and shows no token', async () => {
    const opened = await open(browser, { nodes: nodeIds(3), hashSeed: 42n })
    const { page } = opened
    expect(await page.locator('#ring .ring-tokens').count()).toBe(0)
    await text(page.locator('#ring-note'), /seeded: where tokens lie is kept secret/)
    await page.getByLabel('Key', { exact: true }).fill('user:42')
    await page.getByRole('button', { name: 'Find' }).click()
    await text(page.locator('#key-result'), /kept secret/)
    expect(await page.locator('.ring-marker *').count()).toBe(0)
  })

  test('has an accessible name and description, and the table beside it says the same', async () => {
    const opened = await open(browser, { nodes: nodeIds(3) })
    const { page, node } = opened
    await page.getByRole('img', { name: 'The ring by owner' }).waitFor()
    const { nodes } = ringAnswer(node.ring, 'node1', false)
    expect(plain((await page.locator('#ring desc').textContent())!)).toContain(
      `node1 owns ${plain(percent(nodes[0]!.share))}`,
    )
    const table = page.getByRole('table', { name: /Nodes of the ring/ })
    for (const { id, share, fairShare } of nodes) {
      const row = table.getByRole('row', { name: new RegExp(`^\\D*${id}\\b`) })
      const words = plain((await row.textContent())!)
      expect(words).toContain(plain(percent(share)))
      expect(words).toContain(`fair ${plain(percent(fairShare))}`)
      expect(words).toContain('alive')
    }
  })

  test('of one node invites to try a second, and works it out', async () => {
    const opened = await open(browser, { nodes: ['node1'] })
    const { page } = opened
    await page.getByRole('button', { name: 'What if there were a second node?' }).click()
    await text(page.locator('#plan-summary'), /of all keys would move/)
    expect(await page.getByLabel('Id', { exact: true }).inputValue()).toBe('node2')
    expect(opened.node.ring.nodeCount).toBe(1)
  })

  test('tells what its load factor is', async () => {
    const { page } = await open(browser, { nodes: nodeIds(3) })
    const fact = page.locator('#facts div', { hasText: 'Load factor' })
    expect(await fact.getAttribute('title')).toMatch(/largest share × number of nodes.*weights differ/)
  })

  test('without nodes says so, and is no error', async () => {
    const opened = await open(browser)
    await text(opened.page.locator('#ring-empty'), /The ring has no nodes yet/)
    expect(await opened.page.locator('#nodes').isVisible()).toBe(false)
  })
})

describe('a node that is looked at', () => {
  test('is lit in the drawing, by pointer and by keyboard, and stays when it is pinned', async () => {
    const opened = await open(browser, { nodes: nodeIds(8) })
    const { page } = opened
    const lit = () =>
      page
        .locator('#ring .node-part.is-lit')
        .evaluateAll((parts) => parts.map((part) => (part as SVGElement).dataset.node))
    await page.getByRole('row', { name: /node3/ }).hover()
    await expect.poll(lit).toEqual(['node3', 'node3'])
    await page.mouse.move(0, 0)
    await expect.poll(lit).toEqual([])
    await page.getByRole('button', { name: 'node1' }).focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByLabel('Key', { exact: true }).focus()
    await expect.poll(lit).toEqual(['node2', 'node2'])
    expect(await page.getByRole('button', { name: 'node2', pressed: true }).count()).toBe(1)
    await text(page.locator('#ring-middle'), /^node2\d/)
    await page.keyboard.press('Escape')
    await expect.poll(lit).toEqual([])
  })
})

describe('200 nodes', () => {
  test('can be searched and sorted, in a table that scrolls', async () => {
    const opened = await open(browser, {
      nodes: nodeIds(200),
      prepare: ({ ring }) => ring.setNodeStatus('node77', 'dead'),
    })
    const { page } = opened
    const rows = page.locator('#nodes-body tr')
    const first = rows.first().locator('.name')
    expect(await rows.count()).toBe(200)
    await text(first, 'node1')
    await page.getByRole('button', { name: 'Share of all keys' }).click()
    const { nodes }: RingAnswer = ringAnswer(opened.node.ring, 'node1', false)
    const largest = [...nodes].sort((a, b) => b.share - a.share)[0]!
    await text(first, largest.id)
    expect(
      await page
        .locator('#nodes-head')
        .getByRole('columnheader', { name: 'Share of all keys' })
        .getAttribute('aria-sort'),
    ).toBe('descending')
    await text(page.locator('#nodes-count'), '200 nodes')
    await page.getByLabel('Search nodes').fill('dead')
    await text(page.locator('#nodes-count'), '1 of 200 nodes')
    await text(first, 'node77')
    const isScrolling = await page.locator('.nodes-scroll').evaluate((box) => box.clientHeight <= 480)
    expect(isScrolling).toBe(true)
  })
})

describe('where a key is', () => {
  test('is answered with owner, replicas in order, and the place on the ring', async () => {
    const opened = await open(browser, { nodes: nodeIds(8) })
    const { page, node } = opened
    await page.getByLabel('Key', { exact: true }).fill('user:42 ü/?&=')
    await page.keyboard.press('Enter')
    const { owner, replicas, token } = node.ring.explain('user:42 ü/?&=')
    await text(page.locator('.replicas'), new RegExp(replicas.map(({ id }) => id).join('.*')))
    await text(page.locator('.key-facts'), new RegExp(`${owner}.*${token}`))
    const point = await page
      .locator('.ring-marker line')
      .evaluate((line) => [line.getAttribute('x2'), line.getAttribute('y2')])
    const angle = (Number(token) / 2 ** 64) * 2 * Math.PI
    expect(Number(point[0])).toBeCloseTo(Math.sin(angle) * 99, 3)
    expect(Number(point[1])).toBeCloseTo(-Math.cos(angle) * 99, 3)
    await text(page.getByRole('status').last(), new RegExp(`Owner ${owner}`))
  })

  test('names nobody to ask first where nobody of them may answer', async () => {
    const { page, node } = await open(browser, { nodes: nodeIds(8) })
    const find = async (key: string) => {
      await page.getByLabel('Key', { exact: true }).fill(key)
      await page.keyboard.press('Enter')
      await text(page.locator('.key-head'), `Key ${key}`)
    }
    await find('a')
    await text(page.locator('.replicas'), /asked first/)
    node.isSelecting = false
    await find('b')
    expect(await page.locator('.replicas li').count()).toBe(3)
    expect(plain((await page.locator('#key-result').textContent())!)).not.toMatch(/asked first|undefined/)
  })

  test('follows the ring when it changes', async () => {
    const opened = await open(browser, { nodes: nodeIds(8) })
    const { page, node } = opened
    await page.getByLabel('Key', { exact: true }).fill('user:42')
    await page.keyboard.press('Enter')
    const first = node.ring.getNode('user:42')
    await text(page.locator('.key-facts div').first(), new RegExp(`Owner.*${first}`))
    node.ring.removeNode(first)
    await text(page.locator('.key-facts div').first(), new RegExp(`Owner.*${node.ring.getNode('user:42')}`))
  })

  test('is not asked without a key', async () => {
    const { page, node } = await open(browser, { nodes: nodeIds(3) })
    await page.getByLabel('Key', { exact: true }).fill('user:42')
    await page.keyboard.press('Enter')
    await page.locator('.replicas').waitFor()
    await page.getByLabel('Key', { exact: true }).fill('')
    await page.keyboard.press('Enter')
    await text(page.locator('#key-error'), 'Which key? Type one.')
    expect(await page.locator('#key-result *, .ring-marker *').count()).toBe(0)
    expect(node.requests.filter((request) => request.includes('/cluster/route'))).toHaveLength(1)
  })

  test('says why where there is no answer', async () => {
    const opened = await open(browser)
    const { page, refusals } = opened
    await page.getByLabel('Key', { exact: true }).fill('a')
    await page.keyboard.press('Enter')
    await text(page.locator('#key-error'), /0 nodes/)
    expect(refusals.splice(0)).toEqual(['400 /cluster/route'])
  })
})
