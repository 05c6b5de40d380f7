import type { LocalCheck, ReadOptions } from "../../model/index.ts";
import { ALIAS_RETRY_MS } from "../limits.ts";
import type { CheckJob, CheckRunner, CheckWorld, Finding } from "./types.ts";

/** Follows the checks of another service or node: as bad as the worst of them. Consul docs, checks: alias. */
export function aliasCheck(job: CheckJob, world: CheckWorld): CheckRunner {
  const { aliasNode } = job.definition;
  return aliasNode === "" || aliasNode === world.nodeName ? followLocal(job, world) : followRemote(job, world);
}

/** A service of this agent, or with none named the node itself. */
function followLocal(job: CheckJob, { local, clock }: CheckWorld): CheckRunner {
  const { aliasService, aliasNode } = job.definition;
  const look = (): void => {
    const meant = [...local.checksOf(""), ...(aliasService === "" ? [] : local.checksOf(aliasService))];
    const checks = meant.filter(({ checkId }) => checkId !== job.id);
    job.report(aliasService !== "" && local.service(aliasService) === undefined ? notFound(aliasService, aliasNode) : worstOf(checks));
  };
  // Changes wake it while they are being made: it looks when that is over.
  let due: Disposable | undefined;
  const soon = (): void => {
    due ??= clock.after(0, () => {
      due = undefined;
      look();
    });
  };
  const watching = [local.onChecks("", soon)];
  if (aliasService !== "") watching.push(local.onChecks(aliasService, soon), local.onService(aliasService, soon));
  soon();
  return {
    [Symbol.dispose]() {
      due?.[Symbol.dispose]();
      for (const one of watching) one[Symbol.dispose]();
    },
  };
}

function notFound(service: string, node: string): Finding {
  return { status: "critical", output: `Service ${service} could not be found on node ${node}` };
}

/** By blocking queries on that node's checks. */
function followRemote(job: CheckJob, world: CheckWorld): CheckRunner {
  const { aliasNode, aliasService, token } = job.definition;
  let stopped = false;
  let cancel: (() => void) | undefined;
  let timer: Disposable | undefined;
  const has = async (options: ReadOptions): Promise<boolean> => {
    const { value } = await world.backend.call("Catalog.NodeServices", { node: aliasNode, options: { ...options, minIndex: 0 } });
    return value?.services.some(({ id }) => id === aliasService) ?? false;
  };
  const ask = async (minIndex: number): Promise<number> => {
    const options: ReadOptions = { datacenter: "", token, consistency: "stale", maxStaleMs: undefined, minIndex, maxWaitMs: 60_000, filter: "" };
    const { value, meta } = await world.backend.call("Health.Node", { node: aliasNode, options }, (stop) => {
      cancel = stop;
    });
    const there = aliasService === "" || (await has(options));
    if (!stopped) job.report(there ? worstOf(value.filter((check) => isMeant(check, aliasService))) : notFound(aliasService, aliasNode));
    return meta.index < minIndex ? 0 : meta.index;
  };
  const loop = (minIndex: number): void => {
    if (stopped) return;
    ask(minIndex).then(
      (index) => {
        timer = world.clock.after(0, () => loop(index));
      },
      () => {
        timer = world.clock.after(ALIAS_RETRY_MS + world.random.int(ALIAS_RETRY_MS), () => loop(0));
      },
    );
  };
  loop(0);
  return {
    [Symbol.dispose]() {
      stopped = true;
      cancel?.();
      timer?.[Symbol.dispose]();
    },
  };
}

/** Checks of the node count for each of its services. */
function isMeant(check: Pick<LocalCheck, "serviceId">, aliasService: string): boolean {
  return check.serviceId === "" || check.serviceId === aliasService;
}

/** The worst of them, with the words of the first that is so. */
export function worstOf(checks: readonly Pick<LocalCheck, "name" | "status" | "output">[]): Finding {
  if (checks.length === 0) return { status: "passing", output: "No checks found." };
  const worst = checks.find(({ status }) => status === "critical") ?? checks.find(({ status }) => status === "warning");
  if (worst === undefined) return { status: "passing", output: "All checks passing." };
  return { status: worst.status === "critical" ? "critical" : "warning", output: `Aliased check ${JSON.stringify(worst.name)} failing: ${worst.output}` };
}
