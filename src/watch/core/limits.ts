/** After a question that failed: this, four times, nine times this, up to the other. Consul's numbers. */
export const RETRY_BASE_MS = 5_000;
export const RETRY_MAX_MS = 180_000;
/** After an answer that nobody waited for although one should have: an agent that does not block must not be asked without end. */
export const UNBLOCKED_PAUSE_MS = 1_000;
