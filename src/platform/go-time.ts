/** `2026-11-20 10:48:30 +0000 UTC`, as Go prints a time. */
export function goTime(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
}
