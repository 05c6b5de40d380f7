/** Objects and lists in each other: more is a mistake, and would end in a stack overflow. */
export const maxConfigDepth = 100;
/** A configuration file: the largest real ones, with thousands of services, are some megabytes. */
export const maxConfigFileBytes = 64 * 1024 * 1024;
/** Addresses that are listed when several could be meant: a host of containers may have hundreds. */
export const ADDRESSES_SHOWN_MAX = 10;
