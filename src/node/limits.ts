/** How long a call to a server elsewhere may take beyond its own wait. */
export const REMOTE_CALL_MS = 30_000;
/** When every server has been tried without success, the next round begins after this at most. Consul's jitter is of this order. */
export const PAUSE_BETWEEN_ROUNDS_MS = 200;
/** How often a client takes another order of servers, and how much later at random, so that load spreads again after servers were away. Consul's `clientRPCMinReuseDuration`. */
export const REBALANCE_MS = 120_000;
export const REBALANCE_SPREAD_MS = 60_000;
/** How often a server looks whether servers of its own datacenter are missing in the WAN pool. Consul's flood interval. */
export const FLOOD_JOIN_MS = 60_000;
/** How long one who leaves tries to hand its leadership over, and to be taken out of raft's configuration. */
export const LEAVE_STEP_MS = 5_000;
/** An agent that is alone in its pool and was told of others tries them again after this even when it has joined before. */
export const ALONE_AGAIN_MS = 30_000;
/** How often a server looks whether one that the pool holds for failed is connected to it all the same. */
export const RECONNECT_MS = 2_000;
/** From the first join that met nobody to the next; twice as long each time, within the first `retry_interval`. */
export const FIRST_JOIN_PAUSE_MS = 500;
