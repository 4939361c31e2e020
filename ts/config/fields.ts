/** Every field of a configuration: the one source of checks, defaults, documents, schema and types. */

import { CLUSTER } from './cluster-fields.js'
import { address, bearerToken, block, field, flag, oneOf, numberAbove, text, wholeNumber } from './field.js'

const HTTP = block('HttpConfig', 'The server for people, scrapers and probes.', {
  enabled: field(flag(), {
    default: true,
    description: 'Whether there is one. Without it the node has no page, no probes and no metrics.',
  }),
  bind_address: field(address(), {
    default: '127.0.0.1',
    description:
      'Address that it listens on, whatever cluster.bind_address is. Any that is not loopback ' +
      '(127.0.0.0/8, ::1, localhost) needs http.token.',
  }),
  port: field(wholeNumber(0, 65_535), {
    default: 8080,
    description: 'Port that it listens on; 0 is any free one. It must not be cluster.bind_port.',
  }),
  token: field(bearerToken(), {
    isSecret: true,
    example: 'at-least-16-random-characters',
    description:
      'Secret that every request but those of the probes and of the empty page must bring, as ' +
      '"Authorization: Bearer …". At least 16 random characters; best given as HYPERCACHE_HTTP_TOKEN, ' +
      'not in a file. It is never shown.',
  }),
  drain_seconds: field(numberAbove(0, 600, ' of seconds', true), {
    default: 1,
    description:
      'How long requests are still accepted after the node has said that it is not ready, in seconds; ' +
      "fractions are allowed. Longer than the interval of the load balancer's probe loses no request; " +
      'each stop takes as much longer.',
  }),
})

const LOGGING = block('LoggingConfig', 'The log of the process.', {
  level: field(oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), {
    default: 'info',
    description:
      'Which lines are written: those of this level, and of all that are more severe; silent is none.',
  }),
})

const EVENTS = block('EventsConfig', 'Events of the cluster: members, ring, health.', {
  log_size: field(wholeNumber(0, 1_000_000), {
    default: 1_000,
    description:
      'Events that are kept in memory, the last ones, for the page and for late readers. 0 is none.',
  }),
  log_file: field(text(4_096), {
    example: 'events.jsonl',
    description:
      'File to which each event is added as a line of JSON; it is read again after a restart. Relative ' +
      'to the directory that the process runs in. None where absent.',
  }),
  log_file_max_bytes: field(wholeNumber(1_024, 2 ** 40), {
    default: 16 * 2 ** 20,
    description:
      'Size in bytes at which log_file is put aside as the one old file, and begun anew: both together ' +
      'take at most twice as much.',
  }),
  queue_limit: field(wholeNumber(1, 1_000_000), {
    default: 10_000,
    description:
      'Events that may wait for one slow reader. One more is lost to that reader, counted, and told to ' +
      'it. More takes more memory.',
  }),
})

/** The whole table. */
export const FIELDS = block('ClusterConfig', 'The configuration of a node.', {
  cluster: CLUSTER,
  http: HTTP,
  logging: LOGGING,
  events: EVENTS,
})
