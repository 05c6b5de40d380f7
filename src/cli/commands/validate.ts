import { ConfigError, loadConfig } from "../../config/index.ts";
import { refused } from "../asking.ts";
import type { Command } from "../command.ts";
import { diskFiles, thisHost } from "../host.ts";
import { FileError } from "../input.ts";

export const validate: Command = {
  usage: "validate [options] FILE_OR_DIRECTORY...",
  help: `Reads configuration files as agent would and tells what is wrong with them, without starting anything. It takes the whole set of
files, since parts alone are seldom valid.`,
  flags: [
    { name: "config-format", kind: "string", help: "Reads all files as 'json' or 'hcl', whatever their ending." },
    { name: "quiet", kind: "bool", help: "Prints nothing when all is well." },
  ],
  async run(flags, terminal) {
    if (flags.rest.length === 0) return refused(terminal, "Must specify at least one config file or directory");
    const values = new Map<string, string | readonly string[]>([["config-file", flags.rest]]);
    if (flags.has("config-format")) values.set("config-format", flags.string("config-format"));
    try {
      const { warnings } = await loadConfig({ flags: values, files: diskFiles, host: thisHost });
      if (flags.bool("quiet")) return 0;
      for (const warning of warnings) terminal.error(warning);
      terminal.print("Configuration is valid!");
      return 0;
    } catch (error) {
      if (!(error instanceof ConfigError || error instanceof FileError)) throw error;
      return refused(terminal, `Config validation failed: ${error.message}`);
    }
  },
};
