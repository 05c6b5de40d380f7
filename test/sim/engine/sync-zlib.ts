import { syncBuiltinESMExports } from "node:module";
import { Transform } from "node:stream";
import zlib, { gunzipSync, gzipSync } from "node:zlib";

/**
 * Makes gzip work in the turn in which it is asked. Node's own works in other threads, whose pace no seed knows: this is the
 * only wait of the servers that does not come from the platform. For simulations only; changes the whole process.
 */
export function useSyncZlib(): void {
  const createGzip = (options?: zlib.ZlibOptions): Transform => whole((bytes) => gzipSync(bytes, options));
  const createGunzip = (options?: zlib.ZlibOptions): Transform => whole((bytes) => gunzipSync(bytes, options));
  for (const [name, value] of Object.entries({ createGzip, createGunzip })) Object.defineProperty(zlib, name, { value, configurable: true, enumerable: true });
  syncBuiltinESMExports();
}

/** A stream that turns all it was given at once, when its input ends. */
function whole(turn: (bytes: Buffer) => Buffer): Transform {
  const chunks: Buffer[] = [];
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
    flush(done) {
      try {
        done(null, turn(Buffer.concat(chunks)));
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
}
