import Router from "@koa/router";
import Koa, { type Context } from "koa";
import type { House } from "./house.ts";
import { pageOf } from "./page.ts";
import { serveElsewhere, serveEndpoint } from "./raw-door.ts";
import { type Resolved, resolve } from "./resolve.ts";
import { finish } from "./send.ts";
import { sendMoved } from "./wire.ts";

interface State {
  resolved: Resolved;
}

/**
 * The door for everything else: the page, its redirects, whatever wants middleware. It mounts the same routes, so that a
 * middleware could stand in front of them as well; their answers are the same bytes as at the raw door.
 */
export function koaDoor(house: House): Koa<State> {
  const app = new Koa<State>();
  app.use(async (ctx, next) => {
    ctx.state.resolved = resolve(ctx.req.url ?? "/", house.table, house.world.config.disableUnprintableCharFilter);
    await next();
  });
  app.use(mountedRoutes(house).routes());
  app.use((ctx) => {
    if (!servePage(ctx, house)) outside(ctx);
  });
  app.silent = true;
  app.on("error", (error: Error) => house.world.log.error("Request failed in an unforeseen way", { error: error.message }));
  return app;
}

/** One koa route for each endpoint, the longest first. */
function mountedRoutes(house: House): Router<State> {
  const router = new Router<State>();
  const endpoints = house.table.endpoints.toSorted((a, b) => b.pattern.length - a.pattern.length);
  for (const endpoint of endpoints) {
    const literal = endpoint.pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    router.all(new RegExp(`^${literal}${endpoint.subtree ? ".*" : ""}$`, "s"), async (ctx, next) => {
      const { resolved } = ctx.state;
      if (resolved.kind !== "endpoint" || resolved.endpoint !== endpoint) return next();
      ctx.respond = false;
      await serveEndpoint(resolved, ctx.req, ctx.res, house);
    });
  }
  return router;
}

/** The page and the ways to it; false when the path is none of them. */
function servePage(ctx: Context & { state: State }, house: House): boolean {
  const { config } = house.world;
  const { resolved } = ctx.state;
  if (resolved.kind !== "other") return false;
  if (resolved.path === "/") {
    ctx.respond = false;
    if (config.ui) sendMoved(config.uiContentPath, ctx.req, ctx.res);
    else finish(ctx.req, ctx.res, 200, ["Content-Type", "text/plain; charset=utf-8"], "Consul Agent");
    return true;
  }
  if (!config.ui) return false;
  if (`${resolved.path}/` === config.uiContentPath) {
    ctx.respond = false;
    sendMoved(config.uiContentPath, ctx.req, ctx.res);
    return true;
  }
  if (resolved.path === "/robots.txt") {
    ctx.respond = false;
    finish(ctx.req, ctx.res, 200, ["Content-Type", "text/plain; charset=utf-8"], "User-agent: *\nDisallow: /\n");
    return true;
  }
  // whatever is below it is for the page to show, as links into Consul's are made
  if (resolved.path.startsWith(config.uiContentPath)) {
    ctx.respond = false;
    finish(ctx.req, ctx.res, 200, ["Content-Type", "text/html; charset=utf-8"], pageOf(config));
    return true;
  }
  return false;
}

function outside(ctx: Context & { state: State }): void {
  const { resolved } = ctx.state;
  if (resolved.kind === "endpoint") return;
  ctx.respond = false;
  serveElsewhere(resolved, ctx.req, ctx.res);
}
