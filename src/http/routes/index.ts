import { openapiRoute } from "../openapi.ts";
import type { Route } from "../route.ts";
import { aclRoutes } from "./acl.ts";
import { agentRoutes } from "./agent.ts";
import { agentCheckRoutes } from "./agent-checks.ts";
import { agentHealthRoutes } from "./agent-health.ts";
import { agentServiceRoutes } from "./agent-services.ts";
import { catalogRoutes } from "./catalog.ts";
import { coordinateRoutes } from "./coordinate.ts";
import { eventRoutes } from "./event.ts";
import { healthRoutes } from "./health.ts";
import { instanceRoutes } from "./instances.ts";
import { internalRoutes } from "./internal.ts";
import { keyringRoutes } from "./keyring.ts";
import { kvRoutes } from "./kv.ts";
import { meshRoutes } from "./mesh.ts";
import { operatorRoutes } from "./operator.ts";
import { profileRoutes } from "./profiles.ts";
import { queryRoutes } from "./query.ts";
import { sessionRoutes } from "./session.ts";
import { snapshotRoutes } from "./snapshot.ts";
import { statusRoutes } from "./status.ts";
import { txnRoutes } from "./txn.ts";

/** Everything that is answered below `/v1/`, and profiles. The order of methods within a path is that of the `Allow` header. */
export const ROUTES: readonly Route[] = [
  ...kvRoutes,
  ...txnRoutes,
  ...sessionRoutes,
  ...catalogRoutes,
  ...healthRoutes,
  ...instanceRoutes,
  ...internalRoutes,
  ...queryRoutes,
  ...statusRoutes,
  ...operatorRoutes,
  ...keyringRoutes,
  ...snapshotRoutes,
  ...agentRoutes,
  ...agentServiceRoutes,
  ...agentCheckRoutes,
  ...agentHealthRoutes,
  ...eventRoutes,
  ...coordinateRoutes,
  ...aclRoutes,
  ...meshRoutes,
  ...profileRoutes,
  openapiRoute,
];
