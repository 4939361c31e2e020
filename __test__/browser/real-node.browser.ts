import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startHttpServer } from '../../dist/http/http-server.js'
import { startCluster } from '../../dist/index.js'
import { percent } from '../../page/format.js'
import { launch, plain, text, watchFaults } from './open-page'

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

/** A node as `hypercache serve` runs it, at a port that is free, and its page. */
async function serve(http: object = {}, cluster: object = {}) {
  const coordinator = await startCluster({
    cluster: { nodeId: 'node1', clusterName: 'shop', ...cluster },
    http: { drainSeconds: 0, ...http },
  })
  const server = await startHttpServer(coordinator, { port: 0 })
  const page = await browser.newPage()
  const faults = watchFaults(page, `${server.url}/`)
  onTestFinished(async () => {
    await page.close()
    await coordinator.stop()
    await server.close()
    await coordinator.close()
    expect(faults).toEqual([])
  })
  await page.goto(server.url)
  return { coordinator, page }
}

async function workOutNode2(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'What if there were a second node?' }).click()
  await text(page.locator('#plan-summary'), /would move/)
  return plain((await page.locator('#plan-summary').textContent())!)
}

describe('the page of a node that runs', () => {
  test('shows its ring, works out a second node, finds keys, and follows what happens', async () => {
    const { coordinator, page } = await serve()
    await text(page.locator('#live'), 'Live')
    await text(page.locator('#ready'), 'Ready')
    await text(page.getByRole('heading', { level: 1 }), 'shop')
    await text(page.locator('.event-text').last(), /node1/)
    const { ring } = coordinator.routing
    using plan = ring.plan({ add: ['node2'] })
    expect(await workOutNode2(page)).toContain(plain(percent(plan.movedShare)))
    await page.getByLabel('Key', { exact: true }).fill('user:42')
    await page.keyboard.press('Enter')
    await text(page.locator('.key-facts'), new RegExp(String(ring.token('user:42'))))
    ring.addNode({ id: 'node2', zone: 'b' })
    await text(page.locator('#change .lead'), new RegExp(plain(percent(plan.movedShare))))
    expect(await page.locator('#nodes-body tr').count()).toBe(2)
    coordinator.events.publish('custom', { name: 'deploy' })
    await text(page.locator('.event-text').first(), 'deploy')
    coordinator.registerHealthCheck('disk', () => {
      throw new Error('97 % full')
    })
    await coordinator.health()
    await text(page.locator('#ready'), 'Not ready')
    await text(page.locator('#reasons'), /97 % full/)
  })

  test('says at the field what the node refuses', async () => {
    const { page } = await serve()
    await text(page.locator('#live'), 'Live')
    await page.getByLabel('Weight', { exact: true }).fill('-3')
    await page.getByRole('button', { name: 'Work it out' }).click()
    await text(page.locator('.plan-row .field-error'), /weight is -3/)
  })

  test('asks for the token, and tells nothing of where tokens of a seeded ring lie', async () => {
    const { coordinator, page } = await serve(
      { token: 'a-token-of-32-characters-at-least' },
      { hashRing: { hashSeed: 42 } },
    )
    await page.getByLabel('Token', { exact: true }).fill('a-token-of-32-characters-at-least')
    await page.keyboard.press('Enter')
    await text(page.locator('#live'), 'Live')
    await page.getByLabel('Key', { exact: true }).fill('user:42')
    await page.keyboard.press('Enter')
    await text(page.locator('#key-result'), /kept secret/)
    await workOutNode2(page)
    const shown = await page.content()
    expect(shown).not.toContain(String(coordinator.routing.ring.token('user:42')))
    expect(await page.locator('.ring-tokens').count()).toBe(0)
  })
})
