import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { missingForNetworks } from "../support/network.ts";
import { RunningProgram } from "../support/processes.ts";
import { peer } from "../support/programs.ts";
import { until } from "../support/until.ts";

const DOCKERD = "usr/sbin/dockerd";
const DOCKER = "usr/bin/docker";
const BUSYBOX = "/bin/busybox";
/** One command may take so long: ten containers that start at once on a slow machine. */
const DOCKER_MS = 120_000;
/** Those of busybox's programs that the tests call inside containers. */
const APPLETS = ["sh", "sleep", "ping", "nslookup", "hostname"];

/** What this machine lacks to run Docker daemons with a cluster store; `undefined` when nothing. */
export function missingForDocker(): string | undefined {
  const network = missingForNetworks();
  if (network !== undefined) return network;
  if (peer(DOCKERD) === undefined || peer(DOCKER) === undefined) return "dockerd 20.10.5, the last with --cluster-store";
  for (const path of ["/usr/bin/containerd", "/usr/sbin/runc"]) if (!existsSync(path)) return `${path}, for dockerd`;
  return existsSync(BUSYBOX) ? undefined : "busybox-static, for an image";
}

export interface DaemonOptions {
  readonly name: string;
  readonly address: string;
  readonly namespace: string;
  /** Holds all the daemon has; its path should be short, since sockets are below it. */
  readonly folder: string;
  /** `ip:port` of the store. */
  readonly store: string;
}

/**
 * A Docker daemon on a host of its own: namespaces for network, mounts, processes and host name. The first process of its process
 * namespace is the daemon itself, so when it ends everything ends that it started: containers, shims, mounts.
 */
export class Daemon implements AsyncDisposable {
  readonly name: string;
  readonly address: string;
  readonly #options: DaemonOptions;
  #program: RunningProgram | undefined;

  constructor(options: DaemonOptions) {
    this.#options = options;
    this.name = options.name;
    this.address = options.address;
    mkdirSync(options.folder, { recursive: true });
  }

  /** Starts it and waits until it answers. */
  async start(): Promise<void> {
    const { folder, name, namespace, store, address } = this.#options;
    rmSync(join(folder, "x"), { recursive: true, force: true });
    const daemon = [
      ...[
        peer(DOCKERD) ?? DOCKERD,
        "--data-root",
        join(folder, "d"),
        "--exec-root",
        join(folder, "x"),
        "-H",
        `unix://${this.#socket}`,
        "-p",
        join(folder, "x.pid"),
      ],
      ...["--bridge=none", "--userland-proxy=false", "--cgroup-parent", this.#cgroup, "--log-level", "warn"],
      ...[`--cluster-store=consul://${store}`, `--cluster-advertise=${address}:2376`],
      ...["--cluster-store-opt", "discovery.heartbeat=5", "--cluster-store-opt", "discovery.ttl=20"],
    ];
    const prepare = 'hostname "$0" && mount --make-rprivate / && mount -t tmpfs tmpfs /run && rm -f "$1" && shift && exec "$@"';
    this.#program = new RunningProgram({
      command: "unshare",
      args: ["--mount", "--pid", "--uts", "--fork", "--mount-proc", "--kill-child=KILL", "sh", "-c", prepare, name, join(folder, "x.pid"), ...daemon],
      logFile: join(folder, "log"),
      namespace,
      // The overlay driver's mode for old kernels: without it this build now and then dials the store from a container's namespace.
      env: { _OVERLAY_HOST_MODE: "1" },
    });
    await until(`${name} answers`, async () => (await this.docker("version", "--format", "{{.Server.Version}}")) !== "", 120_000, 100);
  }

  get #socket(): string {
    return join(this.#options.folder, "s");
  }

  get #cgroup(): string {
    return `/kvorum-test-${this.#options.namespace}`;
  }

  /** Runs the docker command against this daemon; its output without the last line end. Fails with what it said on a bad exit. */
  async docker(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(peer(DOCKER) ?? DOCKER, ["-H", `unix://${this.#socket}`, ...args], { encoding: "utf8", timeout: DOCKER_MS });
    return stdout.trimEnd();
  }

  async networks(): Promise<readonly string[]> {
    return (await this.docker("network", "ls", "--format", "{{.Name}}")).split("\n");
  }

  /** Makes an overlay network, however often the daemon has to be asked: what failed halfway may have made it all the same. */
  async overlay(name: string, subnet: string): Promise<void> {
    await until(`network ${name} is made`, async () => {
      if (!(await this.networks()).includes(name)) await this.docker("network", "create", "-d", "overlay", "--subnet", subnet, name);
      return true;
    });
  }

  /** Starts a container that sleeps, on a network, and gives its address there. What is left of an attempt that failed goes away before the next. */
  async container(name: string, network: string): Promise<string> {
    await until(
      `container ${name} starts`,
      async () => {
        try {
          return await this.docker("run", "-d", "--name", name, "--net", network, "busybox", "sleep", "3600");
        } catch (error) {
          await this.docker("rm", "-f", name).catch(() => undefined); // there may be nothing to remove
          throw error;
        }
      },
      120_000,
      500,
    );
    return this.docker("inspect", "-f", `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, name);
  }

  log(): string {
    return this.#program?.log() ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.kill();
    const mounts = "/sys/fs/cgroup";
    for (const path of [mounts, ...readdirSync(mounts).map((name) => join(mounts, name))]) {
      const own = join(path, this.#cgroup);
      if (existsSync(own)) await until("its cgroup is empty", () => removeCgroup(own), 5_000).catch(() => undefined); // an empty folder left behind harms nobody
    }
  }
}

/** Makes an image archive of nothing but busybox; `docker import` takes it. */
export async function busyboxArchive(target: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kv-image-"));
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "tmp"));
  await copyFile(BUSYBOX, join(folder, "bin", "busybox"));
  for (const applet of APPLETS) symlinkSync("busybox", join(folder, "bin", applet));
  execFileSync("tar", ["-C", folder, "-cf", target, "."]);
  rmSync(folder, { recursive: true });
}

function removeCgroup(path: string): boolean {
  for (const entry of readdirSync(path, { withFileTypes: true })) if (entry.isDirectory()) removeCgroup(join(path, entry.name));
  rmdirSync(path);
  return true;
}
