import { LinearPattern } from "../base/linear-pattern.ts";
import type { Flags } from "./flags.ts";

/** What is wrong with the flags that choose whom an event means (-node, -service, -tag), in Consul's words; `undefined`: nothing. */
export function patternFault(flags: Flags): string | undefined {
  for (const filter of ["node", "service", "tag"]) {
    if (filter === "tag" && flags.string("tag") !== "" && flags.string("service") === "") return "Cannot provide tag filter without service filter.";
    const fault = LinearPattern.fault(flags.string(filter));
    if (fault !== undefined) return `Failed to compile ${filter} filter regexp: ${fault}`;
  }
  return undefined;
}
