export { AddressBook, type AddressSource } from "./address-book.ts";
export { type Deadline, Deadlines } from "./deadlines.ts";
export type { Hello, Purpose } from "./hello.ts";
export { type Callee, Rpc, type RpcCallOptions, type RpcOptions } from "./rpc.ts";
