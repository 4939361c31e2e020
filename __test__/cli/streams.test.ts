import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'

import { afterAll, describe, expect, test, vi } from 'vitest'

import { Progress } from '../../ts/cli/progress.js'
import { ENTRY, FIVE, numberedKeys, peakOf, run, scratch } from './run-cli.js'

const files = scratch()
afterAll(files.remove)

const isWindows = process.platform === 'win32'

function endOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('close', resolve))
}

describe.skipIf(isWindows)('a reader that goes away ends the run quietly', () => {
  const node = `'${process.execPath}' '${ENTRY}'`
  const path = files.write('keys.txt', numberedKeys(500_000))
  test.each([
    ['keys without end', `yes | ${node} ring route --nodes a,b --keys - 2>err | head -n 1`, 1],
    [
      'JSON without end',
      `yes | ${node} ring route --nodes a,b --keys - --json --replicas 2 2>err | head -n 2`,
      2,
    ],
    ['a file', `${node} ring route --nodes a,b --keys '${path}' 2>err | head -n 1`, 1],
    ['nobody from the start', `${node} ring route --nodes a,b --keys '${path}' 2>err | true`, 0],
    ['help', `${node} --help 2>err | true`, 0],
  ])('%s', (_, command, lineCount) => {
    const script = `{ ${command}; echo "\${PIPESTATUS[@]}" >codes; }; cat err >&2; cat codes >&2`
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: files.path, timeout: 50_000 })
    expect(stdout.toString().split('\n').length - 1).toBe(lineCount)
    // The code of `yes` is that of its broken pipe; nothing but the codes is on stderr.
    expect(stderr.toString()).toMatch(/^(\d+ )?0 0\n$/)
  })

  test('it stops reading', async () => {
    const child = spawn(process.execPath, [ENTRY, 'ring', 'route', '--nodes', 'a', '--keys', '-'])
    child.stdin.on('error', () => undefined)
    const timer = setInterval(() => child.stdin.write('key\n'.repeat(1_000)), 1)
    child.stdout.once('data', () => child.stdout.destroy())
    expect(await endOf(child)).toBe(0)
    clearInterval(timer)
  })
})

test('answers come while the input is still open', async () => {
  const child = spawn(process.execPath, [ENTRY, 'ring', 'route', '--nodes', 'n', '--keys', '-'])
  const ended = endOf(child)
  child.stdin.write('first\nsec')
  const seen = await new Promise<Buffer>((resolve) => child.stdout.once('data', resolve))
  expect(seen.toString()).toBe('first\tn\n')
  const rest = new Promise<Buffer>((resolve) => child.stdout.once('data', resolve))
  child.stdin.end('ond')
  expect((await rest).toString()).toBe('second\tn\n')
  expect(await ended).toBe(0)
})

test('output that is read late is complete', async () => {
  const child = spawn(process.execPath, [
    ENTRY,
    'ring',
    'route',
    ...FIVE,
    '--keys',
    files.write('many.txt', numberedKeys(300_000)),
  ])
  const ended = endOf(child)
  await new Promise((resolve) => setTimeout(resolve, 700))
  let lineCount = 0
  for await (const piece of child.stdout)
    lineCount += (piece as Buffer).toString('latin1').split('\n').length - 1
  expect(lineCount).toBe(300_000)
  expect(await ended).toBe(0)
})

describe('failures while running: code 1 and one line', () => {
  test.skipIf(!existsSync('/dev/full'))('a full disk', () => {
    const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const
    const done = spawnSync(process.execPath, [ENTRY, 'ring', 'route', '--nodes', 'n', 'k'], {
      stdio: [...stdio],
    })
    expect(done.status).toBe(1)
    expect(done.stderr.toString()).toBe('hypercache: cannot write the output: no space left on the device\n')
  })

  test.skipIf(!existsSync('/proc/self/mem'))('a file that cannot be read on', () => {
    const { code, stderr } = run(['ring', 'analyze', '--nodes', 'n', '--keys', '/proc/self/mem'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^hypercache: cannot read the keys from "\/proc\/self\/mem": [^\n]+\n$/)
  })
})

test.skipIf(isWindows)('a directory as standard input', () => {
  const stdio = [openSync(files.path, 'r'), 'pipe', 'pipe'] as const
  const done = spawnSync(process.execPath, [ENTRY, 'ring', 'route', '--nodes', 'n', '--keys', '-'], {
    stdio: [...stdio],
  })
  expect(done.status).toBe(2)
  expect(done.stderr.toString()).toBe(
    'hypercache: cannot read the keys from standard input: it is a directory\n',
  )
})

describe('two million lines take little memory', () => {
  const piece = numberedKeys(10_000)

  test.each([
    ['route', ['ring', 'route', ...FIVE, '--keys', '-']],
    ['route --json', ['ring', 'route', ...FIVE, '--keys', '-', '--json']],
    ['route --replicas', ['ring', 'route', ...FIVE, '--keys', '-', '--replicas', '3']],
    ['analyze', ['ring', 'analyze', ...FIVE, '--keys', '-']],
    ['plan', ['ring', 'plan', ...FIVE, '--add', 'node6', '--keys', '-']],
  ])(
    '%s',
    async (_, args) => {
      const { code, stdoutBytes, peakMegabytes } = await peakOf(args, Array<string>(200).fill(piece))
      expect(code).toBe(0)
      expect(stdoutBytes).toBeGreaterThan(args.includes('route') ? piece.length * 200 : 100)
      expect(peakMegabytes).toBeGreaterThan(20)
      expect(peakMegabytes).toBeLessThan(200)
    },
    60_000,
  )
})

describe('progress', () => {
  function shown(isTTY: boolean, isAllowed: boolean): string[] {
    vi.useFakeTimers({ toFake: ['performance'] })
    const written: string[] = []
    const stream = { isTTY, write: (text: string) => written.push(text), on: () => stream }
    const progress = new Progress(stream as never, isAllowed)
    for (let step = 0; step < 15; step += 1) {
      vi.advanceTimersByTime(100)
      progress.add(1_000)
    }
    progress.end()
    vi.useRealTimers()
    return written
  }

  test('after a second, five times a second, cleared in the end', () => {
    expect(shown(true, true)).toEqual([
      '\r\u001b[K10,000 keys, 10,000 per second',
      '\r\u001b[K12,000 keys, 10,000 per second',
      '\r\u001b[K14,000 keys, 10,000 per second',
      '\r\u001b[K',
    ])
  })

  test('silent where nobody would see it, or lines of output share the terminal', () => {
    expect(shown(false, true)).toEqual([])
    expect(shown(true, false)).toEqual([])
  })
})
