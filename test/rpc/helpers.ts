import { KvorumError } from "../../src/base/errors.ts";
import { asNodeId } from "../../src/base/ids.ts";
import type { Scope } from "../../src/base/scope.ts";
import type { Backend, MethodName, RequestOf, ResponseOf, Streams } from "../../src/model/index.ts";
import { realPlatform } from "../../src/platform/index.ts";
import { Rpc } from "../../src/rpc/index.ts";

export const READ = { datacenter: "", token: "", consistency: "default", maxStaleMs: undefined, minIndex: 0, maxWaitMs: 0, filter: "" } as const;
export const WRITE = { datacenter: "", token: "" } as const;

export function idOf(number: number): ReturnType<typeof asNodeId> {
  return asNodeId(`00000000-0000-4000-8000-00000000000${number}`);
}

/** An `Rpc` on a free port of 127.0.0.1, closed with the scope. */
export async function startRpc(scope: Scope, number: number, bind = "127.0.0.1:0"): Promise<Rpc> {
  const platform = realPlatform(scope, { log: { level: "error", write: () => undefined } });
  return scope.use(await Rpc.start({ platform, id: idOf(number), name: `s${number}`, datacenter: "dc1", bind, advertise: bind }));
}

type Handlers = { readonly [M in MethodName]?: (request: RequestOf<M>, onCancel: ((cancel: () => void) => void) | undefined) => Promise<ResponseOf<M>> };

/** A backend that answers only what is given. */
export function backendOf(handlers: Handlers, streams: Partial<Pick<Backend, "saveSnapshot" | "restoreSnapshot">> = {}): Backend {
  return {
    call: (method, request, onCancel) => {
      const handler = handlers[method] as ((request: unknown, onCancel: unknown) => Promise<never>) | undefined;
      return handler === undefined ? Promise.reject(new KvorumError("not-found", `No ${method} here`)) : handler(request, onCancel);
    },
    look: undefined,
    saveSnapshot: streams.saveSnapshot ?? (() => Promise.reject<Streams["Snapshot.Save"]["response"]>(new KvorumError("not-found", "No snapshot here"))),
    restoreSnapshot: streams.restoreSnapshot ?? (() => Promise.reject(new KvorumError("not-found", "No restore here"))),
  };
}
