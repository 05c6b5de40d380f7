import { quoteJson } from "../../base/json.ts";
import type { KeyringAnswer } from "../gossip.ts";
import { writeList, writeMap, writeTextMap } from "./write.ts";

/** `operator/keyring`. */
export function writeKeyringAnswers(answers: readonly KeyringAnswer[]): string {
  return writeList(answers, ({ wan, datacenter, segment, messages, keys, primaryKeys, nodes, error }) => {
    const said = Object.keys(messages).length === 0 ? "" : `"Messages":${writeTextMap(messages)},`;
    const wrong = error === "" ? "" : `,"Error":${quoteJson(error)}`;
    return `{"WAN":${wan},"Datacenter":${quoteJson(datacenter)},"Segment":${quoteJson(segment)},${said}"Keys":${writeMap(keys, String)},"PrimaryKeys":${writeMap(primaryKeys, String)},"NumNodes":${nodes}${wrong}}`;
  });
}
