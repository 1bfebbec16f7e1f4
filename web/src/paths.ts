import type { Scope } from "@/api/types";

/** Every address of the console, in one leaf that pages and the router both use. */
const root = "/projects/$projectId/$environment";
export const routes = {
  home: "/",
  signIn: "/sign-in",
  runbook: "/runbook",
  project: "/projects/$projectId",
  scope: root,
  users: `${root}/users`,
  user: `${root}/users/$externalUserId`,
  trigger: `${root}/users/$externalUserId/triggers/$triggerId`,
  apps: `${root}/apps`,
  app: `${root}/apps/$slug`,
  appFile: `${root}/apps/$slug/file`,
  components: `${root}/components`,
  component: `${root}/components/$componentKey`,
  privateComponents: `${root}/private-components`,
  privateComponent: `${root}/private-components/$componentName`,
  actionRuns: `${root}/action-runs`,
  actionRun: `${root}/action-runs/$actionRunId`,
  triggers: `${root}/triggers`,
  accounts: `${root}/accounts`,
  account: `${root}/accounts/$accountId`,
  imports: `${root}/imports`,
  revocations: `${root}/revocations`,
  workflows: `${root}/workflows`,
  workflowNew: `${root}/workflows/new`,
  workflow: `${root}/workflows/$workflowId`,
  runs: `${root}/runs`,
  run: `${root}/runs/$runId`,
  deliveries: `${root}/deliveries`,
  delivery: `${root}/deliveries/$deliveryId`,
  deadLetters: `${root}/dead-letters`,
  incoming: `${root}/incoming`,
  appAddress: `${root}/incoming/$addressId`,
  requests: `${root}/requests`,
  request: `${root}/requests/$requestId`,
  webhook: `${root}/webhook`,
  notifications: `${root}/notifications`,
  endpoints: `${root}/endpoints`,
  endpoint: `${root}/endpoints/$endpointId`,
  eventTypes: `${root}/event-types`,
  branding: `${root}/branding`,
  sessions: `${root}/sessions`,
  session: `${root}/sessions/$sessionId`,
  oauthClients: `${root}/oauth-clients`,
  appOverrides: `${root}/app-overrides`,
  clients: `${root}/clients`,
  audit: `${root}/audit`,
  settings: `${root}/settings`,
} as const;

type Search = Record<string, string | undefined>;

/** Where a link leads; spread it into <Link> or give it to navigate. Parameters are encoded by the router. */
export interface Place {
  to: string;
  params: Record<string, string>;
  search: Search;
}

const at = (to: string, scope: Scope, params: Record<string, string> = {}, search: Search = {}): Place => ({
  to,
  params: { projectId: scope.projectId, environment: scope.environment, ...params },
  search,
});

export const paths = {
  overview: (s: Scope) => at(routes.scope, s),
  users: (s: Scope, search?: Search) => at(routes.users, s, {}, search),
  user: (s: Scope, externalUserId: string) => at(routes.user, s, { externalUserId }),
  trigger: (s: Scope, externalUserId: string, triggerId: string) => at(routes.trigger, s, { externalUserId, triggerId }),
  apps: (s: Scope, search?: Search) => at(routes.apps, s, {}, search),
  app: (s: Scope, slug: string) => at(routes.app, s, { slug }),
  /** No slug is a dash: it stands for the app that is being added. */
  appFileNew: (s: Scope) => at(routes.appFile, s, { slug: "-" }),
  appFile: (s: Scope, slug: string) => at(routes.appFile, s, { slug }),
  components: (s: Scope, search?: Search) => at(routes.components, s, {}, search),
  component: (s: Scope, componentKey: string, search?: Search) => at(routes.component, s, { componentKey }, search),
  privateComponents: (s: Scope) => at(routes.privateComponents, s),
  /** No name is a dash: it stands for the component that is being added. */
  privateComponentNew: (s: Scope) => at(routes.privateComponent, s, { componentName: "-" }),
  privateComponent: (s: Scope, componentName: string) => at(routes.privateComponent, s, { componentName }),
  actionRuns: (s: Scope, search?: Search) => at(routes.actionRuns, s, {}, search),
  actionRun: (s: Scope, actionRunId: string) => at(routes.actionRun, s, { actionRunId }),
  triggers: (s: Scope, search?: Search) => at(routes.triggers, s, {}, search),
  accounts: (s: Scope, search?: Search) => at(routes.accounts, s, {}, search),
  account: (s: Scope, accountId: string) => at(routes.account, s, { accountId }),
  imports: (s: Scope) => at(routes.imports, s),
  revocations: (s: Scope) => at(routes.revocations, s),
  workflows: (s: Scope) => at(routes.workflows, s),
  workflowNew: (s: Scope) => at(routes.workflowNew, s),
  workflow: (s: Scope, workflowId: string) => at(routes.workflow, s, { workflowId }),
  runs: (s: Scope, search?: Search) => at(routes.runs, s, {}, search),
  run: (s: Scope, runId: string) => at(routes.run, s, { runId }),
  deliveries: (s: Scope, search?: Search) => at(routes.deliveries, s, {}, search),
  delivery: (s: Scope, deliveryId: string) => at(routes.delivery, s, { deliveryId }),
  incoming: (s: Scope) => at(routes.incoming, s),
  appAddress: (s: Scope, addressId: string) => at(routes.appAddress, s, { addressId }),
  deadLetters: (s: Scope, search?: Search) => at(routes.deadLetters, s, {}, search),
  requests: (s: Scope, search?: Search) => at(routes.requests, s, {}, search),
  request: (s: Scope, requestId: string) => at(routes.request, s, { requestId }),
  webhook: (s: Scope) => at(routes.webhook, s),
  notifications: (s: Scope, search?: Search) => at(routes.notifications, s, {}, search),
  endpoints: (s: Scope) => at(routes.endpoints, s),
  endpoint: (s: Scope, endpointId: string) => at(routes.endpoint, s, { endpointId }),
  eventTypes: (s: Scope) => at(routes.eventTypes, s),
  branding: (s: Scope) => at(routes.branding, s),
  sessions: (s: Scope, search?: Search) => at(routes.sessions, s, {}, search),
  session: (s: Scope, sessionId: string) => at(routes.session, s, { sessionId }),
  oauthClients: (s: Scope, search?: Search) => at(routes.oauthClients, s, {}, search),
  appOverrides: (s: Scope) => at(routes.appOverrides, s),
  clients: (s: Scope) => at(routes.clients, s),
  audit: (s: Scope, search?: Search) => at(routes.audit, s, {}, search),
  settings: (s: Scope) => at(routes.settings, s),
};
