import type { KeptOutput } from "../../platform/index.ts";

/** A report's text, cut at the limit with a word about it. Consul's form. */
export function cutReport(text: string, maxBytes: number): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return text;
  return `${Buffer.from(text).subarray(0, maxBytes).toString("utf8")} ... (captured ${maxBytes} of ${bytes} bytes)`;
}

/** What a program printed, of which only the end was kept. Consul's form. */
export function programOutput({ kept, totalBytes }: KeptOutput): string {
  const text = kept.toString("utf8");
  return totalBytes > kept.length ? `Captured ${kept.length} of ${totalBytes} bytes\n...\n${text}` : text;
}
