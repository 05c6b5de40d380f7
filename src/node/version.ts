export { consulVersion, version } from "../model/index.ts";
