import { type ByteString, byteStringToUtf8, EMPTY_BYTES } from "../base/byte-string.ts";

/**
 * The parameters behind the `?`, read as Go's net/url reads them: `&` and `;` part them, `+` is a blank, of a name given
 * twice the first counts. Values are bytes until somebody asks for text.
 */
export class Query {
  readonly #names: readonly ByteString[];
  readonly #values: readonly ByteString[];

  private constructor(names: readonly ByteString[], values: readonly ByteString[]) {
    this.#names = names;
    this.#values = values;
  }

  static readonly NONE = new Query([], []);

  /** `undefined` when an escape is broken. */
  static parse(raw: string): Query | undefined {
    if (raw === "") return Query.NONE;
    const names: ByteString[] = [];
    const values: ByteString[] = [];
    for (const pair of raw.includes(";") ? raw.split(/[&;]/) : raw.split("&")) {
      if (pair === "") continue;
      const equals = pair.indexOf("=");
      const name = unescapeBytes(equals === -1 ? pair : pair.slice(0, equals), true);
      const value = equals === -1 ? EMPTY_BYTES : unescapeBytes(pair.slice(equals + 1), true);
      if (name === undefined || value === undefined) return undefined;
      names.push(name);
      values.push(value);
    }
    return new Query(names, values);
  }

  has(name: string): boolean {
    return this.#names.includes(name as ByteString);
  }

  /** Empty when it is not there. */
  get(name: string): string {
    return byteStringToUtf8(this.bytes(name));
  }

  bytes(name: string): ByteString {
    const at = this.#names.indexOf(name as ByteString);
    return at === -1 ? EMPTY_BYTES : (this.#values[at] ?? EMPTY_BYTES);
  }

  all(name: string): string[] {
    return this.#values.filter((_, at) => this.#names[at] === name).map(byteStringToUtf8);
  }
}

/** Undoes percent escapes; `undefined` when one is broken. Characters of `raw` are bytes, as node:http gives them. */
export function unescapeBytes(raw: string, plusIsBlank: boolean): ByteString | undefined {
  const text = plusIsBlank && raw.includes("+") ? raw.replaceAll("+", " ") : raw;
  let percent = text.indexOf("%");
  if (percent === -1) return text as ByteString;
  let out = "";
  let from = 0;
  for (; percent !== -1; percent = text.indexOf("%", from)) {
    const code = hexPair(text, percent + 1);
    if (code === -1) return undefined;
    out += text.slice(from, percent) + String.fromCharCode(code);
    from = percent + 3;
  }
  return (out + text.slice(from)) as ByteString;
}

function hexPair(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at));
  const low = hexDigit(text.charCodeAt(at + 1));
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
