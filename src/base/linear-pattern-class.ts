/** Whether a character, as a code point, is taken. */
export type Takes = (point: number) => boolean;

interface Read {
  readonly takes: Takes;
  /** Where the pattern goes on. */
  readonly end: number;
}

const oneOf = (expression: RegExp): Takes => {
  return (point) => expression.test(String.fromCodePoint(point));
};
const SETS: Readonly<Record<string, Takes>> = {
  d: oneOf(/^[0-9]$/),
  D: oneOf(/^[^0-9]$/),
  s: oneOf(/^[\t\n\f\r ]$/),
  S: oneOf(/^[^\t\n\f\r ]$/),
  w: oneOf(/^[0-9A-Za-z_]$/),
  W: oneOf(/^[^0-9A-Za-z_]$/),
};
const POSIX: Readonly<Record<string, Takes>> = {
  alnum: oneOf(/^[0-9A-Za-z]$/),
  alpha: oneOf(/^[A-Za-z]$/),
  ascii: (point) => point < 0x80,
  blank: oneOf(/^[\t ]$/),
  cntrl: (point) => point < 0x20 || point === 0x7f,
  digit: oneOf(/^[0-9]$/),
  graph: (point) => point > 0x20 && point < 0x7f,
  lower: oneOf(/^[a-z]$/),
  print: (point) => point >= 0x20 && point < 0x7f,
  punct: oneOf(/^[!-/:-@[-`{-~]$/),
  space: (point) => point === 0x20 || (point >= 0x09 && point <= 0x0d),
  upper: oneOf(/^[A-Z]$/),
  word: oneOf(/^[0-9A-Za-z_]$/),
  xdigit: oneOf(/^[0-9A-Fa-f]$/),
};
const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };

/** What follows a backslash at `at`: a set or one character. `undefined` when Go knows no such escape. */
export function readEscape(chars: readonly string[], at: number): Read | undefined {
  const char = chars[at] ?? "";
  const set = SETS[char];
  if (set !== undefined) return { takes: set, end: at + 1 };
  if (char === "p" || char === "P") return readProperty(chars, at);
  const point = readPoint(chars, at);
  return point === undefined ? undefined : { takes: (each) => each === point.point, end: point.end };
}

/** What follows `[` at `at`, up to and with its `]`. */
export function readClass(chars: readonly string[], at: number): Read | undefined {
  const parts: Takes[] = [];
  const negated = chars[at] === "^";
  let end = negated ? at + 1 : at;
  for (let first = true; first || chars[end] !== "]"; first = false) {
    if (end >= chars.length) return undefined;
    const part = readPosix(chars, end) ?? readSet(chars, end) ?? readRange(chars, end);
    if (part === undefined) return undefined;
    parts.push(part.takes);
    end = part.end;
  }
  const inside: Takes = (point) => parts.some((takes) => takes(point));
  return { takes: negated ? (point) => !inside(point) : inside, end: end + 1 };
}

function readPosix(chars: readonly string[], at: number): Read | undefined {
  if (chars[at] !== "[" || chars[at + 1] !== ":") return undefined;
  const match = /^\[:(\^?)([a-z]+):\]/.exec(chars.slice(at, at + 12).join(""));
  const takes = POSIX[match?.[2] ?? ""];
  if (match === null || takes === undefined) return undefined;
  return { takes: match[1] === "" ? takes : (point) => !takes(point), end: at + match[0].length };
}

function readSet(chars: readonly string[], at: number): Read | undefined {
  if (chars[at] !== "\\") return undefined;
  const char = chars[at + 1] ?? "";
  const set = SETS[char];
  if (set !== undefined) return { takes: set, end: at + 2 };
  return char === "p" || char === "P" ? readProperty(chars, at + 1) : undefined;
}

function readRange(chars: readonly string[], at: number): Read | undefined {
  const low = readClassPoint(chars, at);
  if (low === undefined) return undefined;
  if (chars[low.end] !== "-" || chars[low.end + 1] === "]") return { takes: (point) => point === low.point, end: low.end };
  const high = readClassPoint(chars, low.end + 1);
  if (high === undefined || high.point < low.point) return undefined;
  return { takes: (point) => point >= low.point && point <= high.point, end: high.end };
}

function readClassPoint(chars: readonly string[], at: number): { readonly point: number; readonly end: number } | undefined {
  if (chars[at] === "\\") return readPoint(chars, at + 1);
  const point = chars[at]?.codePointAt(0);
  return point === undefined ? undefined : { point, end: at + 1 };
}

/** One escaped character: a control, a number, or punctuation as itself. */
function readPoint(chars: readonly string[], at: number): { readonly point: number; readonly end: number } | undefined {
  const char = chars[at] ?? "";
  const control = CONTROLS[char];
  if (control !== undefined) return { point: control, end: at + 1 };
  const rest = chars.slice(at, at + 12).join("");
  const hex = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})/.exec(rest);
  const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest);
  const match = hex ?? octal;
  if (match !== null) {
    const point = hex === null ? Number.parseInt(match[0], 8) : Number.parseInt(hex[1] ?? hex[2] ?? "", 16);
    return point <= 0x10ffff ? { point, end: at + match[0].length } : undefined;
  }
  const point = char.codePointAt(0);
  return point === undefined || point >= 0x80 || /[0-9A-Za-z]/.test(char) ? undefined : { point, end: at + 1 };
}

/** `p` or `P` at `at`, with a letter or a name in braces: a category or a script of Unicode. */
function readProperty(chars: readonly string[], at: number): Read | undefined {
  const match = /^([pP])(?:\{(\^?)(\w{1,40})\}|([A-Z]))/.exec(chars.slice(at, at + 48).join(""));
  if (match === null) return undefined;
  const name = match[3] ?? match[4] ?? "";
  const expression = unicode(`^\\p{${name}}$`) ?? unicode(`^\\p{Script=${name}}$`);
  if (expression === undefined) return undefined;
  const takes = oneOf(expression);
  const negated = (match[1] === "P") !== (match[2] === "^");
  return { takes: negated ? (point) => !takes(point) : takes, end: at + match[0].length };
}

function unicode(source: string): RegExp | undefined {
  try {
    return new RegExp(source, "u");
  } catch {
    return undefined; // no property of that name
  }
}
