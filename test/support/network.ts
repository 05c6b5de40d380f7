import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";

/** What is missing on this machine for networks of namespaces; `undefined` when nothing is. */
export function missingForNetworks(): string | undefined {
  if (process.getuid?.() !== 0) return "root, for network namespaces";
  for (const [path, name] of [
    ["/sbin/ip", "iproute2"],
    ["/usr/bin/nsenter", "util-linux"],
  ] as const) {
    if (!existsSync(path) && !existsSync(`/usr${path}`)) return `${name}, for network namespaces`;
  }
  if (spawnSync("unshare", ["--net", "--mount", "true"]).status !== 0) return "the right to make network namespaces";
  return iptables() === undefined ? "iptables, for partitions" : undefined;
}

/**
 * Some hosts on one switch, each a network namespace with an address of its own, and this process beside them: everything it starts
 * outside the namespaces reaches all hosts from `outside`, also those that are cut off from each other.
 */
export class Network implements Disposable {
  readonly hosts: readonly { readonly address: string; readonly namespace: string }[];
  /** The address of whoever is not in a host. */
  readonly outside: string;
  readonly #tag: string;

  constructor(hosts: number) {
    this.#tag = `kv${Math.floor(Math.random() * 0xffffff)
      .toString(16)
      .padStart(6, "0")}`;
    // 198.18.0.0/15 is set aside for benchmarks of networks (RFC 2544), so nobody's real network is shadowed.
    const prefix = freePrefix();
    this.outside = `${prefix}.254`;
    this.hosts = Array.from({ length: hosts }, (_, at) => ({ address: `${prefix}.${at + 1}`, namespace: `${this.#tag}-h${at + 1}` }));
    process.once("exit", this.#end);
    this.#build();
  }

  #build(): void {
    const hub = `${this.#tag}-sw`;
    run("ip", "netns", "add", hub);
    run("ip", "-n", hub, "link", "add", "br0", "type", "bridge");
    run("ip", "-n", hub, "link", "set", "br0", "up");
    run("ip", "link", "add", `${this.#tag}o`, "type", "veth", "peer", "name", "out", "netns", hub);
    run("ip", "-n", hub, "link", "set", "out", "master", "br0", "up");
    run("ip", "addr", "add", `${this.outside}/24`, "dev", `${this.#tag}o`);
    run("ip", "link", "set", `${this.#tag}o`, "up");
    this.hosts.forEach(({ address, namespace }, at) => {
      run("ip", "netns", "add", namespace);
      run("ip", "-n", hub, "link", "add", `p${at + 1}`, "type", "veth", "peer", "name", "eth0", "netns", namespace);
      run("ip", "-n", hub, "link", "set", `p${at + 1}`, "master", "br0", "up");
      run("ip", "-n", namespace, "addr", "add", `${address}/24`, "dev", "eth0");
      for (const link of ["lo", "eth0"]) run("ip", "-n", namespace, "link", "set", link, "up");
      run("ip", "-n", namespace, "route", "add", "default", "via", this.outside);
    });
  }

  /** From now on nothing that `from` sends reaches `to`; the other way is open still. */
  cutOneWay(from: number, to: number): void {
    this.#rule("-A", from, to);
  }

  /** From now on the two hosts do not hear each other. */
  cut(one: number, other: number): void {
    this.cutOneWay(one, other);
    this.cutOneWay(other, one);
  }

  /**
   * From now on so large a share (0 to 1) of what hosts send each other is lost. Gives how: by `tc netem`, or where the kernel has none of that by a rule of
   * iptables that drops at random.
   */
  lose(share: number): "netem" | "iptables" {
    const how = hasNetem() ? "netem" : "iptables";
    for (const { namespace } of this.hosts) {
      if (how === "netem") run("ip", "netns", "exec", namespace, "tc", "qdisc", "replace", "dev", "eth0", "root", "netem", "loss", `${share * 100}%`);
      else {
        const random = ["-m", "statistic", "--mode", "random", "--probability", String(share)];
        run("nsenter", `--net=/run/netns/${namespace}`, iptables() ?? "", "-w", "-A", "INPUT", "-i", "eth0", "!", "-s", this.outside, ...random, "-j", "DROP");
      }
    }
    return how;
  }

  /** Everybody hears everybody again, and everything. */
  heal(): void {
    for (const { namespace } of this.hosts) {
      run("nsenter", `--net=/run/netns/${namespace}`, iptables() ?? "", "-w", "-F", "INPUT");
      if (hasNetem()) spawnSync("ip", ["netns", "exec", namespace, "tc", "qdisc", "del", "dev", "eth0", "root"]); // there may be none
    }
  }

  #rule(verb: "-A", from: number, to: number): void {
    const [sender, receiver] = [this.hosts[from], this.hosts[to]];
    if (sender === undefined || receiver === undefined) throw new Error("No such host");
    run("nsenter", `--net=/run/netns/${receiver.namespace}`, iptables() ?? "", "-w", verb, "INPUT", "-s", sender.address, "-j", "DROP");
  }

  readonly #end = (): void => {
    for (const name of [...this.hosts.map(({ namespace }) => namespace), `${this.#tag}-sw`]) {
      if (existsSync(`/run/netns/${name}`)) run("ip", "netns", "del", name);
    }
    spawnSync("ip", ["link", "del", `${this.#tag}o`]); // the system may have taken it away already, with its other end
  };

  [Symbol.dispose](): void {
    process.off("exit", this.#end);
    this.#end();
  }
}

/** One that no interface of this machine has yet. */
function freePrefix(): string {
  const taken = new Set(
    Object.values(networkInterfaces())
      .flat()
      .map((own) => own?.address.split(".").slice(0, 3).join(".")),
  );
  for (;;) {
    const prefix = `198.${18 + Math.floor(Math.random() * 2)}.${Math.floor(Math.random() * 256)}`;
    if (!taken.has(prefix)) return prefix;
  }
}

let netem: boolean | undefined;

/** Whether the kernel can lose packets by itself (`sch_netem`): asked in a network of its own. */
function hasNetem(): boolean {
  netem ??= spawnSync("unshare", ["--net", "tc", "qdisc", "add", "dev", "lo", "root", "netem", "loss", "1%"]).status === 0;
  return netem;
}

function iptables(): string | undefined {
  return ["/usr/sbin/iptables", "/sbin/iptables"].find((path) => existsSync(path));
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"] });
}
