/** Whether a client takes gzip, by its `Accept-Encoding`: a weight above 0 counts, `*` does not, as in Consul's handler. */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  if (header === undefined || header.length === 0) return false;
  const text = typeof header === "string" ? header : header.join(",");
  let accepted = false;
  for (const part of text.split(",")) {
    const [coding = "", ...settings] = part.split(";").map((piece) => piece.trim());
    if (coding.toLowerCase() === "gzip") accepted = weightOf(settings) > 0;
  }
  return accepted;
}

/** The last setting decides, even when it is no weight; a weight that is no number takes the coding out. */
function weightOf(settings: readonly string[]): number {
  let weight = 1;
  for (const setting of settings) {
    if (!setting.startsWith("q=")) {
      weight = 1;
      continue;
    }
    weight = /^[0-9.eE+-]+$/.test(setting.slice(2)) ? Number(setting.slice(2)) : Number.NaN;
    if (Number.isNaN(weight)) return 0;
  }
  return weight;
}
