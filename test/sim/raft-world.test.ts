import { seedTests } from "./seeds.ts";

seedTests("raft");
