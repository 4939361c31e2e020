/** Opens the page of a node in a browser, and says what went wrong there. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type Locator, type Page, chromium } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { MockNode, type MockOptions } from './mock-node'

const screenshots = join(__dirname, '..', '..', '.cache', 'screenshots')

export function launch(): Promise<Browser> {
  // Chromium's own sandbox needs rights that containers do not give.
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
}

/** How the page is to be opened. */
export interface OpenOptions extends MockOptions {
  width?: number
  colorScheme?: 'light' | 'dark'
  reducedMotion?: 'reduce' | 'no-preference'
  /** Whether to wait until there is a ring and a stream. @defaultValue true */
  isAwaited?: boolean
  /** What is done with the node before the page is opened. */
  prepare?: (node: MockNode) => void
}

/** A page that is open, and its node. */
export interface Opened {
  node: MockNode
  page: Page
  /** Answers of 400 and above, as `status path`: a test takes those that it wants out of the list. */
  refusals: string[]
  screenshot: (name: string) => Promise<void>
}

/**
 * Opens the page of a node, until the test ends. Then nothing must have gone wrong in it: no error, no
 * request to anybody else, nothing that the content policy forbids, no refusal that the test has not taken
 * out of the list.
 */
export async function open(browser: Browser, options: OpenOptions = {}): Promise<Opened> {
  const { width = 1440, colorScheme, reducedMotion, isAwaited = true, prepare, ...nodeOptions } = options
  const node = new MockNode(nodeOptions)
  prepare?.(node)
  await node.start()
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, reducedMotion })
  const faults = watchFaults(page, node.address)
  const refusals: string[] = []
  page.on('response', (response) => {
    if (response.status() >= 400) refusals.push(`${response.status()} ${new URL(response.url()).pathname}`)
  })
  onTestFinished(async () => {
    await page.close()
    await node.close()
    expect(faults).toEqual([])
    expect(refusals).toEqual([])
  })
  await page.goto(node.address)
  if (isAwaited) await text(page.locator('#live'), 'Live')
  return {
    node,
    page,
    refusals,
    screenshot: async (name) => {
      mkdirSync(screenshots, { recursive: true })
      await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true })
    },
  }
}

/** What goes wrong in a page from now on: errors, what its policy forbids, and requests to anybody else. */
export function watchFaults(page: Page, address: string): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    // Refused and unanswered requests are reported too; tests look at those themselves.
    const isOfNetwork = message.text().startsWith('Failed to load resource')
    if (['error', 'warning'].includes(message.type()) && !isOfNetwork) faults.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith('data:')) faults.push(request.url())
  })
  return faults
}

/** Stops the time of a page: its timers run when the test says so, by `page.clock.runFor`. */
export async function stopTime(page: Page): Promise<void> {
  await page.clock.install()
  await page.clock.pauseAt(Date.now() + 1_000)
}

/** Waits until an element has a text. */
export async function text(locator: Locator, expected: string | RegExp): Promise<void> {
  const found = expect.poll(async () => plain((await locator.textContent()) ?? ''), { timeout: 20_000 })
  await (typeof expected === 'string' ? found.toBe(expected) : found.toMatch(expected))
}

/** A text with spaces that are just spaces. */
export function plain(value: string): string {
  return value.replace(/\s+/g, ' ').trim()
}

/** Ids `node1`, `node2`, … */
export function nodeIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `node${index + 1}`)
}
