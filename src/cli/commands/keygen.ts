import { randomBytes } from "node:crypto";
import type { Command } from "../command.ts";

const KEY_BYTES = 32;

export const keygen: Command = {
  usage: "keygen",
  help: "Prints a new random key of 32 bytes in base 64, as the setting encrypt takes it.",
  async run(_flags, terminal) {
    terminal.print(randomBytes(KEY_BYTES).toString("base64"));
    return 0;
  },
};
