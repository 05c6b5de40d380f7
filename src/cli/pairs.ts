import { goQuote } from "../base/go-quote.ts";
import { refused, tooMany } from "./asking.ts";
import type { Terminal } from "./command.ts";
import type { FlagSpec, Flags } from "./flags.ts";
import { flagList } from "./usage.ts";

/** Of -node-meta, as the API takes it; an exit code when it cannot be read, or when there are words that are no flags, which is told. */
export function nodeMetaOf(flags: Flags, specs: readonly FlagSpec[], terminal: Terminal): readonly string[] | number {
  if (flags.rest.length > 0) return refused(terminal, tooMany(flags, "0"));
  const meta = pairsOf(flags, { flag: "node-meta", specs, terminal });
  return typeof meta === "number" ? meta : meta.map(([key, value]) => `${key}:${value}`);
}

/** The values of a flag that has the form name=value, in the order given; an exit code when one has not, which is told with the list of flags. */
export function pairsOf(
  flags: Flags,
  { flag, specs, terminal }: { readonly flag: string; readonly specs: readonly FlagSpec[]; readonly terminal: Terminal },
): readonly (readonly [string, string])[] | number {
  const found: [string, string][] = [];
  for (const text of flags.strings(flag)) {
    const equals = text.indexOf("=");
    if (equals === -1) {
      const fault = `invalid value ${goQuote(text)} for flag -${flag}: Missing "=" value in argument: ${text}`;
      return refused(terminal, `${fault}\n${flagList(specs)}`);
    }
    found.push([text.slice(0, equals), text.slice(equals + 1)]);
  }
  return found;
}
