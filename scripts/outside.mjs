/** Packages with native parts, which stay beside what the build makes; `level` brings `classic-level`. */
export const OUTSIDE = ["level", "msgpackr-extract"];
