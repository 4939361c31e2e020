/** What the log of a Serf agent tells that its RPC does not. */

/** A line of the log that means something here. */
export type LogNews =
  /** A probe of this member got no answer: this agent suspects it. */
  | { type: 'suspected'; id: string }
  /** Another agent has suspected this one, which has objected. */
  | { type: 'refuted' }
  /**
   * The list of members has changed. Events tell it too, but up to four seconds later: agents collect them.
   */
  | { type: 'members' }

/**
 * What a line of the log says. The texts are those of memberlist 0.1.3 to 0.6 and of Serf 0.8.2 to 0.10; the
 * level before them may be another.
 */
export function logNews(line: string): LogNews | undefined {
  // Greedy: a member may be called anything.
  const suspected = /\] memberlist: Suspect (.+) has failed, no acks received$/s.exec(line)
  if (suspected !== null) return { type: 'suspected', id: suspected[1]! }
  if (/\] memberlist: Refuting a (suspect|dead) message \(from: /.test(line)) return { type: 'refuted' }
  if (/\] serf: EventMember(Join|Leave|Failed|Update|Reap)\b/.test(line)) return { type: 'members' }
  return undefined
}

/**
 * The lines that are new. An agent begins a stream of its log with the last 512 lines, which may be hours
 * old; the connection itself is one of them: what comes before it is old.
 */
export class NewLines {
  readonly #connection: RegExp
  #isNew = false

  /** @param localPort Port of this end of the connection. */
  constructor(localPort: number) {
    this.#connection = new RegExp(`\\] agent\\.ipc: Accepted client: .*:${localPort}$`)
  }

  /** Takes all lines that follow as new: where the connection has another port at the agent's end. */
  begin(): void {
    this.#isNew = true
  }

  /** Whether a line is new. */
  take(line: string): boolean {
    if (this.#isNew) return true
    this.#isNew = this.#connection.test(line)
    return false
  }
}
