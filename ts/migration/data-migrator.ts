/** The contract of data migrators. No part of this package moves data yet. */

import type { MovedRange, MovementPlan } from '../types.js'

/** How far a migration has come. Counts are since it began. */
export interface MigrationProgress {
  /** `failed` and `cancelled` leave every range that was not handed over with the node that had it. */
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  readonly rangeCount: number
  /** Ranges whose new owner has confirmed that it has them. */
  readonly handedOverCount: number
  readonly keyCount: number
  readonly valueBytes: number
}

/** A migration that was begun. */
export interface Migration {
  /** Its name, unique in the process. */
  readonly id: string
  progress(): MigrationProgress
  /** Resolves when it has ended, whichever way. Rejects only where the migrator is closed. */
  finished(): Promise<MigrationProgress>
  /** Stops it after the ranges that are under way. May be called again. */
  cancel(): void
}

/**
 * Moves the data that a change of the ring gives to other nodes. A range is handed over as a whole: its new
 * owner answers for it from when it has confirmed that it has everything, its old one until then.
 */
export interface DataMigrator extends Disposable {
  /** Begins to move what a plan says must be copied. The plan must have been made with `replicas`. */
  migrate(plan: MovementPlan): Migration
  /** Gives one range of this node's data to another node. */
  handOff(range: Readonly<MovedRange>, signal?: AbortSignal): Promise<MigrationProgress>
  /** Those that have not ended. */
  migrations(): readonly Migration[]
  /** Cancels all that has not ended. May be called again. */
  close(): void
}
