import type { KeptOutput } from "../../platform/index.ts";

/** A report's text, cut at the limit with a word about it. Consul's form. */
export function cutReport(text: string, maxBytes: number): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  return `${cutText(Buffer.from(text).subarray(0, maxBytes))} ... (captured ${maxBytes} of ${bytes} bytes)`;
}

/** A text that may end within a character: each byte of that shows as one sign for it, as in Go. */
function cutText(bytes: Buffer): string {
  let whole = bytes.length;
  while (whole > 0 && isContinuation(bytes[whole - 1] ?? 0)) whole--;
  const begun = bytes[whole - 1] ?? 0;
  const rest = bytes.length - whole;
  const wanted = begun >= 0xf0 ? 3 : begun >= 0xe0 ? 2 : begun >= 0xc0 ? 1 : 0;
  if (rest >= wanted) return bytes.toString("utf8");
  return bytes.subarray(0, whole - 1).toString("utf8") + "\uFFFD".repeat(rest + 1);
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** What a program printed, of which only the end was kept. Consul's form. */
export function programOutput({ kept, totalBytes }: KeptOutput): string {
  const text = kept.toString("utf8");
  return totalBytes > kept.length ? `Captured ${kept.length} of ${totalBytes} bytes\n...\n${text}` : text;
}
