import { VarintReader } from "./varint.ts";

/** What a manifest says of LevelDB's other files. */
export interface Manifest {
  /** Write-ahead logs with this number or above count; 0 before LevelDB was opened for the first time. */
  readonly logNumber: number;
  /** Tables in use: number → size in bytes. */
  readonly tables: ReadonlyMap<number, number>;
}

/** The kinds of fields in a manifest's records; LevelDB fixes the numbers (its db/version_edit.cc). */
const TAG = { comparator: 1, logNumber: 2, nextFile: 3, lastSequence: 4, compactPointer: 5, deletedFile: 6, newFile: 7, previousLog: 9 } as const;

/** Follows all changes in a manifest. Throws a plain `Error` that says what it stumbled on. */
export function readManifest(records: readonly Buffer[]): Manifest {
  const tables = new Map<number, number>();
  let logNumber = 0;
  for (const record of records) {
    const reader = new VarintReader(record);
    while (!reader.ended) {
      const tag = reader.number();
      switch (tag) {
        case TAG.comparator:
          reader.text();
          break;
        case TAG.logNumber:
          logNumber = reader.number();
          break;
        case TAG.nextFile:
        case TAG.lastSequence:
        case TAG.previousLog:
          reader.number();
          break;
        case TAG.compactPointer:
          reader.number();
          reader.text();
          break;
        case TAG.deletedFile:
          reader.number();
          tables.delete(reader.number());
          break;
        case TAG.newFile:
          addTable(reader, tables);
          break;
        default:
          throw new Error(`field ${tag} is unknown`);
      }
    }
  }
  return { logNumber, tables };
}

function addTable(reader: VarintReader, tables: Map<number, number>): void {
  reader.number(); // its level
  const number = reader.number();
  tables.set(number, reader.number());
  reader.text(); // its smallest key
  reader.text(); // its largest key
}
