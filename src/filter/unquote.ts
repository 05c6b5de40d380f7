const SIMPLE: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\\": "\\", '"': '"' };
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.)|$)/gs;

/** What stands between quotes or backticks, escapes undone as Go's `strconv.Unquote` does it; `undefined` when an escape is wrong. */
export function unquote(literal: string): string | undefined {
  const inside = literal.slice(1, -1);
  if (literal.startsWith("`")) return inside.replaceAll("\r", "");
  if (inside.includes("\n")) return undefined;
  if (!inside.includes("\\")) return inside;
  let wrong = false;
  const bytes: Buffer[] = [];
  let from = 0;
  for (const match of inside.matchAll(ESCAPE)) {
    const [whole, hex, short, long, octal, simple] = match;
    bytes.push(Buffer.from(inside.slice(from, match.index)));
    from = match.index + whole.length;
    const point = Number.parseInt(short ?? long ?? "0", 16);
    const byte = hex !== undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal ?? "0", 8);
    const char = simple === undefined ? undefined : SIMPLE[simple];
    if (hex !== undefined || octal !== undefined) {
      wrong ||= byte > 0xff;
      bytes.push(Buffer.from([byte & 0xff]));
    } else if (short !== undefined || long !== undefined) {
      const valid = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
      wrong ||= !valid;
      if (valid) bytes.push(Buffer.from(String.fromCodePoint(point)));
    } else if (char !== undefined) bytes.push(Buffer.from(char));
    else wrong = true;
  }
  bytes.push(Buffer.from(inside.slice(from)));
  return wrong ? undefined : Buffer.concat(bytes).toString("utf8");
}
