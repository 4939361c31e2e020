// All scenarios, in the order in which they are run.

import { compounds } from './scenarios/compounds.mjs'
import { crashes } from './scenarios/crashes.mjs'
import { cuts } from './scenarios/cuts.mjs'
import { pauses } from './scenarios/pauses.mjs'
import { seeds } from './scenarios/seeds.mjs'
import { unreachables } from './scenarios/unreachables.mjs'

export const scenarios = [...crashes, ...pauses, ...seeds, ...cuts, ...unreachables, ...compounds]
