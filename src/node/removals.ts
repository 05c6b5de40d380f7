import type { LocalAgent } from "../agent/index.ts";
import { messageOf } from "../base/errors.ts";
import { isJsonObject, writeJson } from "../base/json.ts";
import { parseJson } from "../base/json-parse.ts";
import type { PoolEvent } from "../gossip/index.ts";
import type { Backend, Look, RequestOf } from "../model/index.ts";
import type { Logger } from "../platform/index.ts";

/** The name of the event by which the owner of a service hears that it was taken out of the catalog. Others pass over it. */
const REMOVED_EVENT = "kvorum:removed";

/**
 * Makes removals from the catalog quick. They last by themselves: the catalog keeps in mind what was taken out, and whoever owns it hears so
 * when it writes it next (`AntiEntropy`). A living owner is told here, by an event, to ask at once; one that was told falsely, or long after,
 * finds that nothing of its own was taken out.
 */
export class Removals implements Backend {
  readonly #inner: Backend;
  readonly #own: { readonly nodeName: string; readonly local: LocalAgent };
  readonly #logger: Logger;

  constructor(inner: Backend, own: { readonly nodeName: string; readonly local: LocalAgent }, logger: Logger) {
    this.#inner = inner;
    this.#own = own;
    this.#logger = logger;
  }

  /** What an agent does on hearing of a removal: nothing, when it is another node's. */
  static receive(event: Pick<PoolEvent, "name" | "payload">, nodeName: string, local: LocalAgent): void {
    if (event.name !== REMOVED_EVENT) return;
    const told = decode(event.payload);
    if (told?.node.toLowerCase() === nodeName.toLowerCase()) local.doubt(told);
  }

  call: Backend["call"] = async (method, request, onCancel) => {
    const answer = await this.#inner.call(method, request, onCancel);
    // TypeScript does not narrow the request along with the method.
    if (method === "Catalog.Deregister") await this.#tell(request as RequestOf<"Catalog.Deregister">);
    if (method === "Txn.Apply") for (const removal of removalsOf(request as RequestOf<"Txn.Apply">)) await this.#tell(removal);
    return answer;
  };

  look: Look = (method, request, onCancel) => this.#inner.look?.(method, request, onCancel);
  saveSnapshot: Backend["saveSnapshot"] = (request) => this.#inner.saveSnapshot(request);
  restoreSnapshot: Backend["restoreSnapshot"] = (request) => this.#inner.restoreSnapshot(request);

  async #tell({ node, serviceId, checkId, options }: RequestOf<"Catalog.Deregister">): Promise<void> {
    if (serviceId === "" && checkId === "") return;
    const { nodeName, local } = this.#own;
    if (node.toLowerCase() === nodeName.toLowerCase() && options.datacenter === "") {
      local.doubt({ serviceId, checkId });
      return;
    }
    try {
      const payload = Buffer.from(writeJson({ Node: node, ServiceID: serviceId, CheckID: serviceId === "" ? checkId : "" }));
      await this.#inner.call("Event.Fire", { name: REMOVED_EVENT, payload, options });
    } catch (error) {
      // The removal stands: the owner hears of it with its next full sync.
      this.#logger.warn("Cannot tell of a removal", { node, service: serviceId, check: checkId, error: messageOf(error) });
    }
  }
}

/** Also of a transaction that was not done: the owner asks in vain then. */
function removalsOf({ ops, options }: RequestOf<"Txn.Apply">): readonly RequestOf<"Catalog.Deregister">[] {
  return ops.flatMap((op) => {
    if ((op.kind !== "service" && op.kind !== "check") || (op.verb !== "delete" && op.verb !== "delete-cas")) return [];
    return op.kind === "service"
      ? [{ node: op.service.node, serviceId: op.service.id, checkId: "", options }]
      : [{ node: op.check.node, serviceId: "", checkId: op.check.checkId, options }];
  });
}

/** Any member may send anything. */
function decode(payload: Uint8Array): { readonly node: string; readonly serviceId: string; readonly checkId: string } | undefined {
  try {
    const value = parseJson(Buffer.from(payload).toString("utf8"));
    if (!isJsonObject(value)) return undefined;
    const { Node: node, ServiceID: serviceId, CheckID: checkId } = value;
    return typeof node === "string" && typeof serviceId === "string" && typeof checkId === "string" ? { node, serviceId, checkId } : undefined;
  } catch {
    return undefined; // nothing that we sent
  }
}
