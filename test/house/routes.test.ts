import assert from "node:assert/strict";
import { describe, it } from "node:test";
// By file: the door of the room starts listeners and needs no table.
import type { Parameter, Route } from "../../src/http/route.ts";
import { ROUTES } from "../../src/http/routes/index.ts";
import { mustEqualFile } from "./golden.ts";

describe("the routes of the HTTP API", () => {
  it("are all in docs/http-api.md, which is made from their table", () => {
    mustEqualFile("docs/http-api.md", page(ROUTES));
  });

  it("say what they are about, what may come back, and what each parameter means", () => {
    const silent = ROUTES.filter(
      ({ about, answers, parameters }) => about === "" || Object.keys(answers).length === 0 || parameters.some((one) => one.about === ""),
    );
    assert.deepEqual(
      silent.map(({ method, path }) => `${method} ${path}`),
      [],
    );
  });
});

function page(routes: readonly Route[]): string {
  const areas = new Map<string, Route[]>();
  for (const route of routes) {
    const area = route.path.split("/")[2]?.replace(/\.json$/, "") ?? "";
    areas.set(area, [...(areas.get(area) ?? []), route]);
  }
  const head = [
    "# HTTP API",
    "",
    "Every route that an agent serves, made from the table that serves them (`src/http/routes`); the same table as JSON is at `/v1/openapi.json`.",
    "Shapes, statuses, headers and error texts are those of Consul 1.8.7. A part `/*name` takes the rest of the path, slashes included.",
  ];
  const sections = [...areas].flatMap(([area, own]) => ["", `## ${area}`, ...own.flatMap(entry)]);
  return `${[...head, ...sections].join("\n")}\n`;
}

function entry({ method, path, about, parameters, body, answers }: Route): readonly string[] {
  const lines = ["", `### ${method === "*" ? "any method" : method} ${path}`, "", `${about}.`];
  if (body.kind !== "none") lines.push("", `Body: ${body.about}.`);
  if (parameters.length > 0) lines.push("", "| parameter | kind | meaning |", "| --- | --- | --- |", ...parameters.map(parameterRow));
  return [...lines, "", "| status | meaning |", "| --- | --- |", ...Object.entries(answers).map(([status, meaning]) => `| ${status} | ${meaning} |`)];
}

function parameterRow(parameter: Parameter): string {
  const where = parameter.in === "query" ? "" : ` (${parameter.in})`;
  return `| \`${parameter.name}\`${where} | ${parameter.kind} | ${parameter.about} |`;
}
