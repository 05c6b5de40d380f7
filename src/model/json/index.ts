export {
  type NilTags,
  writeCheckedInstances,
  writeNode,
  writeNodeServiceList,
  writeNodeServices,
  writeNodes,
  writeServiceNodes,
  writeServiceTags,
} from "./catalog.ts";
export { checkTypeOf, writeChecks } from "./check.ts";
export { definitionJson } from "./config-definition.ts";
export { type CoordinateWish, decodeCoordinateUpdate, writeCoordinate, writeCoordinates, writeDatacenterCoordinates } from "./coordinate.ts";
export { decodeCheckDefinition, decodeCheckUpdate, decodeServiceDefinition, encodeCheckDefinition, encodeServiceDefinition } from "./definition.ts";
export { writeExecution, writeExplanation, writeNodesWithAll, writeNodeWithAll, writeServiceSummaries } from "./discovery.ts";
export { JsonDecodeError } from "./go-struct.ts";
export { writeKeyringAnswers } from "./gossip.ts";
export { writeKeys, writeKvEntries, writeKvEntry, writeOneKvEntry } from "./kv.ts";
export { type LocalHealth, writeAgentChecks, writeAgentService, writeAgentServices, writeLocalHealth, writeLocalHealths } from "./local.ts";
export { decodeAutopilotConfig, decodeKeyringKey, writeAutopilotConfig, writeOperatorHealth, writeRaftConfiguration } from "./operator.ts";
export { decodeQuery, writeQueries, writeQuery } from "./query.ts";
export { decodeDeregistration, decodeRegistration } from "./registration.ts";
export { decodeSessionWish, type SessionWish, writeSession, writeSessions } from "./session.ts";
export { decodeTxn, type TxnWish, writeTxnErrors, writeTxnResults } from "./txn.ts";
export { writeList, writeTexts } from "./write.ts";
