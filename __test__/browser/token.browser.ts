import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch, nodeIds, open, text } from './open-page'

let browser: Browser
beforeAll(async () => void (browser = await launch()))
afterAll(() => browser.close())

let release = () => {}
const focused = (page: Page) => page.evaluate(() => document.activeElement?.id)
const guarded = { nodes: nodeIds(3), token: 's3cret', isAwaited: false }

describe('a node with a token', () => {
  test('is asked for it once, and then shows everything', async () => {
    const opened = await open(browser, guarded)
    const { page, refusals } = opened
    const dialog = page.getByRole('dialog', { name: 'This node wants its token' })
    await dialog.waitFor()
    expect(await page.locator('dialog[open]').count()).toBe(1)
    expect(
      await page.getByLabel('Token', { exact: true }).evaluate((field) => field === document.activeElement),
    ).toBe(true)
    await page.keyboard.type('s3cret')
    await page.keyboard.press('Enter')
    await text(page.locator('#live'), 'Live')
    expect(await page.locator('#nodes-body tr').count()).toBe(3)
    expect(await focused(page)).toBe('cluster-name')
    expect(refusals.splice(0).every((refusal) => refusal.startsWith('401 '))).toBe(true)
    await page.reload()
    await text(page.locator('#live'), 'Live')
    expect(refusals).toEqual([])
    expect(await page.evaluate(() => [localStorage.length, document.cookie])).toEqual([0, ''])
  })

  test('asks one question, which answers that come late do not begin anew', async () => {
    const { page, node, refusals } = await open(browser, {
      ...guarded,
      prepare: (prepared) => (release = prepared.hold('/cluster/events')),
    })
    const field = page.getByLabel('Token', { exact: true })
    await field.fill('s3c')
    release()
    await expect.poll(() => refusals).toContain('401 /cluster/events')
    await field.press('End')
    await page.keyboard.type('ret')
    expect(await field.inputValue()).toBe('s3cret')
    await page.keyboard.press('Enter')
    await text(page.locator('#live'), 'Live')
    expect(node.streamCount).toBe(1)
    refusals.length = 0
  })

  test('refuses a wrong one, says so, and takes the right one', async () => {
    const opened = await open(browser, guarded)
    const { page, refusals } = opened
    await page.getByLabel('Token', { exact: true }).fill('wrong')
    await page.keyboard.press('Enter')
    await text(page.locator('#token-error'), 'That is not the token of this node.')
    expect(await page.getByLabel('Token', { exact: true }).getAttribute('aria-invalid')).toBe('true')
    await page.getByLabel('Token', { exact: true }).fill('tökén')
    await page.keyboard.press('Enter')
    await text(page.locator('#token-error'), /ASCII/)
    await page.getByLabel('Token', { exact: true }).fill('')
    await page.keyboard.press('Enter')
    await text(page.locator('#token-error'), /Type the token/)
    await page.getByLabel('Token', { exact: true }).fill('s3cret')
    await page.keyboard.press('Enter')
    await text(page.locator('#live'), 'Live')
    refusals.length = 0
  })

  test('shows nothing to somebody who has none, and asks again when told to', async () => {
    const opened = await open(browser, guarded)
    const { page, refusals } = opened
    await page.getByRole('button', { name: 'Not now' }).click()
    await text(page.locator('#live'), 'Locked')
    await text(page.locator('#banner-text'), /nothing without its token/)
    expect(await page.locator('dialog[open]').count()).toBe(0)
    await page.getByRole('button', { name: 'Enter token' }).click()
    await page.getByLabel('Token', { exact: true }).fill('s3cret')
    await page.keyboard.press('Enter')
    await text(page.locator('#live'), 'Live')
    expect(await focused(page)).toBe('cluster-name')
    await page.evaluate(() => sessionStorage.clear())
    await page.getByLabel('Key', { exact: true }).fill('user:42')
    await page.keyboard.press('Enter')
    await page.getByLabel('Token', { exact: true }).fill('s3cret')
    await page.keyboard.press('Enter')
    await page.locator('.replicas').waitFor()
    expect(await focused(page)).toBe('key-input')
    refusals.length = 0
  })

  test('is forgotten with all that was shown', async () => {
    const opened = await open(browser, guarded)
    const { page, refusals } = opened
    await page.getByLabel('Token', { exact: true }).fill('s3cret')
    await page.keyboard.press('Enter')
    await text(page.locator('#live'), 'Live')
    await page.getByRole('button', { name: 'Forget token' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
    expect(await page.locator('#nodes-body tr').count()).toBe(0)
    refusals.length = 0
  })
})
