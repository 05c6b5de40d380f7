import { BadRequestError } from "../base/errors.ts";

/** Decodes base 64 strictly, line ends allowed. Throws `BadRequestError` that names the first wrong place, as Go does. */
export function decodeBase64(text: string): Buffer {
  const clean = text.replace(/[\r\n]/g, "");
  const wrong = /[^A-Za-z0-9+/]/.exec(clean.replace(/={0,2}$/, ""));
  if (wrong !== null) throw new BadRequestError(`illegal base64 data at input byte ${wrong.index}`);
  if (clean.length % 4 !== 0) throw new BadRequestError(`illegal base64 data at input byte ${clean.length - (clean.length % 4)}`);
  return Buffer.from(clean, "base64");
}
