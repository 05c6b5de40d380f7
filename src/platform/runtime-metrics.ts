import { readdirSync } from "node:fs";
import { PerformanceObserver } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { RealMetrics } from "./metrics.ts";

const TURN_OVER_EVERY_MS = 1000;

/** Declares what is to be known of the process itself, under the names of Consul's runtime metrics where there is a counterpart. */
export function declareRuntimeMetrics(metrics: RealMetrics): Disposable {
  declareMemory(metrics);
  declareProcess(metrics);
  const gc = observeGarbageCollection(metrics);
  const timer = setInterval(() => metrics.turnOver(), TURN_OVER_EVERY_MS);
  timer.unref();
  return {
    [Symbol.dispose]() {
      gc.disconnect();
      clearInterval(timer);
    },
  };
}

function declareMemory(metrics: RealMetrics): void {
  const used = metrics.gauge("runtime.alloc_bytes", "Bytes of heap in use");
  const total = metrics.gauge("runtime.sys_bytes", "Bytes of memory the process holds (resident set)");
  const limit = metrics.gauge("runtime.heap_limit_bytes", "Bytes at which the heap is full");
  const outside = metrics.gauge("runtime.external_bytes", "Bytes of buffers outside the heap");
  metrics.beforeReading(() => {
    const memory = process.memoryUsage();
    used.set(memory.heapUsed);
    total.set(memory.rss);
    outside.set(memory.external);
    limit.set(getHeapStatistics().heap_size_limit);
  });
}

function declareProcess(metrics: RealMetrics): void {
  const cpu = metrics.gauge("process.cpu_seconds", "Processor time used since the start, user and system, seconds");
  const started = metrics.gauge("process.start_time_seconds", "When the process started, seconds since 1970");
  const openFiles = metrics.gauge("process.open_fds", "Open file descriptors; 0 where the system does not tell");
  const busy = metrics.gauge("runtime.loop_utilization", "Share of time the event loop was busy since the start, 0 to 1");
  const info = metrics.gauge("runtime.info", "Always 1; the label tells the version of Node", { version: process.version });
  started.set(Math.round(Date.now() / 1000 - process.uptime()));
  metrics.beforeReading(() => {
    const { user, system } = process.cpuUsage();
    cpu.set((user + system) / 1e6);
    openFiles.set(countOpenFiles());
    busy.set(performance.eventLoopUtilization().utilization);
    info.set(1);
  });
}

function observeGarbageCollection(metrics: RealMetrics): PerformanceObserver {
  const pause = metrics.histogram("runtime.gc_pause_ns", "Pauses for garbage collection, nanoseconds");
  const pauses = metrics.gauge("runtime.total_gc_pause_ns", "All pauses for garbage collection since the start, nanoseconds");
  const runs = metrics.gauge("runtime.total_gc_runs", "Garbage collections since the start");
  let totalNs = 0;
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      pause.observe(entry.duration * 1e6);
      totalNs += entry.duration * 1e6;
      count++;
    }
    pauses.set(totalNs);
    runs.set(count);
  });
  observer.observe({ entryTypes: ["gc"] });
  return observer;
}

function countOpenFiles(): number {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return 0; // no /proc on this system: said in the help text
  }
}
