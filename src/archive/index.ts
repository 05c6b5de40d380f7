export { type ArchiveHeader, type ArchiveMeta, type ArchiveServer, refuseForeignState } from "./meta.ts";
export { type Archive, inspectArchive, type ReadArchiveOptions, readArchive } from "./read.ts";
export { type ArchiveContent, writeArchive } from "./write.ts";
