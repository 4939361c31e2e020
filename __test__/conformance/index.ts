/** The conformance suites: for who writes a provider of their own. See `docs/providers.md`. */

export { coordinatorConformance, type CoordinatorUnderTest } from './coordinator'
export { eventBusConformance, type EventBusUnderTest } from './event-bus'
export {
  membershipConformance,
  type MembershipConformanceOptions,
  type MembershipUnderTest,
  type OtherMembers,
} from './membership'
