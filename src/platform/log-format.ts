import type { LogLevel, LogLine } from "./ports.ts";

const PADDED: { readonly [K in LogLevel]: string } = {
  trace: "[TRACE]",
  debug: "[DEBUG]",
  info: "[INFO] ",
  warn: "[WARN] ",
  error: "[ERROR]",
};
const RANKS: { readonly [K in LogLevel]: number } = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 };

/** Whether a line of `level` is to be seen by who asked for `least`. */
export function levelReaches(level: LogLevel, least: LogLevel): boolean {
  return RANKS[level] >= RANKS[least];
}

/** `2026-11-20T10:42:50.123Z [INFO]  agent: message: key=value`, without a line end; as Consul's agent prints it. */
export function formatLogLine(line: LogLine): string {
  let text = `${new Date(line.at).toISOString()} ${PADDED[line.level]} ${line.name}: ${line.message}`;
  let separator = ": ";
  for (const [key, value] of Object.entries(line.fields ?? {})) {
    if (value === undefined) continue;
    text += `${separator}${key}=${typeof value === "string" && needsQuotes(value) ? JSON.stringify(value) : value}`;
    separator = " ";
  }
  return text;
}

/** One JSON object a line, with the names that Consul's `log_json` uses. */
export function formatLogJson(line: LogLine): string {
  return JSON.stringify({
    "@level": line.level,
    "@message": line.message,
    "@module": line.name,
    "@timestamp": new Date(line.at).toISOString().replace("Z", "000Z"), // Consul's has microseconds
    ...line.fields,
  });
}

function needsQuotes(value: string): boolean {
  return /[ \t\n\r]/.test(value);
}
