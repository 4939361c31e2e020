/** Everything: the ring, and the nodes and the cluster around it. */

export type {
  CoordinatorState,
  HealthCheckResult,
  HealthReport,
  Member,
  MembershipChange,
  MembershipChangeType,
  RingAgreementMetrics,
} from './cluster-types.js'
export { systemClock } from './clock.js'
export type { Clock, Timer } from './clock.js'
export type { ClusterConfigInput } from './config/cluster-config-input.js'
export type {
  ClusterConfig,
  ClusterSection,
  EventsConfig,
  GossipConfig,
  HashRingConfig,
  HttpConfig,
  LoggingConfig,
  SerfConfig,
} from './config/cluster-config.js'
export type { HostFacts } from './config/host.js'
export { loadClusterConfig, resolveClusterConfig, validateClusterConfig } from './config/load-config.js'
export type { ConfigSource, LoadConfigOptions, ResolvedClusterConfig } from './config/resolved-config.js'
export type { CoordinatorService } from './coordinator/coordinator-service.js'
export type { CoordinatorOptions, DistributedOptions } from './coordinator/coordinator-options.js'
export { DistributedCoordinator } from './coordinator/distributed-coordinator.js'
export { SimpleCoordinator } from './coordinator/simple-coordinator.js'
export { startCluster } from './coordinator/start-cluster.js'
export type {
  EventBus,
  EventBusMetrics,
  EventListener,
  EventLogMetrics,
  EventLogQuery,
  ListenOptions,
  SubscribeOptions,
} from './events/event-bus.js'
export type {
  BroadcastEvent,
  ClusterEvent,
  CoordinatorEvent,
  CustomEvent,
  EventMap,
  EventType,
  EventsLost,
  MemberEvent,
  RebalancePlanned,
  RingAgreed,
  RingDiverged,
} from './events/event-map.js'
export { LamportClock } from './events/lamport-clock.js'
export { SimpleEventBus } from './events/simple-event-bus.js'
export type { SimpleEventBusOptions } from './events/bus-options.js'
export type { HealthCheck, HealthCheckOptions } from './health/health-check.js'
export { SLICE_COUNT } from './http/api.js'
export type {
  ChangeView,
  ErrorAnswer,
  EventsAnswer,
  HealthAnswer,
  LiveAnswer,
  LeaveAnswer,
  LeaveRequest,
  MembersAnswer,
  PlanAnswer,
  PlanRequest,
  PlannedRing,
  ReadyAnswer,
  RingAnswer,
  RingNodeView,
  RouteAnswer,
  Slices,
  TransferView,
} from './http/api.js'
export { startHttpServer } from './http/http-server.js'
export type { HttpLogger, HttpServer, HttpServerOptions } from './http/http-server.js'
export type { BroadcastMessage, ReceivedBroadcast } from './events/broadcast.js'
export type { DistributedMembership, NetworkMetrics, Placement } from './membership/distributed-membership.js'
export { GossipMembership } from './membership/gossip/gossip-membership.js'
export type { GossipMembershipOptions } from './membership/gossip/gossip-options.js'
export type {
  MembershipMetrics,
  MembershipProvider,
  MembershipSubscription,
} from './membership/membership-provider.js'
export { SerfMembership } from './membership/serf/serf-membership.js'
export type { SerfAgentOptions, SerfMembershipOptions, SerfTimings } from './membership/serf/serf-options.js'
export { SimpleMembership } from './membership/simple-membership.js'
export type { LocalNode } from './membership/local-node.js'
export type { ClusterMetrics } from './metrics/cluster-metrics.js'
export { PrometheusExporter } from './metrics/prometheus.js'
export type { AnsweredRequest, MetricsSource } from './metrics/prometheus.js'
export type {
  ReplicaSelection,
  ReplicaSelectionName,
  ReplicaSelector,
  SelectionContext,
} from './routing/replica-selection.js'
export { RingRouting } from './routing/ring-routing.js'
export type { RingRoutingOptions } from './routing/ring-routing.js'
export type { RoutingProvider } from './routing/routing-provider.js'
export * from './ring/index.js'
