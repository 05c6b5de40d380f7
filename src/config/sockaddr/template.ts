import { unreachable } from "../../base/assert.ts";
import { ConfigError } from "../decode.ts";
import type { ListInterfaces, NetInterface } from "../interfaces.ts";
import { attribute, TemplateFault, textOf } from "./address.ts";
import { FUNCTIONS, isAddresses, type Value } from "./functions.ts";
import { isNotPublic } from "./networks.ts";
import { type Command, type Node, type Operand, type Pipe, parseTemplate, SyntaxFault } from "./syntax.ts";

/**
 * Fills in `{{ … }}` in an address in the language of HashiCorp's go-sockaddr, such as `{{ GetInterfaceIP "eth0" }}` or
 * `{{ GetPrivateInterfaces | exclude "type" "IPv6" | attr "address" }}`; README.md lists it. Text without braces stays as it is.
 * Throws `ConfigError` that quotes the template.
 */
export function fillAddress(text: string, interfaces: ListInterfaces): string {
  if (!text.includes("{{")) return text.trim();
  const quoted = JSON.stringify(text);
  try {
    const nodes = parseTemplate(text);
    checkNames(nodes);
    return new Filling(interfaces()).list(nodes).trim();
  } catch (error) {
    if (error instanceof SyntaxFault)
      throw new ConfigError(`error parsing ${quoted}: unable to parse template ${quoted}: template: sockaddr.Parse:1: ${error.message}`, { cause: error });
    if (error instanceof TemplateFault)
      throw new ConfigError(`error parsing ${quoted}: unable to execute sockaddr input ${quoted}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** The IPv4 addresses of this machine that an agent may advertise unasked: those that are nobody's on the internet (RFC 6890), loopback aside. */
export function privateAddresses(interfaces: ListInterfaces): readonly NetInterface[] {
  return interfaces().filter((one) => one.family === 4 && !one.loopback && isNotPublic(one.address));
}

/** Functions are looked up before anything runs, as in Go: a name in a branch that is not taken counts too. */
function checkNames(nodes: readonly Node[]): void {
  for (const node of nodes) {
    if (node.kind === "text") continue;
    checkPipe(node.pipe);
    if (node.kind === "pipe") continue;
    checkNames(node.then);
    checkNames(node.otherwise);
  }
}

function checkPipe(pipe: Pipe): void {
  for (const operand of pipe.commands.flat()) {
    if (operand.kind === "pipe") checkPipe(operand.pipe);
    if (operand.kind === "name" && !["true", "false"].includes(operand.name) && !FUNCTIONS.has(operand.name))
      throw new SyntaxFault(`function ${JSON.stringify(operand.name)} not defined`);
  }
}

class Filling {
  readonly #all: readonly NetInterface[];
  readonly #variables = new Map<string, Value>();
  #dot: Value;

  constructor(all: readonly NetInterface[]) {
    this.#all = all;
    this.#dot = all;
  }

  list(nodes: readonly Node[]): string {
    return nodes.map((node) => this.#node(node)).join("");
  }

  #node(node: Node): string {
    switch (node.kind) {
      case "text":
        return node.text;
      case "pipe": {
        const value = this.#pipe(node.pipe);
        return node.pipe.assigns === undefined ? shown(value) : "";
      }
      case "if": {
        const holds = isTrue(this.#pipe(node.pipe));
        return this.list(holds ? node.then : node.otherwise);
      }
      case "with": {
        const value = this.#pipe(node.pipe);
        return isTrue(value) ? this.#within(value, node.then) : this.list(node.otherwise);
      }
      case "range": {
        const value = this.#pipe(node.pipe);
        if (!isAddresses(value)) throw new TemplateFault("range can't iterate over this value");
        return value.length === 0 ? this.list(node.otherwise) : value.map((one) => this.#within(one, node.then)).join("");
      }
      default:
        return unreachable(node);
    }
  }

  #within(dot: Value, nodes: readonly Node[]): string {
    const outer = this.#dot;
    this.#dot = dot;
    const text = this.list(nodes);
    this.#dot = outer;
    return text;
  }

  #pipe({ commands, assigns }: Pipe): Value {
    let value: Value | undefined;
    for (const command of commands) value = this.#command(command, value);
    const result = value ?? "";
    if (assigns !== undefined) this.#variables.set(assigns, result);
    return result;
  }

  /** The result of the command before it is the last argument. */
  #command([head, ...given]: Command, piped: Value | undefined): Value {
    if (head === undefined) throw new TemplateFault("missing value for command");
    const call = head.kind === "name" ? FUNCTIONS.get(head.name) : undefined;
    if (call === undefined) {
      if (given.length > 0 || piped !== undefined) throw new TemplateFault(`can't give argument to non-function ${nameOf(head)}`);
      return this.#operand(head);
    }
    const args = given.map((operand) => this.#operand(operand));
    if (piped !== undefined) args.push(piped);
    try {
      return call(args, this.#all);
    } catch (error) {
      if (error instanceof TemplateFault) throw new TemplateFault(`error calling ${nameOf(head)}: ${error.message}`);
      throw error;
    }
  }

  #operand(operand: Operand): Value {
    switch (operand.kind) {
      case "text":
        return operand.text;
      case "number":
        return operand.value;
      case "pipe":
        return this.#pipe(operand.pipe);
      case "variable": {
        const value = this.#variables.get(operand.name);
        if (value === undefined) throw new SyntaxFault(`undefined variable ${JSON.stringify(operand.name)}`);
        return value;
      }
      case "field":
        if (operand.name === "") return this.#dot;
        if (isAddresses(this.#dot) || typeof this.#dot !== "object") throw new TemplateFault(`can't evaluate field ${operand.name}`);
        return attribute(this.#dot, operand.name.toLowerCase());
      case "name":
        return operand.name === "true" || operand.name === "false" ? operand.name === "true" : this.#command([operand], undefined);
      default:
        return unreachable(operand);
    }
  }
}

function nameOf(operand: Operand): string {
  return operand.kind === "text"
    ? JSON.stringify(operand.text)
    : operand.kind === "number"
      ? String(operand.value)
      : operand.kind === "pipe"
        ? "(…)"
        : operand.name;
}

function isTrue(value: Value): boolean {
  return isAddresses(value) ? value.length > 0 : typeof value === "object" || Boolean(value);
}

function shown(value: Value): string {
  if (isAddresses(value)) return value.map(({ address }) => address).join(" ");
  return typeof value === "object" ? textOf(value) : String(value);
}
