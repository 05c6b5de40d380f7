import { plainAnswer } from "../answer.ts";
import { NO_BODY, pathPart, type Route } from "../route.ts";

/** Methods in the order in which `Allow` names them. */
const ENDPOINTS: readonly (readonly [Route["path"], readonly Route["method"][]])[] = [
  ["/v1/acl/bootstrap", ["PUT"]],
  ["/v1/acl/create", ["PUT"]],
  ["/v1/acl/update", ["PUT"]],
  ["/v1/acl/destroy/*id", ["PUT"]],
  ["/v1/acl/info/*id", ["GET"]],
  ["/v1/acl/clone/*id", ["PUT"]],
  ["/v1/acl/list", ["GET"]],
  ["/v1/acl/login", ["POST"]],
  ["/v1/acl/logout", ["POST"]],
  ["/v1/acl/replication", ["GET"]],
  ["/v1/acl/policies", ["GET"]],
  ["/v1/acl/policy", ["PUT"]],
  ["/v1/acl/policy/*id", ["GET", "PUT", "DELETE"]],
  ["/v1/acl/policy/name/*name", ["GET"]],
  ["/v1/acl/roles", ["GET"]],
  ["/v1/acl/role", ["PUT"]],
  ["/v1/acl/role/name/*name", ["GET"]],
  ["/v1/acl/role/*id", ["GET", "PUT", "DELETE"]],
  ["/v1/acl/binding-rules", ["GET"]],
  ["/v1/acl/binding-rule", ["PUT"]],
  ["/v1/acl/binding-rule/*id", ["GET", "PUT", "DELETE"]],
  ["/v1/acl/auth-methods", ["GET"]],
  ["/v1/acl/auth-method", ["PUT"]],
  ["/v1/acl/auth-method/*name", ["GET", "PUT", "DELETE"]],
  ["/v1/acl/rules/translate", ["POST"]],
  ["/v1/acl/rules/translate/*id", ["GET"]],
  ["/v1/acl/tokens", ["GET"]],
  ["/v1/acl/token", ["PUT"]],
  ["/v1/acl/token/self", ["GET"]],
  ["/v1/acl/token/*id", ["GET", "PUT", "DELETE"]],
  ["/v1/agent/token/*name", ["PUT"]],
  ["/v1/internal/acl/authorize", ["POST"]],
];

/** Consul api-docs, ACLs: they are off, and every endpoint says so. */
export const aclRoutes: readonly Route[] = ENDPOINTS.flatMap(([path, methods]) =>
  methods.map(
    (method): Route => ({
      method,
      path,
      about: "Access control, which is off",
      parameters: path.includes("*") ? [pathPart(path.slice(path.indexOf("*") + 1), "What it is about")] : [],
      body: NO_BODY,
      answers: { 401: "ACL support disabled" },
      handle: () => plainAnswer(401, "ACL support disabled"),
    }),
  ),
);
