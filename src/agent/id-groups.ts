/** Ids by the group that each is in. A group without ids takes no room. */
export class IdGroups {
  readonly #groups = new Map<string, Set<string>>();

  add(group: string, id: string): void {
    const ids = this.#groups.get(group);
    if (ids === undefined) this.#groups.set(group, new Set([id]));
    else ids.add(id);
  }

  delete(group: string, id: string): void {
    const ids = this.#groups.get(group);
    ids?.delete(id);
    if (ids?.size === 0) this.#groups.delete(group);
  }

  /** In the order in which they came. */
  of(group: string): readonly string[] {
    return [...(this.#groups.get(group) ?? [])];
  }
}
