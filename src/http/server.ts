import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import { assert } from "../base/assert.ts";
import { KvorumError, messageOf } from "../base/errors.ts";
import { formatAddress, parseAddress } from "../platform/index.ts";
import { ConnectionLimit } from "./connections.ts";
import { MethodNotAllowedError } from "./errors.ts";
import { ExpressDoor } from "./express-door.ts";
import { type House, houseOf } from "./house.ts";
import { CLOSE_GRACE_MS, HEAD_TIMEOUT_MS, MAX_HEAD_BYTES, REQUEST_TIMEOUT_MS, TCP_KEEPALIVE_MS, TIMEOUT_CHECK_MS } from "./limits.ts";
import type { HttpOptions, HttpServer } from "./ports.ts";
import { serveRaw } from "./raw-door.ts";
import { resolve } from "./resolve.ts";
import { type SecureDoor, tlsOptionsOf } from "./secure.ts";
import { finish } from "./send.ts";
import { Turns } from "./turns.ts";
import { onClientError, refuse } from "./wire.ts";

/** Opens the HTTP door on every address. Rejects with code `unavailable` when an address is taken or not ours. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const house = houseOf(options);
  const limit = new ConnectionLimit(options.config.maxConnsPerClient, options.platform.metrics.gauge("http.connections", "Open HTTP connections"));
  const serve = requestHandler(house);
  const servers: Front[] = [];
  const open = async (server: Server | SecureServer, address: string, protocol: "http" | "https"): Promise<string> => {
    servers.push({ server, express: expressBefore(server, house) });
    limit.watch(server);
    const bound = await listen(server, address);
    house.world.log.info(`Started ${protocol.toUpperCase()} server`, { address: bound, network: address.startsWith("unix:") ? "unix" : "tcp" });
    return bound;
  };
  try {
    const addresses: string[] = [];
    const secureAddresses: string[] = [];
    const secureServers: SecureServer[] = [];
    for (const address of options.listenAddresses) addresses.push(await open(serverOf(serve, house), address, "http"));
    for (const address of options.secure?.listenAddresses ?? []) {
      const server = secureServerOf(serve, house, options.secure);
      secureServers.push(server);
      secureAddresses.push(await open(server, address, "https"));
    }
    return {
      addresses,
      secureAddresses,
      limitConnections: (max) => limit.change(max),
      changeCredentials: (credentials) => {
        for (const server of secureServers) usable(() => server.setSecureContext(tlsOptionsOf(credentials)));
      },
      [Symbol.asyncDispose]: () => close(servers, options),
    };
  } catch (error) {
    await close(servers, options);
    throw error;
  }
}

interface Front {
  readonly server: Server | SecureServer;
  readonly express: ExpressDoor;
}

/** Puts the express door before node:http: connections come to it first. */
function expressBefore(server: Server | SecureServer, house: House): ExpressDoor {
  const comes = server instanceof SecureServer ? "secureConnection" : "connection";
  const accept = server.listeners(comes);
  server.removeAllListeners(comes);
  const express = new ExpressDoor(house, (socket) => {
    for (const listener of accept) listener.call(server, socket);
  });
  server.on(comes, (socket: Socket) => {
    if (!socket.destroyed) express.take(socket);
  });
  return express;
}

function requestHandler(house: House): (request: IncomingMessage, response: ServerResponse) => void {
  let koa: Promise<RequestListener> | undefined;
  // Read when it is first needed: most agents are never asked for a page, and the start is quicker by a tenth of a second without it.
  const app = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    koa ??= import("./koa-door.ts").then(({ koaDoor }) => koaDoor(house).callback());
    (await koa)(request, response);
  };
  const turns = new Turns();
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.headers.host === undefined && request.httpVersionMinor === 1) refuse(request, ": missing required Host header");
    else if (request.url?.startsWith("/v1/") === true) serveRaw(request, response, house);
    else if (request.url === "*") answerStar(request, response);
    else void app(request, response);
  };
  return (request, response) => turns.take(request, response, () => serve(request, response));
}

/** `OPTIONS *` asks the server as a whole; nothing else may be asked of it. */
function answerStar(request: IncomingMessage, response: ServerResponse): void {
  if (request.method === "OPTIONS") finish(request, response, 200, [], undefined);
  else finish(request, response, 400, ["Connection", "close"], undefined);
}

const MANNERS: ServerOptions = {
  maxHeaderSize: MAX_HEAD_BYTES,
  requireHostHeader: false, // refused above, in Go's words
  headersTimeout: HEAD_TIMEOUT_MS,
  requestTimeout: REQUEST_TIMEOUT_MS,
  keepAliveTimeout: 0, // idle connections are never closed: what lies behind them may not be able to open another
  connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  keepAlive: true,
  keepAliveInitialDelay: TCP_KEEPALIVE_MS,
  noDelay: true,
};

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

function serverOf(serve: Serve, house: House): Server {
  return answering(createServer(MANNERS), serve, house);
}

/** The same for those who come by TLS. Throws `config` when the credentials cannot be used. */
function secureServerOf(serve: Serve, house: House, door: SecureDoor | undefined): SecureServer {
  assert(door !== undefined, "there is an address of HTTPS only with its door");
  const { credentials, handshakeTimeoutMs } = door;
  const handshake = handshakeTimeoutMs > 0 ? { handshakeTimeout: handshakeTimeoutMs } : {};
  const server = usable(() => new SecureServer({ ...MANNERS, ...tlsOptionsOf(credentials), ...handshake }));
  server.on("tlsClientError", (error, socket) => {
    house.world.log.debug("TLS handshake failed", { from: formatAddress(socket.remoteAddress, socket.remotePort), error: messageOf(error) });
    socket.destroy();
  });
  answering(server, serve, house);
  return server;
}

/** What OpenSSL says of a certificate or key is told as a fault of the configuration. */
function usable<T>(take: () => T): T {
  try {
    return take();
  } catch (error) {
    throw new KvorumError("config", `Failed to load cert/key pair: ${messageOf(error)}`, { cause: error });
  }
}

function answering<S extends Server | SecureServer>(server: S, serve: Serve, house: House): S {
  server.on("request", serve);
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    response.shouldKeepAlive = false; // until a route asks for the body
    serve(request, response);
  });
  server.on("clientError", (error, socket) => onClientError(error, socket, (method, target) => oddAnswer(method, target, house)));
  server.on("connect", (request: IncomingMessage, socket) => socket.end(oddAnswer("CONNECT", request.url ?? "", house) ?? notFound()));
  return server;
}

/** The answer to a method that Node's parser does not know: none of our endpoints has it. */
function oddAnswer(method: string, target: string, house: House): string | undefined {
  const resolved = resolve(target, house.table, false);
  if (resolved.kind === "malformed") return undefined;
  if (resolved.kind !== "endpoint") return notFound();
  const { message, allow } = new MethodNotAllowedError(method, resolved.endpoint.allow);
  const extra = house.manner.extraHeaders.map((part, at) => (at % 2 === 0 ? `${part}: ` : `${part}\r\n`)).join("");
  return `HTTP/1.1 405 Method Not Allowed\r\nAllow: ${allow}\r\nVary: Accept-Encoding\r\n${extra}Content-Length: ${Buffer.byteLength(message)}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${message}`;
}

function notFound(): string {
  return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
}

/** Gives the address as bound. */
function listen(server: Server | SecureServer, address: string): Promise<string> {
  return new Promise((done, reject) => {
    const failed = (error: Error): void => reject(new KvorumError("unavailable", `Cannot listen on ${address}: ${messageOf(error)}`, { cause: error }));
    server.once("error", failed);
    const listening = (): void => {
      server.removeListener("error", failed);
      const bound = server.address();
      done(bound === null || typeof bound === "string" ? address : formatAddress(bound.address, bound.port));
    };
    if (address.startsWith("unix://")) {
      server.listen(address.slice("unix://".length), listening);
    } else {
      const { host, port } = parseAddress(address);
      server.listen({ host, port, backlog: 1024 }, listening);
    }
  });
}

/** Lets what is being answered end for a moment, then cuts what is left: held answers would keep us for minutes. */
async function close(servers: readonly Front[], { platform }: HttpOptions): Promise<void> {
  await Promise.all(
    servers.map(
      ({ server, express }) =>
        new Promise<void>((done) => {
          server.close(() => done());
          server.closeIdleConnections();
          express.closeIdle();
          const cut = platform.clock.after(CLOSE_GRACE_MS, () => {
            server.closeAllConnections();
            express.closeAll();
          });
          server.once("close", () => cut[Symbol.dispose]());
        }),
    ),
  );
}
