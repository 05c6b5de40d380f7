import { readFile } from "node:fs/promises";
import type { Terminal } from "./command.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EISDIR: "is a directory",
  ENOTDIR: "not a directory",
  ENOSPC: "no space left on device",
  EROFS: "read-only file system",
};

/** A file that cannot be used; the text is Go's: `open x: no such file or directory`. */
export class FileError extends Error {
  override readonly name = "FileError";
}

/** The system's words for a failed file operation, as Go puts them. */
export function fileError(error: unknown, operation: string, path: string): FileError {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  return new FileError(`${operation} ${path}: ${REASONS[code] ?? (error instanceof Error ? error.message : String(error))}`, { cause: error });
}

/** A whole file. Rejects with `FileError`. */
export async function readText(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(error, "open", path);
  }
}

/** Data of an argument: `@file`, `-` for standard input, else the text itself. Rejects with `FileError`. */
export async function dataOf(argument: string, terminal: Terminal): Promise<Buffer> {
  if (argument === "-") return terminal.input();
  return argument.startsWith("@") ? readText(argument.slice(1)) : Buffer.from(argument);
}
