/** Where a text stops being padded base64, as Go's decoder counts; `undefined` when it is sound. */
export function base64Fault(text: string): number | undefined {
  const plain = text.replace(/[\r\n]/g, "");
  if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(plain)) return undefined;
  const stranger = plain.search(/[^A-Za-z0-9+/]/);
  if (stranger === -1) return plain.length - (plain.length % 4);
  const place = stranger % 4;
  if (plain[stranger] !== "=" || place < 2) return stranger;
  if (place === 2 && plain[stranger + 1] !== "=") return stranger + 1 === plain.length ? plain.length : stranger;
  return place === 2 ? stranger + 2 : stranger + 1;
}
