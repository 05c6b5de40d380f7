import { labelText } from "./question.ts";

const HEADER_BYTES = 12;
/** Up to so many names looking through them is cheaper than a table. */
const FEW = 8;
const LARGE = /[A-Z]/;

/** Where names, and ends of names, stand in a message that is being written: first the question's. RFC 1035 §4.1.4. */
export class NamePlaces {
  readonly #question: string;
  /** Whether the question's name is as long in the message as in its text, so that the ends of it are found in the text. */
  readonly #isPlain: boolean;
  readonly #texts: string[] = [];
  readonly #offsets: number[] = [];
  #table: Map<string, number> | undefined;

  /** @param question the name that was asked for @param bytes as it stands behind the header */
  constructor(question: string, bytes: Uint8Array) {
    this.#question = question;
    this.#isPlain = !question.includes("\\");
    if (!this.#isPlain) this.#addEndsOf(bytes);
  }

  /** An end of the question in which letters are large is not found: the answer is given again to who writes them otherwise. */
  find(name: string): number | undefined {
    const before = this.#question.length - name.length;
    if (this.#isPlain && before >= 0 && this.#question.endsWith(name)) {
      if (before === 0 || (this.#question[before - 1] === "." && !LARGE.test(name))) return HEADER_BYTES + before;
    }
    if (this.#table !== undefined) return this.#table.get(name);
    const at = this.#texts.indexOf(name);
    return at === -1 ? undefined : this.#offsets[at];
  }

  add(name: string, offset: number): void {
    if (this.#table === undefined && this.#texts.length === FEW) this.#table = new Map(this.#texts.map((text, at) => [text, this.#offsets[at] ?? 0]));
    if (this.#table !== undefined) {
      this.#table.set(name, offset);
      return;
    }
    this.#texts.push(name);
    this.#offsets.push(offset);
  }

  #addEndsOf(question: Uint8Array): void {
    const labels: { readonly offset: number; readonly text: string }[] = [];
    const bytes = Buffer.from(question.buffer, question.byteOffset, question.length);
    for (let at = 0, length = bytes[0] ?? 0; length > 0; length = bytes[at] ?? 0) {
      labels.push({ offset: HEADER_BYTES + at, text: labelText(bytes, at + 1, at + 1 + length) });
      at += length + 1;
    }
    let end = "";
    for (const { offset, text } of labels.reverse()) {
      end = end === "" ? text : `${text}.${end}`;
      if (offset === HEADER_BYTES || !LARGE.test(end)) this.add(end, offset);
    }
  }
}
