export { FilterFault, FilterSyntaxFault } from "./fault.ts";
export { compileFilter, FilterCache } from "./filters.ts";
export { field, type Kind, listOf, mapOf, struct, type Test, text, texts, truth, whole } from "./kinds.ts";
export { checkedInstanceRow, checkRow, nodeRow, nodeWithAllRow, serviceNodeRow, serviceRow } from "./rows.ts";
