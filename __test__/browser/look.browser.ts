import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contrast } from '../helpers/contrast'
import { type Opened, launch, nodeIds, open, stopTime, text } from './open-page'

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

const hostileIds = [
  '<img src=x onerror="document.title=1">',
  '"><script>document.title=1</script>',
  'x'.repeat(255),
  'ש'.repeat(120),
  '\u202edefforts',
  '🦀🦀 crab',
  '  spaces  ',
]

/** Uses every part of the page, so that everything that it can show is there. */
async function useEverything({ page, node }: Opened): Promise<void> {
  const [first, second] = node.ring.nodes()
  node.ring.setNodeStatus(first!.id, 'dead')
  node.publish('member:failed', { member: { id: first!.id, status: 'dead' }, previous: { status: 'alive' } })
  await text(page.locator('#facts div').first(), /Version ?2/)
  await page.getByLabel('Key', { exact: true }).fill('k'.repeat(300))
  await page.getByRole('button', { name: 'Find' }).click()
  await page.locator('.replicas').waitFor()
  await page.getByRole('button', { name: 'Remove a node' }).click()
  await page.keyboard.insertText(second!.id)
  await page.getByRole('button', { name: 'Change a node' }).click()
  await page.keyboard.insertText(node.ring.nodes()[2]!.id)
  await page.getByLabel('Status', { exact: true }).selectOption('leaving')
  await page.getByRole('button', { name: 'Work it out' }).click()
  await page.locator('#plan-result').waitFor()
  await page.locator('.events-list summary').first().click()
  await page.locator('#checks-summary').click()
}

const overflow = (page: Page) =>
  page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    // What sticks out of the window, so that a failure names it.
    const wide = [...document.body.querySelectorAll('*')].filter((part) => {
      const { right, width } = part.getBoundingClientRect()
      return width > 1 && right > clientWidth + 1 && part.closest('pre') === null
    })
    return [scrollWidth - clientWidth, ...wide.map((part) => `${part.tagName}.${part.className} ${part.id}`)]
  })

describe('the page', () => {
  test.each([
    [375, 'light', 8],
    [375, 'dark', 200],
    [768, 'light', 3],
    [768, 'dark', 8],
    [1440, 'light', 8],
    [1440, 'dark', 200],
  ] as const)(
    'at %i pixels, %s, with %i nodes, needs no sideways scrolling',
    async (width, colorScheme, count) => {
      const nodes = nodeIds(count).map((id, index) => ({ id, zone: `eu-west-1${'abc'[index % 3]}` }))
      const opened = await open(browser, { nodes, width, colorScheme })
      await useEverything(opened)
      await opened.screenshot(`used-${width}-${colorScheme}-${count}`)
      expect(await overflow(opened.page)).toEqual([0])
    },
  )

  test.each([
    [1, 1440],
    [1, 375],
    [0, 375],
  ])('with %i nodes at %i pixels needs none either', async (count, width) => {
    const opened = await open(browser, { nodes: nodeIds(count), width })
    await opened.screenshot(`first-${width}-${count}`)
    expect(await overflow(opened.page)).toEqual([0])
  })

  test('shows hostile names as text, whole in their tooltips, and within its width', async () => {
    const opened = await open(browser, { nodes: hostileIds, clusterName: hostileIds[0], width: 375 })
    const { page } = opened
    await useEverything(opened)
    await opened.screenshot('hostile-375')
    expect(await page.locator('img, body script').count()).toBe(0)
    expect(await page.title()).toBe(`${hostileIds[0]} – HyperCache`)
    const names = await page
      .locator('#nodes-body .name')
      .evaluateAll((found) => found.map((name) => [name.textContent, name.getAttribute('title')]))
    expect(names.map(([shown]) => shown).sort()).toEqual([...hostileIds].sort())
    expect(names.every(([shown, title]) => shown === title)).toBe(true)
    expect(await overflow(page)).toEqual([0])
  })

  test('moves nothing where people want no motion', async () => {
    const { page } = await open(browser, { nodes: nodeIds(3), reducedMotion: 'reduce' })
    const moving = await page.evaluate(
      () =>
        [...document.querySelectorAll('*')].filter((part) => {
          const { transitionDuration, animationName } = getComputedStyle(part)
          return transitionDuration !== '0s' || animationName !== 'none'
        }).length,
    )
    expect(moving).toBe(0)
  })
})

describe('contrast', () => {
  /** Each text of the page as it is painted: its colour and the ground below it. */
  const texts = (page: Page) =>
    page.evaluate(() => {
      const groundOf = (part: Element | null): string => {
        if (part === null) return 'rgb(255, 255, 255)'
        const { backgroundColor } = getComputedStyle(part)
        return backgroundColor === 'rgba(0, 0, 0, 0)' ? groundOf(part.parentElement) : backgroundColor
      }
      return [...document.body.querySelectorAll<HTMLElement>('*')]
        .filter((part) => part.checkVisibility() && part.closest('svg') === null)
        .filter((part) =>
          [...part.childNodes].some((child) => child.nodeType === 3 && child.textContent?.trim()),
        )
        .map((part) => ({
          name: `${part.tagName}.${part.className} ${part.textContent?.slice(0, 20)}`,
          ink: getComputedStyle(part).color,
          ground: groundOf(part),
        }))
    })

  test.each(['light', 'dark'] as const)('of every text is that of WCAG AA, %s', async (colorScheme) => {
    const opened = await open(browser, { nodes: nodeIds(40), colorScheme })
    await useEverything(opened)
    const found = await texts(opened.page)
    expect(found.length).toBeGreaterThan(100)
    expect(found.filter(({ ink, ground }) => contrast(ink, ground) < 4.5)).toEqual([])
  })

  test.each(['light', 'dark'] as const)(
    'of every arc and field to its ground is 3 : 1, %s',
    async (colorScheme) => {
      const { page } = await open(browser, { nodes: nodeIds(40), colorScheme })
      const [ground, ...fills] = await page.evaluate(() => [
        getComputedStyle(document.querySelector('.card')!).backgroundColor,
        ...[...document.querySelectorAll('#ring .node-part')].map((part) => getComputedStyle(part).fill),
        ...[...document.querySelectorAll('input, select')].map(
          (part) => getComputedStyle(part).borderTopColor,
        ),
      ])
      expect(new Set(fills).size).toBeGreaterThan(40)
      expect(fills.filter((fill) => contrast(fill, ground) < 3)).toEqual([])
    },
  )
})

describe('without a mouse', () => {
  test('everything is reached in the order of the page, and the focus is seen', async () => {
    const { page } = await open(browser, { nodes: nodeIds(3) })
    const stops: string[] = []
    for (;;) {
      await page.keyboard.press('Tab')
      const stop = await page.evaluate(() => {
        const focused = document.activeElement!
        const isSeen = getComputedStyle(focused).outlineStyle === 'solid'
        const name =
          focused.id || (focused.textContent ?? '').trim() || focused.getAttribute('aria-label') || ''
        return focused === document.body ? '' : `${name}${isSeen ? '' : ' (unseen)'}`
      })
      if (stop === '' || stops.includes(stop)) break
      stops.push(stop)
    }
    expect(stops).toEqual([
      'Skip to the ring',
      'checks-summary',
      'Node',
      'Status',
      'Weight',
      'Share of all keys',
      '1node1',
      'key-input',
      'Find',
      'plan-1-id',
      'plan-1-weight',
      'plan-1-zone',
      '✕',
      'plan-add',
      'plan-remove',
      'plan-update',
      'plan-clear',
      'Work it out',
      'events-filter',
      'events-pause',
    ])
  })

  test('the first stop skips to the ring', async () => {
    const { page } = await open(browser, { nodes: nodeIds(3) })
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
  })
})

describe('for screen readers', () => {
  test('there are landmarks, and headings without a gap', async () => {
    const { page } = await open(browser, { nodes: nodeIds(3) })
    for (const role of ['banner', 'main'] as const) expect(await page.getByRole(role).count()).toBe(1)
    const regions = ['Who owns what', 'Where is a key', 'What the last change moved', 'What if', 'Events']
    for (const name of regions) {
      expect(await page.getByRole('region', { name, exact: true }).count()).toBe(1)
      expect(await page.getByRole('heading', { name, exact: true, level: 2 }).count()).toBe(1)
    }
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
  })

  test('every field and button has a name', async () => {
    const opened = await open(browser, { nodes: nodeIds(12) })
    await useEverything(opened)
    const { page } = opened
    for (const role of ['textbox', 'combobox', 'button', 'searchbox', 'table'] as const) {
      const all = await page.getByRole(role).count()
      expect(await page.getByRole(role, { name: /\S/ }).count(), role).toBe(all)
    }
  })

  test('events are announced one at a time, not each of a flood', async () => {
    const { page, node } = await open(browser, { nodes: nodeIds(3) })
    const announcer = page.locator('#announcer')
    await stopTime(page)
    const publish = async (name: string) => {
      node.publish('custom', { name })
      await text(page.locator('.event-text').first(), name)
      await page.clock.runFor(500)
    }
    await publish('first')
    await text(announcer, 'first')
    for (const name of ['second', 'third', 'fourth']) await publish(name)
    await text(announcer, 'first')
    await page.clock.runFor(4_000)
    await text(announcer, 'fourth')
  })
})
