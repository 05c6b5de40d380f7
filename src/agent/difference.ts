import { deepEqual } from "../base/deep-equal.ts";
import type { CatalogNode, LocalCheck, LocalService } from "../model/index.ts";
import type { LocalState } from "./local-state.ts";

/** A node as its agent describes it in every registration. */
export type OwnNode = Omit<CatalogNode, "createIndex" | "modifyIndex">;

/** What the leader keeps of every server, and no agent answers for. */
const SERVER_SERVICE_ID = "consul";
const SERF_CHECK_ID = "serfHealth";

/**
 * Compares what this agent has with what the catalog has under its node, and notes every difference in the local state: what is missing
 * or different there, and what is there without being here. As Consul's anti-entropy does.
 */
export function noteDifferences(local: LocalState, remote: { readonly services: readonly LocalService[]; readonly checks: readonly LocalCheck[] }): void {
  const services = new Map(remote.services.map((service) => [service.id, service]));
  const checks = new Map(remote.checks.map((check) => [check.checkId, check]));
  for (const own of local.services()) if (!services.has(own.id)) local.noteService(own.id);
  for (const own of local.checks()) if (!checks.has(own.checkId)) local.noteCheck(own.checkId);
  for (const theirs of services.values()) compareService(local, theirs);
  for (const theirs of checks.values()) compareCheck(local, theirs);
}

/** Whether the catalog describes the node as its agent does. */
export function sameNode(theirs: CatalogNode, own: OwnNode): boolean {
  const text = (map: Readonly<Record<string, string>> | undefined): string => JSON.stringify(Object.entries(map ?? {}).sort());
  return (
    theirs.id === own.id && theirs.address === own.address && text(theirs.meta) === text(own.meta) && text(theirs.taggedAddresses) === text(own.taggedAddresses)
  );
}

function compareService(local: LocalState, theirs: LocalService): void {
  const own = local.service(theirs.id);
  if (own === undefined) {
    if (theirs.id !== SERVER_SERVICE_ID) local.noteService(theirs.id);
    return;
  }
  if (own.enableTagOverride) local.adoptTags(theirs.id, theirs.tags);
  const now = local.service(theirs.id);
  if (now !== undefined && !sameService(now, theirs)) local.noteService(theirs.id);
}

function compareCheck(local: LocalState, theirs: LocalCheck): void {
  const own = local.check(theirs.checkId);
  if (own === undefined) {
    if (theirs.checkId !== SERF_CHECK_ID) local.noteCheck(theirs.checkId);
    return;
  }
  // Where others may write tags, the catalog's checks have theirs.
  const others = local.service(own.serviceId)?.enableTagOverride === true;
  const sameTags = others || deepEqual(own.serviceTags, theirs.serviceTags);
  const sameOutput = own.output === theirs.output || local.isDeferred(theirs.checkId);
  if (!sameTags || !sameOutput || !sameTexts(own, theirs)) local.noteCheck(theirs.checkId);
}

/** Member by member, since there are thousands of them. */
function sameTexts(own: LocalCheck, theirs: LocalCheck): boolean {
  return (
    own.name === theirs.name &&
    own.status === theirs.status &&
    own.notes === theirs.notes &&
    own.serviceId === theirs.serviceId &&
    own.serviceName === theirs.serviceName
  );
}

/**
 * What is compared of a service, and what stands for a member that is not said: the catalog knows no difference between "none" and that.
 * Member by member, since there are thousands of services.
 */
const NOT_SAID: { readonly [K in Exclude<keyof LocalService, "node">]-?: LocalService[K] | Record<string, never> | undefined } = {
  id: undefined,
  kind: undefined,
  service: undefined,
  tags: [],
  address: undefined,
  taggedAddresses: {},
  meta: {},
  port: undefined,
  socketPath: undefined,
  weights: undefined,
  enableTagOverride: undefined,
  proxy: {},
  connect: {},
};
const MEMBERS = Object.keys(NOT_SAID) as (keyof typeof NOT_SAID)[];

function sameService(own: LocalService, theirs: LocalService): boolean {
  return MEMBERS.every((member) => deepEqual(own[member] ?? NOT_SAID[member], theirs[member] ?? NOT_SAID[member]));
}
