/** The version of Consul whose behaviour this is: what clients ask for in `agent/self` and see in the catalog. */
export const consulVersion = "1.8.7";
/** Kvorum's own, as in `package.json`. */
export const version = "0.1.0";
