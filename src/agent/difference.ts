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
  if (now !== undefined && !deepEqual(comparable(now), comparable(theirs))) local.noteService(theirs.id);
}

function compareCheck(local: LocalState, theirs: LocalCheck): void {
  const own = local.check(theirs.checkId);
  if (own === undefined) {
    if (theirs.checkId !== SERF_CHECK_ID) local.noteCheck(theirs.checkId);
    return;
  }
  const output = local.isDeferred(theirs.checkId) ? "" : undefined;
  // The catalog's checks have name and tags of their service as it is, own ones as it was when they were registered.
  const service = local.service(own.serviceId);
  const serviceName = service?.service ?? own.serviceName;
  // Where others may write tags, the catalog's checks have theirs.
  const serviceTags = service?.enableTagOverride === true ? theirs.serviceTags : (service?.tags ?? own.serviceTags);
  if (!deepEqual(plainCheck({ ...own, serviceName, serviceTags }, output), plainCheck(theirs, output))) local.noteCheck(theirs.checkId);
}

/** The catalog knows no difference between "none" and "not said". */
function comparable({ node: _node, tags, meta, taggedAddresses, proxy, connect, ...rest }: LocalService): object {
  const { createIndex: _created, modifyIndex: _modified, ...plain } = rest as typeof rest & { createIndex?: number; modifyIndex?: number };
  return { ...plain, tags: tags ?? [], meta: meta ?? {}, taggedAddresses: taggedAddresses ?? {}, proxy: proxy ?? {}, connect: connect ?? {} };
}

function plainCheck(check: LocalCheck, output: string | undefined): object {
  const { checkId, name, status, notes, serviceId, serviceName, serviceTags } = check;
  return { checkId, name, status, notes, output: output ?? check.output, serviceId, serviceName, serviceTags };
}
