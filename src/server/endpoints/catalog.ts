import { KvorumError } from "../../base/errors.ts";
import type { RequestOf, ResponseOf } from "../../model/index.ts";
import { done, propose, type ServerContext } from "../context.ts";
import { settleRegistration } from "./registration.ts";

/** Consul api-docs, catalog: register entity. */
export async function register(context: ServerContext, { registration, heeds }: RequestOf<"Catalog.Register">): Promise<ResponseOf<"Catalog.Register">> {
  const settled = settleRegistration(registration);
  const { clock } = context.platform;
  const began = clock.now();
  const written =
    heeds === undefined
      ? done(await propose(context, "catalog.register", settled))
      : done(await propose(context, "catalog.sync", { registration: settled, heeds }));
  context.meters.catalogRegister.observe(clock.now() - began);
  return written;
}

/** Consul api-docs, catalog: deregister entity. */
export async function deregister(context: ServerContext, { node, serviceId, checkId, byOwner }: RequestOf<"Catalog.Deregister">): Promise<void> {
  if (node === "") throw new KvorumError("internal", "Must provide node");
  const { clock } = context.platform;
  const began = clock.now();
  const what = { node, serviceId, checkId };
  const wholeNode = serviceId === "" && checkId === "";
  done(
    await (byOwner === true || wholeNode ? propose(context, "catalog.deregister", what) : propose(context, "catalog.remove", { ...what, at: clock.wall() })),
  );
  context.meters.catalogDeregister.observe(clock.now() - began);
}
