import type { components } from "./schema.gen";

export type Schemas = components["schemas"];
export type Account = Schemas["Account"];
export type AccountHealth = Schemas["AccountHealth"];
export type AccountState = Schemas["AccountState"];
export type ActionOutcome = Schemas["ActionOutcome"];
export type ActionRunState = Schemas["ActionRunState"];
export type App = Schemas["App"];
export type AppChecked = Schemas["AppFileChecked"];
export type AppFacts = Schemas["AppFacts"];
export type AppFile = Schemas["AppFile"];
export type AppProblem = Schemas["AppProblem"];
export type AppCategory = Schemas["AppCategory"];
export type AuditEntry = Schemas["AuditEntry"];
export type Attempt = Schemas["Attempt"];
export type Brand = Schemas["Brand"];
export type BrandPalette = Schemas["BrandPalette"];
export type BrandSettings = Schemas["BrandSettings"];
export type BrandState = Schemas["BrandState"];
export type Client = Schemas["Client"];
export type Invitation = Schemas["Invitation"];
export type Member = Schemas["Member"];
export type ProjectRole = Schemas["ProjectRole"];
export type APIKey = Schemas["APIKey"];
export type PublishedScope = Schemas["Scope"];
export type Component = Schemas["Component"];
export type ConnectCounts = Schemas["ConnectCounts"];
export type ConnectFunnel = Schemas["ConnectFunnel"];
export type ConnectSession = Schemas["ConnectSession"];
export type ConnectStep = Schemas["ConnectStep"];
export type ConnectToken = Schemas["ConnectToken"];
export type Definition = Schemas["WorkflowDefinition"];
export type Delivery = Schemas["Delivery"];
export type DeliveryFilter = Schemas["DeliveryFilter"];
export type DeliveryState = Schemas["DeliveryState"];
export type Emitter = Schemas["Emitter"];
export type Endpoint = Schemas["Endpoint"];
export type EndpointTest = Schemas["EndpointTest"];
export type EventType = Schemas["EventType"];
export type ExternalUser = Schemas["ExternalUser"];
export type AppOverride = Schemas["AppOverride"];
export type Import = Schemas["Import"];
export type MCPServer = Schemas["MCPServer"];
export type MCPTool = Schemas["MCPTool"];
export type Notice = Schemas["Notice"];
export type NoticeGroup = Schemas["NoticeGroup"];
export type NotificationChannel = Schemas["NotificationChannel"];
export type NotificationRoute = Schemas["NotificationRoute"];
export type NotificationSettings = Schemas["NotificationSettings"];
export type NotificationTest = Schemas["NotificationTest"];
export type OAuthApp = Schemas["OAuthApp"];
export type OAuthAppTest = Schemas["OAuthAppTest"];
export type Instance = Schemas["Instance"];
export type Observation = Schemas["Observation"];
export type PageInfo = Schemas["PageInfo"];
export type Project = Schemas["Project"];
export type Promotion = Schemas["Promotion"];
export type PrivateComponent = Schemas["PrivateComponent"];
export type PrivateComponentChecked = Schemas["PrivateComponentChecked"];
export type PrivateComponentDetail = Schemas["PrivateComponentDetail"];
export type ProxyBody = Schemas["ProxyBody"];
export type ProxyRequest = Schemas["ProxyRequest"];
export type Replay = Schemas["Replay"];
export type Erasure = Schemas["Erasure"];
export type Revocation = Schemas["Revocation"];
export type Run = Schemas["Run"];
export type RunStatus = Schemas["RunStatus"];
export type RunReplay = Schemas["RunReplay"];
export type RunDetail = Schemas["RunDetail"];
export type RunStep = Schemas["RunStep"];
export type DataStore = Schemas["DataStore"];
export type StoreRecord = Schemas["Record"];
export type Step = Schemas["WorkflowStep"];
export type TriggerLook = Schemas["TriggerLook"];
export type TriggerOrphan = Schemas["TriggerOrphan"];
export type Variable = Schemas["Variable"];
export type Webhook = Schemas["Webhook"];
export type Workflow = Schemas["Workflow"];

/** The id of the project's OAuth client that an account was made with. Such an account shows it in the place of the app's. */
export const clientOf = (a: Account) => (a.app.id?.startsWith("oa_") ? a.app.id : undefined);

export type Environment = "development" | "production";

/** What every page of a project works in. */
export interface Scope {
  projectId: string;
  environment: Environment;
}

/** The path and header of a call inside a project and environment. */
export function within(scope: Scope) {
  return { path: { project_id: scope.projectId }, header: { "x-pd-environment": scope.environment } };
}
