/**
 * The configuration of a node, as a program sees it. Generated: npm run generate:config. Over 400 lines,
 * because every field is documented where editors show it.
 */

import type { HashFunctionName, NodeStatus } from '../types.js'

/** How keys are placed. The same on every node of a cluster. Frozen. */
export interface HashRingConfig {
  /**
   * Points on the ring of a node of weight 1. Points of a node = round(weight ×
   * virtualNodeCount), at least 1. More spread keys more evenly (the spread between
   * nodes falls with the square root) and take more memory, 12 to 16 bytes a point,
   * and more time at each change of the nodes. Allowed: a whole number from 1 to
   * 65,536.
   * @defaultValue 256
   */
  readonly virtualNodeCount: number
  /**
   * Nodes that are to have each key: the owner and the next ones clockwise. More
   * survive more failures and cost as many times the memory. A cluster of fewer
   * nodes uses all it has. Allowed: a whole number from 1 to 65,535.
   * @defaultValue 3
   */
  readonly replicationFactor: number
  /**
   * Hash that places keys and virtual nodes. xxhash64 is fast; sha256 is slower by
   * far, and nobody can choose keys that all land on one node more cheaply than by
   * trying. Allowed: one of xxhash64, sha256.
   * @defaultValue 'xxhash64'
   */
  readonly hashFunction: HashFunctionName
  /**
   * Seed of xxhash64, 64 bits; with another hashFunction it must be 0. Another seed
   * is another placement of all keys; 0 is the one that other implementations share.
   * In JSON, a seed above 2^53 is a text of digits. Allowed: a whole number from 0
   * to 18446744073709551615, as a text of digits where it is above 2^53.
   * @defaultValue 0n
   */
  readonly hashSeed: bigint
  /**
   * Whether each thread remembers the tokens of keys that it has looked up. auto is
   * on with every hash function but xxhash64, which is cheaper to compute than to
   * remember. It never changes an answer. Allowed: one of auto, on, off.
   * @defaultValue 'auto'
   */
  readonly lookupCache: 'auto' | 'on' | 'off'
  /**
   * Keys that the lookup cache of a thread holds at the most; the least recently
   * used one makes room. Takes about 100 bytes a key. 0 is none. Allowed: a whole
   * number from 0 to 16,000,000.
   * @defaultValue 10000
   */
  readonly lookupCacheSize: number
  /**
   * Statuses in which a node answers for keys. A suspicion is a doubt and not a
   * verdict: without suspected in the list, each one moves all keys of a node, and
   * moves them back when it passes. Allowed: a list of 1 to 5 statuses.
   * @defaultValue ['alive','suspected','updating']
   */
  readonly routableStatuses: readonly NodeStatus[]
  /**
   * Whether the replicas of a key are spread over zones, so that the loss of a zone
   * takes one of them at the most. The owner is never changed by zones. Wants
   * cluster.zone on every node. Allowed: true or false.
   * @defaultValue false
   */
  readonly zoneAware: boolean
}

/**
 * Timers of membership: gossip. The preset sets them; docs/config.md has the time
 * to notice a failure. Frozen.
 */
export interface GossipConfig {
  /**
   * Time between two probes that this node sends, each to one other member, in
   * seconds. A failed member is probed by somebody after one such interval in the
   * mean. Shorter notices a failure sooner; each node sends and answers 1 ÷ this
   * many probes a second, whatever the size of the cluster. Allowed: a number of
   * seconds from 0.01 to 86,400.
   * @defaultValue by preset: local 0.5, lan 1, wan 5
   */
  readonly probeIntervalSeconds: number
  /**
   * Time that a probed member has to answer before others are asked to probe it too,
   * in seconds, less than probeIntervalSeconds: the rest of the interval is what
   * those have. Above the round trip of nearly all datagrams; less asks for help
   * without need, more leaves less time for it. Allowed: a number of seconds from
   * 0.01 to 86,400.
   * @defaultValue by preset: local 0.2, lan 0.5, wan 3
   */
  readonly probeTimeoutSeconds: number
  /**
   * Members that are asked to probe the one that did not answer. More find a way
   * around a bad link more often, and cost 4 datagrams each. Allowed: a whole number
   * from 1 to 64.
   * @defaultValue 3
   */
  readonly indirectProbeCount: number
  /**
   * How long a member that has not answered is suspected before it is dead:
   * suspicionMultiplier × max(1, log10(members)) × probeIntervalSeconds, at most
   * failureDetectionTimeoutSeconds. More forgives a longer pause; less moves keys
   * away from a failed node sooner. Allowed: a number from 1 to 100.
   * @defaultValue by preset: local 4, lan 4, wan 6
   */
  readonly suspicionMultiplier: number
  /**
   * Time between two datagrams of news to gossipFanout members, in seconds. All of
   * them know after about gossipIntervalSeconds × log(members) ÷ log(1 +
   * gossipFanout). Shorter spreads news, and the word of a suspected node that it is
   * well, faster, for more datagrams. Allowed: a number of seconds from 0.01 to
   * 86,400.
   * @defaultValue by preset: local 0.1, lan 0.2, wan 0.5
   */
  readonly gossipIntervalSeconds: number
  /**
   * Members that get the news each time. More spread it faster, and lose it more
   * seldom, for as many times the datagrams. Allowed: a whole number from 1 to 64.
   * @defaultValue by preset: local 3, lan 3, wan 4
   */
  readonly gossipFanout: number
  /**
   * How often a node tells each piece of news: retransmitMultiplier × ⌈log10(members
   * + 1)⌉ times. More reaches everybody in spite of more loss, for as many times the
   * bytes. Allowed: a whole number from 1 to 20.
   * @defaultValue 4
   */
  readonly retransmitMultiplier: number
  /**
   * Time between two exchanges of all that is known with another member, over TCP,
   * in seconds. They repair what gossip has lost. Shorter repairs sooner; an
   * exchange costs bytes by the number of members, and by their metadata where it
   * changed. Allowed: a number of seconds from 0.01 to 86,400.
   * @defaultValue by preset: local 2, lan 5, wan 15
   */
  readonly syncIntervalSeconds: number
  /**
   * Time that such an exchange may take, to connect included, in seconds. It fails
   * then, and another one follows. Longer forgives a slow network; shorter finds a
   * peer that hangs sooner. Allowed: a number of seconds from 0.01 to 86,400.
   * @defaultValue by preset: local 2, lan 5, wan 10
   */
  readonly syncTimeoutSeconds: number
  /**
   * Longest wait between two tries to reach the seeds while none has answered, in
   * seconds. Waits grow up to it, and the tries never end. Shorter joins sooner
   * after the seeds have come up; longer costs them less. Allowed: a number of
   * seconds from 0.01 to 86,400.
   * @defaultValue by preset: local 5, lan 30, wan 60
   */
  readonly seedRetryMaxSeconds: number
  /**
   * Time that a node which leaves takes at most to have the others know, in seconds.
   * It stops then in any case; who did not hear of it takes it for failed. Allowed:
   * a number of seconds from 0.01 to 86,400.
   * @defaultValue by preset: local 2, lan 5, wan 10
   */
  readonly leaveTimeoutSeconds: number
  /**
   * Time after which a dead member is forgotten, with its points on the ring, in
   * seconds. Longer than any outage that nodes come back from: until then they are
   * members, shown as dead, and get their keys back as they come. Allowed: a number
   * of seconds above 0, at most 7,776,000.
   * @defaultValue 86400
   */
  readonly reapAfterSeconds: number
  /**
   * Time for which live members may have rings that differ before ring:diverged is
   * published and health tells of it, in seconds. While a change spreads they
   * differ: more than syncIntervalSeconds. Shorter tells sooner, longer does so only
   * of what does not pass. Allowed: a number of seconds from 0.01 to 86,400.
   * @defaultValue by preset: local 10, lan 30, wan 60
   */
  readonly divergenceSeconds: number
}

/** The Serf agent beside this node, for membership: serf. Frozen. */
export interface SerfConfig {
  /**
   * Where the agent takes requests, its rpcAddr: host:port, or [IPv6 address]:port.
   * Serf's protocol is not encrypted: an agent for each node, on the same machine.
   * Allowed: host:port, or [IPv6 address]:port, with a port from 1 to 65,535.
   * @defaultValue '127.0.0.1:7373'
   */
  readonly rpcAddress: string
  /**
   * Secret that the agent asks for, its rpcAuth; best given as
   * HYPERCACHE_CLUSTER_SERF_RPC_AUTH_KEY, not in a file. It is never shown. Allowed:
   * a text of 1 to 1,024 bytes without control characters.
   */
  readonly rpcAuthKey?: string
}

/** The node, and the cluster that it is a part of. Frozen. */
export interface ClusterSection {
  /**
   * Timers for a kind of network: local (one machine), lan (one data center), wan
   * (between data centers). It sets heartbeatIntervalSeconds,
   * failureDetectionTimeoutSeconds and the timers of gossip where they are not
   * given. Short timers notice a failure sooner, and take a slow network for one
   * more often. Allowed: one of local, lan, wan.
   * @defaultValue 'lan'
   */
  readonly preset: 'local' | 'lan' | 'wan'
  /**
   * Name of this node, unique in the cluster. It decides which keys the node owns: a
   * node that comes back under another id takes over other keys. Set it, to
   * something that survives a restart. Allowed: a text of 1 to 255 bytes without
   * control characters.
   * @defaultValue the host name and a short random suffix, the same for the life of
   * the process
   */
  readonly nodeId: string
  /**
   * Name of the cluster. Nodes of different names never join each other. Allowed: a
   * text of 1 to 255 bytes without control characters.
   * @defaultValue 'hypercache'
   */
  readonly clusterName: string
  /**
   * Address that the membership side listens on. 127.0.0.1 is this machine alone;
   * 0.0.0.0 or :: is every address that it has. With membership: gossip, any that is
   * not loopback (127.0.0.0/8, ::1, localhost) needs encryptionKeys. The HTTP server
   * has its own, http.bindAddress. Allowed: an IP address without brackets, or a
   * host name.
   * @defaultValue '127.0.0.1'
   */
  readonly bindAddress: string
  /**
   * Port that the membership side listens on, over UDP and TCP. It must not be that
   * of the HTTP server. Allowed: a whole number from 1 to 65,535.
   * @defaultValue 7946
   */
  readonly bindPort: number
  /**
   * Address by which other nodes reach this one. Set it behind a translation of
   * addresses, or on a machine with several. Allowed: an IP address without
   * brackets, or a host name.
   * @defaultValue bindAddress; where that is 0.0.0.0 or ::, the first external
   * address of that family
   */
  readonly advertiseAddress: string
  /**
   * Port by which other nodes reach this one. Set it where ports are mapped.
   * Allowed: a whole number from 1 to 65,535.
   * @defaultValue bindPort
   */
  readonly advertisePort: number
  /**
   * Nodes to contact first, as host:port or [IPv6 address]:port. One that answers is
   * enough; two or three let a node start while one of them is away. membership:
   * simple contacts nobody. Allowed: a list of at most 256 addresses.
   * @defaultValue []
   */
  readonly seeds: readonly string[]
  /**
   * Share of keys relative to the other nodes: fair share = weight ÷ sum of all
   * weights. A node with twice the memory has twice the weight. A change moves only
   * keys of this node. round(weight × virtualNodeCount) is at most 16,000,000.
   * Allowed: a number above 0, at most 16,000,000.
   * @defaultValue 1
   */
  readonly weight: number
  /**
   * Failure domain of this node: a rack, a data center. Used with
   * hashRing.zoneAware. A node without one is a zone of its own. Allowed: a text of
   * 1 to 255 bytes without control characters.
   */
  readonly zone?: string
  /**
   * Words for what this node can do, told to the others. They change no placement.
   * Allowed: a list of at most 256 texts.
   * @defaultValue []
   */
  readonly capabilities: readonly string[]
  /**
   * Names and texts, told to the other nodes with every change: keep it small.
   * Numbers are written in quotes. They change no placement. Allowed: a mapping of
   * at most 256 names to texts.
   * @defaultValue {}
   */
  readonly metadata: Readonly<Record<string, string>>
  /**
   * Who the other nodes are, and how that is known. simple is a cluster of this node
   * alone, which contacts nobody. With gossip the nodes find and watch each other,
   * at bindAddress and bindPort. With serf a Serf agent does that beside each of
   * them. Allowed: one of simple, gossip, serf.
   * @defaultValue 'simple'
   */
  readonly membership: 'simple' | 'gossip' | 'serf'
  /**
   * Keys of membership: gossip, as "npx hypercache keygen" prints one. The first
   * seals what this node sends, all of them open what it gets. To change the key
   * without a pause: add the new one as the second on every node, then make it the
   * first on every node, then take the old one away. Best given as
   * HYPERCACHE_CLUSTER_ENCRYPTION_KEYS, separated by commas, not in a file. They are
   * never shown. Allowed: a list of 1 to 8 keys.
   */
  readonly encryptionKeys?: readonly string[]
  /**
   * Whether membership: gossip may listen on other addresses than loopback without
   * encryptionKeys. Then who can send to bindPort can join, read everything and
   * declare nodes dead: only in a network that nobody else can reach, or that
   * encrypts by itself. Allowed: true or false.
   * @defaultValue false
   */
  readonly allowUnencrypted: boolean
  /** How keys are placed. The same on every node of a cluster. */
  readonly hashRing: HashRingConfig
  /**
   * Time between two heartbeats, the coordinator's own timer that runs the health
   * checks, in seconds; fractions are allowed. Shorter sees a failed check sooner
   * and costs more time. Allowed: a number of seconds from 0.01 to 86,400.
   * @defaultValue by preset: local 1, lan 5, wan 10
   */
  readonly heartbeatIntervalSeconds: number
  /**
   * Most time that a node which does not answer is suspected before it is dead, in
   * seconds, at least 2 × heartbeatIntervalSeconds. With membership: gossip a
   * suspicion lasts min(failureDetectionTimeoutSeconds, gossip.suspicionMultiplier ×
   * max(1, log10(members)) × gossip.probeIntervalSeconds). Less moves keys away from
   * a failed node of a large cluster sooner; more forgives a longer pause there.
   * Allowed: a number of seconds above 0, at most 86,400.
   * @defaultValue by preset: local 3, lan 30, wan 60
   */
  readonly failureDetectionTimeoutSeconds: number
  /**
   * Time that the event loop of this process may stand still, in seconds: 0 for
   * ever, or at least 2 × heartbeatIntervalSeconds. After it the node tells the
   * others that it has stalled, and they see it as suspected; after as much again
   * its keys are for others to have, as those of a dead node. When the loop turns
   * again it takes both back. 0 is for nodes whose data are served without
   * JavaScript. Allowed: a number of seconds from 0 to 86,400.
   * @defaultValue failureDetectionTimeoutSeconds
   */
  readonly stallTimeoutSeconds: number
  /**
   * Whether metadata is agreed on by consensus. There is none in this version.
   * Allowed: false.
   * @defaultValue false
   */
  readonly consensusEnabled: false
  /**
   * Entries of the log of the consensus after which it is to be made short. Kept for
   * the consensus that is to come; nothing reads it in this version. Allowed: a
   * whole number from 1 to 1,000,000,000.
   * @defaultValue 1000
   */
  readonly snapshotThreshold: number
  /**
   * Timers of membership: gossip. The preset sets them; docs/config.md has the time
   * to notice a failure.
   */
  readonly gossip: GossipConfig
  /** The Serf agent beside this node, for membership: serf. */
  readonly serf: SerfConfig
}

/** The server for people, scrapers and probes. Frozen. */
export interface HttpConfig {
  /**
   * Whether there is one. Without it the node has no page, no probes and no metrics.
   * Allowed: true or false.
   * @defaultValue true
   */
  readonly enabled: boolean
  /**
   * Address that it listens on, whatever cluster.bindAddress is. Any that is not
   * loopback (127.0.0.0/8, ::1, localhost) needs http.token. Allowed: an IP address
   * without brackets, or a host name.
   * @defaultValue '127.0.0.1'
   */
  readonly bindAddress: string
  /**
   * Port that it listens on; 0 is any free one. It must not be cluster.bindPort.
   * Allowed: a whole number from 0 to 65,535.
   * @defaultValue 8080
   */
  readonly port: number
  /**
   * Secret that every request but those of the probes and of the empty page must
   * bring, as "Authorization: Bearer …". At least 16 random characters; best given
   * as HYPERCACHE_HTTP_TOKEN, not in a file. It is never shown. Allowed: a text of 1
   * to 1,024 printable ASCII characters without spaces.
   */
  readonly token?: string
  /**
   * How long requests are still accepted after the node has said that it is not
   * ready, in seconds; fractions are allowed. Longer than the interval of the load
   * balancer's probe loses no request; each stop takes as much longer. Allowed: a
   * number of seconds from 0 to 600.
   * @defaultValue 1
   */
  readonly drainSeconds: number
}

/** The log of the process. Frozen. */
export interface LoggingConfig {
  /**
   * Which lines are written: those of this level, and of all that are more severe;
   * silent is none. Allowed: one of trace, debug, info, warn, error, fatal, silent.
   * @defaultValue 'info'
   */
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
}

/** Events of the cluster: members, ring, health. Frozen. */
export interface EventsConfig {
  /**
   * Events that are kept in memory, the last ones, for the page and for late
   * readers. 0 is none. Allowed: a whole number from 0 to 1,000,000.
   * @defaultValue 1000
   */
  readonly logSize: number
  /**
   * File to which each event is added as a line of JSON; it is read again after a
   * restart. Relative to the directory that the process runs in. None where absent.
   * Allowed: a text of 1 to 4,096 bytes without control characters.
   */
  readonly logFile?: string
  /**
   * Size in bytes at which logFile is put aside as the one old file, and begun anew:
   * both together take at most twice as much. Allowed: a whole number from 1,024 to
   * 1,099,511,627,776.
   * @defaultValue 16777216
   */
  readonly logFileMaxBytes: number
  /**
   * Events that may wait for one slow reader. One more is lost to that reader,
   * counted, and told to it. More takes more memory. Allowed: a whole number from 1
   * to 1,000,000.
   * @defaultValue 10000
   */
  readonly queueLimit: number
}

/** The configuration of a node. Frozen. */
export interface ClusterConfig {
  /** The node, and the cluster that it is a part of. */
  readonly cluster: ClusterSection
  /** The server for people, scrapers and probes. */
  readonly http: HttpConfig
  /** The log of the process. */
  readonly logging: LoggingConfig
  /** Events of the cluster: members, ring, health. */
  readonly events: EventsConfig
}
