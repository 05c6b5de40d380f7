import { seedTests } from "./seeds.ts";

// With both it was the simulation's own judgement that was wrong.
seedTests("server", [
  // The same command stood in an entry that was overwritten and in the one that was committed there, by then in snapshots alone.
  { seed: 50_727, servers: 3, stormMs: 8_000 },
  // An order given to a server that was stopping passed for one that was carried out, and its machine was taken away.
  { seed: 51_136, servers: 3, stormMs: 8_000 },
]);
