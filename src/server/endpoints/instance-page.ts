import { BadRequestError } from "../../base/errors.ts";
import type { CheckedInstance, InstancePage, InstanceWish } from "../../model/index.ts";

/** Stands between the parts of a place in the order; sorts before all that names contain. */
const SEPARATOR = "\0";
/** The worst first: what wants to be seen. */
const SEVERITY: ReadonlyMap<string, string> = new Map([
  ["critical", "0"],
  ["warning", "1"],
  ["passing", "2"],
]);

type Rows = (rows: readonly CheckedInstance[]) => readonly CheckedInstance[];

/**
 * Filters, sorts and cuts a page out of all instances. A page begins behind the place that the one before ended at, so that what comes and goes in
 * between moves no row to another page. Throws `bad-request` when `after` is none of our making.
 */
export function pageOf(wish: InstanceWish, filter: Rows | undefined): (all: InstancePage) => InstancePage {
  const tags = wish.tags.map(fold);
  const after = wish.after === "" ? undefined : placeOfCursor(wish.after);
  return ({ instances }) => {
    const wanted = instances.filter((one) => (!wish.onlyPassing || statusOf(one) === "passing") && hasTags(one, tags));
    const rows = (filter?.(wanted) ?? wanted).map((instance) => ({ instance, place: placeOf(instance, wish) }));
    const sign = wish.descending ? -1 : 1;
    rows.sort((a, b) => sign * compare(a.place, b.place));
    const from = after === undefined ? 0 : rows.findIndex(({ place }) => sign * compare(place, after) > 0);
    const rest = from === -1 ? [] : rows.slice(from);
    const page = wish.limit === 0 ? rest : rest.slice(0, wish.limit);
    const last = page.at(-1);
    const next = last === undefined || page.length === rest.length ? "" : cursorOf(last.place);
    return { instances: page.map(({ instance }) => instance), total: rows.length, next };
  };
}

/** The worst of its checks; an instance without checks passes. */
function statusOf({ checks }: CheckedInstance): string {
  let worst = "passing";
  for (const { status } of checks) if (severityOf(status) < severityOf(worst)) worst = status;
  return worst;
}

/** What is none of the three is as bad as critical. */
function severityOf(status: string): string {
  return SEVERITY.get(status) ?? "0";
}

function placeOf(instance: CheckedInstance, { order }: InstanceWish): string {
  const { service, node } = instance;
  const places = [fold(service.service), fold(node.node), fold(service.id)];
  if (order === "status") places.unshift(severityOf(statusOf(instance)));
  if (order === "node") places.unshift(fold(node.node));
  return places.join(SEPARATOR);
}

function hasTags({ service }: CheckedInstance, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  const own = (service.tags ?? []).map(fold);
  return wanted.every((tag) => own.includes(tag));
}

function cursorOf(place: string): string {
  return Buffer.from(place).toString("base64url");
}

function placeOfCursor(cursor: string): string {
  const place = Buffer.from(cursor, "base64url").toString("utf8");
  if (cursorOf(place) !== cursor || !place.includes(SEPARATOR)) throw new BadRequestError(`Invalid "after": no page ended at "${cursor}"`);
  return place;
}

function fold(name: string): string {
  return name.toLowerCase();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
