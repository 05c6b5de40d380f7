import type { Level } from "level";
import type { KvorumError } from "../base/errors.ts";
import type { Logger } from "../platform/index.ts";
import type { SnapshotMeta } from "../raft/index.ts";
import type { SyncedMark } from "./synced-mark.ts";

export type LogDatabase = Level<Buffer, Buffer>;

export interface LevelLogOptions {
  readonly database: LogDatabase;
  readonly folder: string;
  readonly mark: SyncedMark;
  /** What the mark said when it was opened. */
  readonly markedSequence: number | undefined;
  /** The whole snapshots on this disk, the newest first. */
  readonly snapshots: readonly SnapshotMeta[];
  readonly logger: Logger;
  /** Finds out which file is to blame when something is wrong. */
  readonly blame: (fault: string, cause?: unknown) => Promise<KvorumError>;
  /** Called after the log was cut, and after space was given back. */
  readonly onSpaceChanged: () => Promise<void>;
}
