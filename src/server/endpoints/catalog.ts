import { KvorumError } from "../../base/errors.ts";
import type { RequestOf } from "../../model/index.ts";
import { done, propose, type ServerContext } from "../context.ts";
import { settleRegistration } from "./registration.ts";

/** Consul api-docs, catalog: register entity. */
export async function register(context: ServerContext, { registration }: RequestOf<"Catalog.Register">): Promise<void> {
  const settled = settleRegistration(registration);
  const { clock } = context.platform;
  const began = clock.now();
  done(await propose(context, "catalog.register", settled));
  context.meters.catalogRegister.observe(clock.now() - began);
}

/** Consul api-docs, catalog: deregister entity. */
export async function deregister(context: ServerContext, { node, serviceId, checkId }: RequestOf<"Catalog.Deregister">): Promise<void> {
  if (node === "") throw new KvorumError("internal", "Must provide node");
  const { clock } = context.platform;
  const began = clock.now();
  done(await propose(context, "catalog.deregister", { node, serviceId, checkId }));
  context.meters.catalogDeregister.observe(clock.now() - began);
}
