import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, Socket } from "node:net";
import { Duplex } from "node:stream";
import { after, before, describe, it } from "node:test";
import { readShared } from "../../src/http/shared-read.ts";

describe("readShared", () => {
  const server = createServer();
  before(() => once(server.listen(0, "127.0.0.1"), "listening"));
  after(() => server.close());

  async function pair(): Promise<{ readonly here: Socket; readonly there: Socket }> {
    const there = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const [here] = (await once(server, "connection")) as [Socket];
    return { here, there };
  }

  it("gives what comes on accepted sockets out of one buffer, and the end as streams do", async () => {
    const [first, second] = [await pair(), await pair()];
    const memories = new Set<ArrayBufferLike>();
    for (const { here, there } of [first, second]) {
      const heard = new Promise<string>((resolve) => {
        const take = (bytes: Buffer): boolean => {
          memories.add(bytes.buffer);
          resolve(bytes.toString());
          return true;
        };
        assert.equal(readShared(here, take), true, "this Node lets us");
      });
      there.write("hello");
      assert.equal(await heard, "hello");
      there.end();
      await once(here, "end");
      here.destroy();
    }
    assert.equal(memories.size, 1);
  });

  it("reads no more when it is told so, until the socket is resumed", async () => {
    const { here, there } = await pair();
    const heard: string[] = [];
    readShared(here, (bytes) => {
      heard.push(bytes.toString());
      here.emit("taken");
      return false;
    });
    there.write("one");
    await once(here, "taken");
    there.write("two");
    const again = once(here, "taken");
    here.resume();
    await again;
    assert.deepEqual(heard, ["one", "two"]);
    here.destroy();
    there.destroy();
  });

  it("leaves sockets alone that it does not know", () => {
    const take = (): boolean => true;
    for (const other of [new Socket(), new Duplex() as Socket]) assert.equal(readShared(other, take), false);
  });
});
