/** Characters of an expression: the longest that a program writes are some kilobytes; parsing this many takes a few milliseconds. */
export const maxExpressionLength = 64 * 1024;
/** Brackets and `not` within one another: each is a level of recursion. */
export const maxDepth = 200;
/** Compiled expressions kept for each kind of row: a handful is what the clients of a cluster repeat. */
export const maxCached = 64;
/** A longer expression is compiled each time rather than kept. */
export const maxCachedLength = 4 * 1024;
