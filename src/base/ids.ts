import { assert } from "./assert.ts";
import type { Brand } from "./brand.ts";

/** A raft term: a whole number from 0; 0 is before the first election. Raft paper §5.1. */
export type Term = Brand<number, "Term">;
/** The place of an entry in the raft log: a whole number from 0; 0 is before the first entry. */
export type Index = Brand<number, "Index">;
/** What names a server for ever: 36 characters of UUID text. Addresses may change, this does not. */
export type NodeId = Brand<string, "NodeId">;

export function asTerm(n: number): Term {
  assert(Number.isSafeInteger(n) && n >= 0, "a term is a whole number from 0");
  return n as Term;
}

export function asIndex(n: number): Index {
  assert(Number.isSafeInteger(n) && n >= 0, "a log index is a whole number from 0");
  return n as Index;
}

export function asNodeId(text: string): NodeId {
  assert(text.length > 0, "a node id is not empty");
  return text as NodeId;
}
