import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { describe, expect, test } from 'vitest'

import type { Block, Field } from '../../../dist/config/field.js'
import { FIELDS } from '../../../dist/config/fields.js'
import { GOSSIP_TIMERS } from '../../../dist/config/gossip-fields.js'
import type { PresetName } from '../../../dist/config/presets.js'
import { loadClusterConfig } from '../../../dist/index.js'

describe('presets', () => {
  const timers = (text: string) => {
    const { heartbeatIntervalSeconds, failureDetectionTimeoutSeconds, gossip } = loadClusterConfig(text, {
      env: {},
    }).cluster
    return [heartbeatIntervalSeconds, failureDetectionTimeoutSeconds, ...Object.values(gossip)]
  }

  const LOCAL = [1, 3, 0.5, 0.2, 3, 4, 0.1, 3, 4, 2, 2, 5, 2, 86400, 10]
  const LAN = [5, 30, 1, 0.5, 3, 4, 0.2, 3, 4, 5, 5, 30, 5, 86400, 30]
  const WAN = [10, 60, 5, 3, 3, 6, 0.5, 4, 4, 15, 10, 60, 10, 86400, 60]

  test.each([
    ['local', LOCAL],
    ['lan', LAN],
    ['wan', WAN],
  ])('%s', (preset, expected) => {
    expect(timers(`cluster: { preset: ${preset} }`)).toEqual(expected)
  })

  test('lan is the default, and a value that is given wins', () => {
    expect(timers('{}')).toEqual(LAN)
    const given = 'cluster: { preset: local, heartbeat_interval_seconds: 0.5, gossip: { gossip_fanout: 9 } }'
    expect(timers(given)).toEqual([0.5, 3, 0.5, 0.2, 3, 4, 0.1, 9, 4, 2, 2, 5, 2, 86400, 10])
  })
})

describe('docs/config.md, by hand', () => {
  const rows = (first: RegExp) =>
    readFileSync(resolve(__dirname, '../../../docs/config.md'), 'utf8')
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
      .filter(([, name]) => name !== undefined && first.test(name))
  const { cluster } = FIELDS.fields as { cluster: Block }
  const timersOf = (preset: PresetName) => (name: string) =>
    (({ ...cluster.fields, ...GOSSIP_TIMERS })[name] as Field).byPreset![preset]

  test('works the time to notice a failure out by the formula', () => {
    const worked = rows(/^(local|lan|wan)$/).filter((cells) => cells.length === 9)
    expect(worked).toHaveLength(6)
    for (const [, name, nodes, waits, probe, suspicion, mean, most] of worked) {
      const timer = timersOf(name as PresetName)
      const interval = timer('probe_interval_seconds')
      const multiplier = timer('suspicion_multiplier')
      const lasts = Math.min(
        timer('failure_detection_timeout_seconds'),
        multiplier * Math.max(1, Math.log10(Number(nodes))) * interval,
      )
      expect([Number(probe), Number(suspicion)]).toEqual([interval, Number(lasts.toFixed(1))])
      const [wait, waitMost] = /^([\d.]+) \(([\d.]+)\)$/.exec(waits!)!.slice(1).map(Number)
      const sum = (first: number) => (first + Number(probe) + Number(suspicion)).toFixed(1)
      expect([mean, most]).toEqual([sum(wait!), sum(waitMost!)])
    }
  })
})
