/** Watches of one agent: each holds a blocking query at its own HTTP door. */
export const WATCHES_MAX = 1_024;
/** Handlers of one agent that run at once; further ones wait their turn. They share the machine with the agent. */
export const HANDLERS_AT_ONCE = 32;
/** How much of a handler's output is logged: the end of it. Consul's number. */
export const HANDLER_OUTPUT_BYTES = 4 * 1024;
/** What an HTTP handler may take that says nothing about it. Consul's number. */
export const WEB_HANDLER_TIMEOUT_MS = 10_000;
