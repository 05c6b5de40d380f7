import { readFile, statfs } from "node:fs/promises";
import os from "node:os";
import type { JsonObject } from "../base/json.ts";
import type { Machine } from "./outside-ports.ts";

const KIB = 1024;

/** This machine: memory, processors, system and the root's disk, under the names that Consul's `agent/host` has. */
export class RealMachine implements Machine {
  runtime(): Readonly<Record<string, string>> {
    const arch = os.arch();
    return {
      arch: GO_ARCHITECTURES[arch] ?? arch,
      cpu_count: String(os.cpus().length),
      max_procs: String(os.availableParallelism()),
      os: os.platform(),
      version: `node${process.version}`,
    };
  }

  async report(): Promise<JsonObject> {
    const errors: string[] = [];
    const memory = await memoryOf();
    const disk = await diskOf().catch((error: unknown): JsonObject => {
      errors.push(String(error));
      return {};
    });
    return {
      Memory: memory,
      CPU: os.cpus().map(({ model, speed }, at) => ({ cpu: at, modelName: model, mhz: speed, cores: 1 })),
      Host: await hostOf(),
      Disk: disk,
      CollectionTime: BigInt(Date.now()) * 1_000_000n,
      Errors: errors.length === 0 ? null : errors,
    };
  }
}

/** Go's names of the processors that Node has another name for. */
const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

async function memoryOf(): Promise<JsonObject> {
  const lines = new Map(
    (await textOf("/proc/meminfo")).split("\n").map((line): [string, number] => {
      const [name = "", value = ""] = line.split(":");
      return [name, Number.parseInt(value, 10) * KIB];
    }),
  );
  const total = os.totalmem();
  const free = lines.get("MemFree") ?? os.freemem();
  const buffers = lines.get("Buffers") ?? 0;
  const cached = (lines.get("Cached") ?? 0) + (lines.get("SReclaimable") ?? 0);
  const used = total - free - buffers - cached;
  const available = lines.get("MemAvailable") ?? free;
  return { total, available, used, usedPercent: (used / total) * 100, free, buffers, cached, swaptotal: lines.get("SwapTotal") ?? 0 };
}

async function hostOf(): Promise<JsonObject> {
  const uptime = Math.trunc(os.uptime());
  const release = new Map(
    (await textOf("/etc/os-release")).split("\n").map((line): [string, string] => {
      const [name = "", value = ""] = line.split("=");
      return [name, value.replaceAll('"', "")];
    }),
  );
  return {
    hostname: os.hostname(),
    uptime,
    bootTime: Math.trunc(Date.now() / 1000) - uptime,
    os: os.platform(),
    platform: release.get("ID") ?? "",
    platformVersion: release.get("VERSION_ID") ?? "",
    kernelVersion: os.release(),
    kernelArch: os.machine(),
  };
}

async function diskOf(): Promise<JsonObject> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs("/");
  const used = (blocks - bfree) * bsize;
  const free = bavail * bsize;
  return {
    path: "/",
    total: blocks * bsize,
    free,
    used,
    usedPercent: (used / Math.max(1, used + free)) * 100,
    inodesTotal: files,
    inodesUsed: files - ffree,
    inodesFree: ffree,
  };
}

/** Empty where the system has no such file. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return ""; // another system, which tells less
  }
}
