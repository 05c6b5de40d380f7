import type { HttpConfig } from "./ports.ts";

/** The page below `/ui/`: what runs here and where to go on. A text without scripts, until there is more to see. */
export function pageOf(config: Pick<HttpConfig, "version" | "nodeName" | "datacenter">): string {
  const rows = LINKS.map(([path, about]) => `<tr><td><a href="${path}"><code>${path}</code></a></td><td>${about}</td></tr>`).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Kvorum: ${escapeHtml(config.nodeName)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #1d2430; background: #fff }
code { font-size: 0.95em } td { padding: 0.15rem 1.5rem 0.15rem 0; vertical-align: top } a { color: #0b5cad }
@media (prefers-color-scheme: dark) { body { color: #dde3ec; background: #14181f } a { color: #7db8f5 } }
</style>
</head>
<body>
<h1>Kvorum</h1>
<p>Version ${escapeHtml(config.version)} on node <b>${escapeHtml(config.nodeName)}</b> in datacenter <b>${escapeHtml(config.datacenter)}</b>.
It answers the HTTP API of Consul 1.8.7 for keys and values, sessions, transactions, catalog and health.</p>
<table>
${rows}
</table>
<p>There are no pages for looking around yet; these answers are what a browser can see.</p>
</body>
</html>
`;
}

const LINKS: readonly (readonly [string, string])[] = [
  ["/v1/status/leader", "who leads"],
  ["/v1/operator/autopilot/health", "how the servers do"],
  ["/v1/catalog/nodes", "the nodes"],
  ["/v1/catalog/services", "the services"],
  ["/v1/kv/?keys", "the keys"],
  ["/v1/session/list", "the sessions"],
  ["/v1/agent/metrics?format=prometheus", "metrics for Prometheus"],
  ["/v1/openapi.json", "the whole API as OpenAPI 3.1"],
];

const HTML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => HTML[char] ?? char);
}
