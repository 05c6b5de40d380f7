import type { Index } from "../../../src/base/ids.ts";
import type { StateMachine } from "../../../src/raft/index.ts";
import type { RaftRules } from "../checkers/raft-rules.ts";
import type { SimProcess } from "../engine/process.ts";
import { hashBytes, hashText } from "../engine/random.ts";

/** The machine, with each command and what it made of it told to the rules: the same everywhere at the same index. */
export function observed(machine: StateMachine, process: SimProcess, rules: RaftRules): StateMachine {
  return {
    apply: (index: Index, data) => {
      const result = machine.apply(index, data);
      const digest = hashBytes(data);
      rules.appliedCommand(process, { index, chain: digest ^ hashText(textOf(result)), digest });
      return result;
    },
    applied: (upTo) => {
      machine.applied(upTo);
      rules.appliedUpTo(process);
    },
    snapshot: () => machine.snapshot(),
    restore: (read, meta) => machine.restore(read, meta),
  };
}

function textOf(result: unknown): string {
  return JSON.stringify(result, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value)) ?? "";
}
