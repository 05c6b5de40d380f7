import type { Rng } from "../walk/rng.ts";

/** A configuration of DNS at random. `recursor`: one that may be named. */
export function configOf(
  rng: Rng,
  recursor: string,
): { readonly config: Readonly<Record<string, unknown>>; readonly domain: string; readonly altDomain: string } {
  const some = (chances: number, part: object): object => (rng.below(chances) === 0 ? part : {});
  const domain = rng.pick(["consul", "consul", "Example.Org.", "c.d.e"]);
  const altDomain = rng.pick(["", "", "alt.test", "org"]);
  const dns = {
    ...some(2, { udp_answer_limit: rng.pick([1, 2, 5, 8, 20]) }),
    ...some(2, { enable_truncate: true }),
    ...some(3, { a_record_limit: rng.pick([1, 2, 4]) }),
    ...some(3, { enable_additional_node_meta_txt: false }),
    ...some(4, { disable_compression: true }),
    ...some(2, { node_ttl: rng.pick(["11s", "1500ms", "1h"]) }),
    ...some(2, { service_ttl: rng.pick([{ "*": "5s" }, { web: "31s", "w*": "7s", "*": "2s" }, { api: "0s", "a*": "9s" }]) }),
    ...some(3, { only_passing: true }),
    ...some(3, { soa: rng.pick([{ refresh: 1, retry: 2, expire: 3, min_ttl: 4 }, { min_ttl: 30 }]) }),
    ...some(5, { use_cache: true, cache_max_age: rng.pick(["0s", "5s"]) }),
    ...some(5, { allow_stale: false }),
    ...some(6, { max_stale: "10s" }),
    ...some(1, { recursor_timeout: "400ms" }),
  };
  const recursors = rng.below(2) === 0 ? { recursors: [recursor] } : {};
  const config = { domain, ...(altDomain === "" ? {} : { alt_domain: altDomain }), dns_config: dns, ...recursors };
  return { config, domain: domain.toLowerCase().replace(/\.$/, ""), altDomain };
}
