import { Socket } from "node:net";
import { SHARED_READ_BYTES } from "./limits.ts";

/** Takes what has come; the bytes are its own until it returns. False: nothing more is to be read for now. */
export type Take = (bytes: Buffer) => boolean;

/** What a socket has of its option `onread`, under symbols that Node keeps to itself. */
interface Onread {
  readonly buffer: symbol;
  readonly callback: symbol;
}

const SHARED = Buffer.allocUnsafeSlow(SHARED_READ_BYTES);
let known: Onread | "none" | undefined;

/**
 * Has all that comes on an accepted socket read into one buffer that all sockets share, and given to `take` in that very turn: what `onread` does for
 * sockets that Node's `net` is told of before they are made. Node otherwise makes 64 KiB for each read and cuts them down, which for a small
 * request costs as much as answering it. False where this Node, or this kind of socket, does not let us: then the socket is as it was.
 */
export function readShared(socket: Socket, take: Take): boolean {
  const onread = onreadOf();
  const { _handle: handle } = socket as { readonly _handle?: { useUserBuffer?: (buffer: Uint8Array) => void } | null };
  const fields = socket as unknown as Record<symbol, unknown>;
  if (onread === undefined || socket.constructor !== Socket || fields[onread.buffer] !== null || typeof handle?.useUserBuffer !== "function") return false;
  handle.useUserBuffer(SHARED);
  fields[onread.buffer] = SHARED;
  fields[onread.callback] = (length: number): boolean => take(SHARED.subarray(0, length));
  return true;
}

/** Looked up at a socket that was made with the option. */
function onreadOf(): Onread | undefined {
  if (known === undefined) {
    const callback = (): boolean => true;
    const sample = new Socket({ onread: { buffer: SHARED, callback } } as ConstructorParameters<typeof Socket>[0]);
    const fields = sample as unknown as Record<symbol, unknown>;
    const names = Object.getOwnPropertySymbols(sample);
    const ofBuffer = names.filter((name) => fields[name] === SHARED);
    const ofCallback = names.filter((name) => fields[name] === callback);
    const [buffer] = ofBuffer;
    const [call] = ofCallback;
    known = buffer === undefined || call === undefined || ofBuffer.length + ofCallback.length !== 2 ? "none" : { buffer, callback: call };
    sample.destroy();
  }
  return known === "none" ? undefined : known;
}
