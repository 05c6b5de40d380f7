import type { ReadOptions, RequestOf } from "../model/index.ts";
import type { ServerContext } from "./context.ts";

/** The datacenter that a request is for; empty: our own. */
export function datacenterOf(request: object): string {
  const { options, datacenter } = request as { readonly options?: { readonly datacenter: string }; readonly datacenter?: string };
  return options?.datacenter ?? datacenter ?? "";
}

/** How a read wants to be answered; empty for what is none. */
export function consistencyOf(request: object): string {
  return (request as { readonly options?: Partial<ReadOptions> }).options?.consistency ?? "";
}

/** A session that names no node belongs to the server that was asked. */
export function ownSession(context: ServerContext, request: RequestOf<"Session.Create">): RequestOf<"Session.Create"> {
  return request.session.node === "" ? { ...request, session: { ...request.session, node: context.settings.nodeName } } : request;
}
