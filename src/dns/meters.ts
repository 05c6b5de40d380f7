import type { Counter, Histogram, Metrics } from "../platform/index.ts";

/** What DNS counts, under Consul's names; the last five are ours. */
export interface DnsMeters {
  readonly domainQuery: Histogram;
  readonly ptrQuery: Histogram;
  readonly staleQueries: Counter;
  readonly malformed: Counter;
  readonly dropped: Counter;
  readonly unsent: Counter;
  readonly recursorFailed: Counter;
  readonly kept: Counter;
}

export function dnsMeters(metrics: Metrics, node: string): DnsMeters {
  const labels = { node };
  return {
    domainQuery: metrics.histogram("dns.domain_query", "Time to answer a question for a name of the domain, in ms", labels),
    ptrQuery: metrics.histogram("dns.ptr_query", "Time to answer a question for the name of an address, in ms", labels),
    staleQueries: metrics.counter("dns.stale_queries", "Answers from a state that had not heard from the leader for more than 5 s", labels),
    malformed: metrics.counter("dns.malformed", "Messages that were no question: refused or passed over", labels),
    dropped: metrics.counter("dns.dropped", "Questions and connections that were not taken because too many were being answered", labels),
    unsent: metrics.counter("dns.unsent", "Answers that the system did not send", labels),
    recursorFailed: metrics.counter("dns.recursor_failed", "Questions that a recursor did not answer in time, or not well", labels),
    kept: metrics.counter("dns.kept", "Answers that were given from those kept ready", labels),
  };
}
