// What a process has told of the members of its cluster.

/** Keeps events: `{ event, id, atMs }`, the last by `Date.now()`. */
export class Teller {
  events = []

  constructor(id) {
    this.id = id
  }

  /** The events of a type that it has told, since a time. */
  eventsOf(event, sinceMs = 0) {
    return this.events.filter((told) => told.event === event && told.atMs >= sinceMs)
  }

  /** Whether it has told such an event of a member, since a time. */
  has(event, id = this.id, sinceMs = 0) {
    return this.eventsOf(event, sinceMs).some((told) => told.id === id)
  }

  /** When it first told such an event of a member, since a time. */
  firstMs(event, id, sinceMs) {
    return this.eventsOf(event, sinceMs).find((told) => told.id === id).atMs
  }
}
