/** What is wrong with a session's id, in Consul's words; `undefined`: nothing. It must be a UUID before it is looked up. */
export function sessionIdFault(id: string): string | undefined {
  const fault = uuidFault(id);
  return fault === undefined ? undefined : `failed session lookup: index error: ${fault}`;
}

/** What is wrong with a text that should be a UUID, in the words of Consul's index. */
export function uuidFault(id: string): string | undefined {
  if (id.length !== 36) return "UUID must be 36 characters";
  const hyphens = id.split("-").length - 1;
  if (hyphens > 4) return `UUID should have maximum of 4 "-"; got ${hyphens}`;
  if ((id.length - hyphens) % 2 !== 0) return "Input (without hyphens) must be even length";
  const bad = /[^0-9a-f-]/i.exec(id);
  return bad === null
    ? undefined
    : `Invalid UUID: encoding/hex: invalid byte: U+${(bad[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")} '${bad[0]}'`;
}

/** Ids are the same in either case of their letters. */
export function foldSessionId(id: string): string {
  return id.toLowerCase();
}
