import { connect, type Socket } from "node:net";

/** What came back on a connection, as text of bytes, and whether the server ended it. */
export interface Heard {
  readonly text: string;
  readonly closed: boolean;
}

/** Sends bytes on a connection of their own, `later` as soon as these have gone, and listens until `enough` holds of what came, or the server ends it. */
export function talk(port: number, bytes: string, enough: (text: string) => boolean = oneAnswer, later = ""): Promise<Heard> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes, "latin1", () => socket.write(later, "latin1")));
    const done = (closed: boolean): void => {
      socket.destroy();
      resolve({ text, closed });
    };
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (enough(text)) void turns(END_TURNS).then(() => done(false));
    });
    socket.on("end", () => done(true));
    socket.on("error", reject);
  });
}

/** Both ends are in this process: an end of the connection that comes after an answer has come when its loop has turned so often. */
const END_TURNS = 50;

/** Lets the loop of this process turn: timers, sockets and all. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** An answer with a length, or one in chunks that has ended. */
export function oneAnswer(text: string): boolean {
  return answersIn(text).length >= 1;
}

export function answersIn(text: string): string[] {
  const answers: string[] = [];
  let rest = text;
  for (let end = rest.indexOf("\r\n\r\n"); end !== -1; end = rest.indexOf("\r\n\r\n")) {
    const head = rest.slice(0, end).toLowerCase();
    const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
    const size = length === undefined ? chunkedSize(head, rest.slice(end + 4)) : Number(length);
    if (size === undefined || rest.length < end + 4 + size) break;
    answers.push(rest.slice(0, end + 4 + size));
    rest = rest.slice(end + 4 + size);
  }
  return answers;
}

function chunkedSize(head: string, body: string): number | undefined {
  if (/^http\/1\.1 100/.test(head)) return 0;
  if (!head.includes("\r\ntransfer-encoding: chunked")) return undefined;
  const end = body.startsWith("0\r\n\r\n") ? 0 : body.indexOf("\r\n0\r\n\r\n");
  return end === -1 ? undefined : end === 0 ? 5 : end + 7;
}

/** An answer without what differs from one moment to the next. */
export function steady(answer: string): string {
  return answer.replace(/\r\nDate: [^\r]*/, "");
}

export function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.[01] (\d+)/.exec(answer)?.[1]);
}

export function headerOf(answer: string, name: string): string | undefined {
  return new RegExp(`\r\n${name}: ([^\r]*)`, "i").exec(answer.slice(0, answer.indexOf("\r\n\r\n")))?.[1];
}

/** An open connection that has sent nothing. */
export function openSilently(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    socket.on("error", reject);
  });
}
