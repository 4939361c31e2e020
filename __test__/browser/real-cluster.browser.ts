/** The page of a node among others, in processes of their own: one is killed, and comes back. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

import { servedCluster } from '../helpers/served-cluster'
import { launch, plain, text, watchFaults } from './open-page'

const screenshots = join(__dirname, '..', '..', '.cache', 'screenshots')

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

const rowOf = (page: Page, id: string) => page.locator('#nodes-body tr', { hasText: id })

async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(screenshots, { recursive: true })
  await page.screenshot({ path: join(screenshots, `cluster-${name}.png`), fullPage: true })
}

test('a member that is killed is shown as suspected, then as dead, and comes back', async () => {
  const cluster = await servedCluster(3, { 'cluster.gossip.suspicion_multiplier': '8' })
  onTestFinished(() => cluster.end())
  for (const id of cluster.ids) cluster.start(id)
  await cluster.settled({ node1: 'alive', node2: 'alive', node3: 'alive' })
  const { url } = cluster.node('node1')
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const faults = watchFaults(page, `${url}/`)
  onTestFinished(() => page.close())
  await page.goto(url)
  await text(page.locator('#live'), 'Live')
  await text(page.locator('#agreement'), '✓All 3 live members have the same ring.')
  for (const id of cluster.ids) await text(rowOf(page, id).locator('.status'), '● alive')
  const shareOf = async (id: string) => plain((await rowOf(page, id).locator('strong').textContent())!)
  const before = await Promise.all(cluster.ids.map(shareOf))
  await screenshot(page, 'well')

  cluster.node('node3').kill('SIGKILL')
  await text(rowOf(page, 'node3').locator('.status'), '◐ suspected')
  await text(rowOf(page, 'node3').locator('.status-since'), /^since \S+/)
  // A doubt moves no key.
  expect(await Promise.all(cluster.ids.map(shareOf))).toEqual(before)
  await screenshot(page, 'suspected')
  await text(rowOf(page, 'node3').locator('.status'), '✕ dead')
  await text(rowOf(page, 'node3').locator('strong'), '0 %')
  await text(page.locator('#agreement'), '✓All 2 live members have the same ring.')
  await text(page.locator('.event-text', { hasText: 'node3 failed' }).first(), /suspected → dead/)
  await page.locator('#network-summary').click()
  await text(page.locator('#network-facts'), /Probes\d+ sent, [1-9]\d* not answered/)
  await text(page.locator('#network-facts'), /Datagrams\d[\d,]* in, \d[\d,]* out/)
  await screenshot(page, 'dead')

  cluster.start('node3')
  await text(rowOf(page, 'node3').locator('.status'), '● alive')
  await text(page.locator('#agreement'), '✓All 3 live members have the same ring.')
  await expect.poll(() => Promise.all(cluster.ids.map(shareOf)), { timeout: 20_000 }).toEqual(before)
  expect(faults).toEqual([])
  await screenshot(page, 'back')

  cluster.node('node2').kill('SIGTERM')
  await expect.poll(() => page.locator('#nodes-body tr').count(), { timeout: 20_000 }).toBe(2)
  await text(page.locator('.event-text', { hasText: 'node2 left' }).first(), /node2 left on purpose/)
})
