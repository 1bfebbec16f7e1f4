// Code generated from openapi/openapi.yaml by sdk/generate. DO NOT EDIT.

import type { Binary, Caller, Content, RequestOptions } from "../caller.js";
import type { PagePromise } from "../page.js";
import type {
  Account,
  AccountHealth,
  AccountsCreateRequest,
  AccountsListByExternalUserRequest,
  AccountsListRequest,
  AccountsRetrieveRequest,
  ActionOutcome,
  ActionRunDetail,
  ActionRunState,
  ActionRunsListRequest,
  ActionsConfigurePropRequest,
  ActionsListRequest,
  ActionsReloadPropsRequest,
  ActionsRetrieveRequest,
  ActionsRunRequest,
  App,
  AppCategory,
  AppOverride,
  AppOverridesCreateRequest,
  AppOverridesListRequest,
  AppOverridesUpdateRequest,
  AppsListRequest,
  AppsRetrieveResponse,
  Component,
  ComponentBody,
  ComponentsConfigurePropRequest,
  ComponentsListRequest,
  ComponentsReloadPropsRequest,
  ComponentsRetrieveRequest,
  ConnectToken,
  ConnectTokenValidation,
  DeployedTriggersDeleteRequest,
  DeployedTriggersListEventsRequest,
  DeployedTriggersListEventsResponse,
  DeployedTriggersListRequest,
  DeployedTriggersListWebhooksRequest,
  DeployedTriggersListWorkflowsRequest,
  DeployedTriggersRegenerateWebhookSigningKeyRequest,
  DeployedTriggersRetrieveRequest,
  DeployedTriggersRetrieveWebhookRequest,
  DeployedTriggersUpdateRequest,
  DeployedTriggersUpdateWebhooksRequest,
  DeployedTriggersUpdateWorkflowsRequest,
  DynamicProps,
  Emitter,
  EmitterBody,
  Endpoint,
  EndpointsCreateRequest,
  EndpointsListRequest,
  EndpointsUpdateRequest,
  ExternalUser,
  FileStashDownloadFileRequest,
  FileStashListRequest,
  FileStashUploadRequest,
  OAuthApp,
  OAuthAppTest,
  OAuthToken,
  OauthAppsCreateRequest,
  OauthAppsListRequest,
  OauthAppsTestRequest,
  OauthAppsUpdateRequest,
  OauthTokensCreateRequest,
  Project,
  ProjectEnvironmentRetrieveWebhookResponse,
  ProjectEnvironmentUpdateWebhookRequest,
  ProjectEnvironmentUpdateWebhookResponse,
  ProjectInfo,
  ProjectsCreateRequest,
  ProjectsListRequest,
  ProjectsUpdateLogoRequest,
  ProjectsUpdateLogoResponse,
  ProjectsUpdateRequest,
  PropOptions,
  RateLimit,
  RateLimitsCreateRequest,
  Run,
  RunDetail,
  RunsListRequest,
  StashFile,
  TokensCreateRequest,
  TokensValidateRequest,
  TriggerWebhooks,
  TriggerWorkflows,
  TriggersConfigurePropRequest,
  TriggersDeployRequest,
  TriggersListRequest,
  TriggersReloadPropsRequest,
  TriggersRetrieveRequest,
  UsageListRequest,
  UsageListResponse,
  UsersListRequest,
  WebhookWithSigningKey,
  Workflow,
  WorkflowsListRequest,
  WorkflowsRunRequest,
} from "./models.js";

export class OauthTokens {
  constructor(protected readonly call: Caller) {}

  /** Exchange a client id and secret for an access token. */
  create(request: OauthTokensCreateRequest, options?: RequestOptions): Promise<OAuthToken> {
    return this.call.json({ method: "POST", path: "/v1/oauth/token", fixed: {"grant_type":"client_credentials"}, open: true, repeatable: true }, request, options);
  }
}

export class Tokens {
  constructor(protected readonly call: Caller) {}

  /** Create a connect token for a user. */
  create(request: TokensCreateRequest, options?: RequestOptions): Promise<ConnectToken> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/tokens", repeatable: true }, request, options);
  }

  /** Say whether a connect token may still connect an account. */
  validate(ctok: string, request: TokensValidateRequest = {}, options?: RequestOptions): Promise<ConnectTokenValidation> {
    return this.call.json({ method: "GET", path: "/v1/connect/tokens/{ctok}/validate", at: { ctok }, open: true }, request, options);
  }
}

export class Accounts {
  constructor(protected readonly call: Caller) {}

  /** List accounts. */
  list(request: AccountsListRequest = {}, options?: RequestOptions): PagePromise<Account> {
    return this.call.page({ method: "GET", path: "/v1/connect/{project_id}/accounts" }, request, options);
  }

  /** Connect an account with keys. */
  create(request: AccountsCreateRequest, options?: RequestOptions): Promise<Account> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/accounts", query: ["external_user_id","oauth_app_id"], connectToken: request.connectToken }, request, options);
  }

  /** Get an account. */
  retrieve(accountId: string, request: AccountsRetrieveRequest = {}, options?: RequestOptions): Promise<Account> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/accounts/{account_id}", at: { account_id: accountId } }, request, options);
  }

  /** Delete an account. */
  delete(accountId: string, options?: RequestOptions): Promise<void> {
    return this.call.nothing({ method: "DELETE", path: "/v1/connect/{project_id}/accounts/{account_id}", at: { account_id: accountId } }, {}, options);
  }

  /** Delete every account of an app. */
  deleteByApp(appId: string, options?: RequestOptions): Promise<void> {
    return this.call.nothing({ method: "DELETE", path: "/v1/connect/{project_id}/apps/{app_id}/accounts", at: { app_id: appId } }, {}, options);
  }

  /** List the accounts of a user. */
  listByExternalUser(externalUserId: string, request: AccountsListByExternalUserRequest = {}, options?: RequestOptions): Promise<Account[]> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/users/{external_user_id}/accounts", at: { external_user_id: externalUserId } }, request, options);
  }

  /** Try an account now. */
  check(accountId: string, options?: RequestOptions): Promise<Account> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/accounts/{account_id}/check", at: { account_id: accountId }, repeatable: true }, {}, options);
  }

  /** Say how an account is, how that changed, and how its last refreshes went. */
  retrieveHealth(accountId: string, options?: RequestOptions): Promise<AccountHealth> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/accounts/{account_id}/health", at: { account_id: accountId } }, {}, options);
  }
}

export class Users {
  constructor(protected readonly call: Caller) {}

  /** List users. */
  list(request: UsersListRequest = {}, options?: RequestOptions): PagePromise<ExternalUser> {
    return this.call.page({ method: "GET", path: "/v1/connect/{project_id}/users" }, request, options);
  }

  /** Delete a user with their accounts and triggers. */
  deleteExternalUser(externalUserId: string, options?: RequestOptions): Promise<void> {
    return this.call.nothing({ method: "DELETE", path: "/v1/connect/{project_id}/users/{external_user_id}", at: { external_user_id: externalUserId } }, {}, options);
  }
}

export class Apps {
  constructor(protected readonly call: Caller) {}

  /** List apps. */
  list(request: AppsListRequest = {}, options?: RequestOptions): PagePromise<App> {
    return this.call.page({ method: "GET", path: "/v1/connect/apps" }, request, options);
  }

  /** Get an app. */
  retrieve(appId: string, options?: RequestOptions): Promise<AppsRetrieveResponse> {
    return this.call.json({ method: "GET", path: "/v1/connect/apps/{app_id}", at: { app_id: appId } }, {}, options);
  }
}

export class AppCategories {
  constructor(protected readonly call: Caller) {}

  /** List the categories that have apps. */
  list(options?: RequestOptions): Promise<AppCategory[]> {
    return this.call.json({ method: "GET", path: "/v1/connect/app_categories" }, {}, options);
  }

  /** Get a category. */
  retrieve(categoryId: string, options?: RequestOptions): Promise<AppCategory> {
    return this.call.json({ method: "GET", path: "/v1/connect/app_categories/{category_id}", at: { category_id: categoryId } }, {}, options);
  }
}

export class OauthApps {
  constructor(protected readonly call: Caller) {}

  /** List the OAuth clients that the project has with providers. */
  list(request: OauthAppsListRequest = {}, options?: RequestOptions): PagePromise<OAuthApp> {
    return this.call.page({ method: "GET", path: "/v1/connect/{project_id}/oauth_apps" }, request, options);
  }

  /** Keep an OAuth client that you registered with a provider. */
  create(request: OauthAppsCreateRequest, options?: RequestOptions): Promise<OAuthApp> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/oauth_apps" }, request, options);
  }

  /** Get an OAuth client. */
  retrieve(oauthAppId: string, options?: RequestOptions): Promise<OAuthApp> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}", at: { oauth_app_id: oauthAppId } }, {}, options);
  }

  /** Change an OAuth client. */
  update(oauthAppId: string, request: OauthAppsUpdateRequest = {}, options?: RequestOptions): Promise<OAuthApp> {
    return this.call.json({ method: "PUT", path: "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}", at: { oauth_app_id: oauthAppId }, query: ["unchanged_since"] }, request, options);
  }

  /** Delete an OAuth client. */
  delete(oauthAppId: string, options?: RequestOptions): Promise<void> {
    return this.call.nothing({ method: "DELETE", path: "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}", at: { oauth_app_id: oauthAppId } }, {}, options);
  }

  /** Ask the provider whether it takes an OAuth client. */
  test(oauthAppId: string, request: OauthAppsTestRequest = {}, options?: RequestOptions): Promise<OAuthAppTest> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}/test", at: { oauth_app_id: oauthAppId }, repeatable: true }, request, options);
  }
}

export class AppOverrides {
  constructor(protected readonly call: Caller) {}

  /** List what the project sets for apps before users are asked. */
  list(request: AppOverridesListRequest = {}, options?: RequestOptions): PagePromise<AppOverride> {
    return this.call.page({ method: "GET", path: "/v1/connect/{project_id}/app_overrides" }, request, options);
  }

  /** Set fields and the OAuth client of an app. */
  create(request: AppOverridesCreateRequest, options?: RequestOptions): Promise<AppOverride> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/app_overrides" }, request, options);
  }

  /** Get an app override. */
  retrieve(appOverrideId: string, options?: RequestOptions): Promise<AppOverride> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/app_overrides/{app_override_id}", at: { app_override_id: appOverrideId } }, {}, options);
  }

  /** Change an app override. */
  update(appOverrideId: string, request: AppOverridesUpdateRequest = {}, options?: RequestOptions): Promise<AppOverride> {
    return this.call.json({ method: "PUT", path: "/v1/connect/{project_id}/app_overrides/{app_override_id}", at: { app_override_id: appOverrideId }, query: ["unchanged_since"] }, request, options);
  }

  /** Delete an app override. */
  delete(appOverrideId: string, options?: RequestOptions): Promise<void> {
    return this.call.nothing({ method: "DELETE", path: "/v1/connect/{project_id}/app_overrides/{app_override_id}", at: { app_override_id: appOverrideId } }, {}, options);
  }
}

export class Components {
  constructor(protected readonly call: Caller) {}

  /** List actions and triggers. */
  list(request: ComponentsListRequest = {}, options?: RequestOptions): PagePromise<Component> {
    return this.call.page({ method: "GET", path: "/v1/connect/{project_id}/components" }, request, options);
  }

  /** Get an action or a trigger. */
  retrieve(componentId: string, request: ComponentsRetrieveRequest = {}, options?: RequestOptions): Promise<ComponentBody> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/components/{component_id}", at: { component_id: componentId } }, request, options);
  }

  /** Ask what can be chosen for a prop. */
  configureProp(request: ComponentsConfigurePropRequest, options?: RequestOptions): Promise<PropOptions> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/components/configure", repeatable: true }, request, options);
  }

  /** Ask for the props that depend on what is filled in. */
  reloadProps(request: ComponentsReloadPropsRequest, options?: RequestOptions): Promise<DynamicProps> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/components/props", repeatable: true }, request, options);
  }
}

export class Actions {
  constructor(protected readonly call: Caller) {}

  /** List actions. */
  list(request: ActionsListRequest = {}, options?: RequestOptions): PagePromise<Component> {
    return this.call.page({ method: "GET", path: "/v1/connect/{project_id}/actions" }, request, options);
  }

  /** Get an action. */
  retrieve(componentId: string, request: ActionsRetrieveRequest = {}, options?: RequestOptions): Promise<ComponentBody> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/actions/{component_id}", at: { component_id: componentId } }, request, options);
  }

  /** Ask what can be chosen for a prop. */
  configureProp(request: ActionsConfigurePropRequest, options?: RequestOptions): Promise<PropOptions> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/actions/configure", repeatable: true }, request, options);
  }

  /** Ask for the props that depend on what is filled in. */
  reloadProps(request: ActionsReloadPropsRequest, options?: RequestOptions): Promise<DynamicProps> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/actions/props", repeatable: true }, request, options);
  }

  /** Run an action for a user. */
  run(request: ActionsRunRequest, options?: RequestOptions): Promise<ActionOutcome> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/actions/run", idempotent: true }, request, options);
  }
}

export class ActionRuns {
  constructor(protected readonly call: Caller) {}

  /** List runs of actions, newest first. */
  list(request: ActionRunsListRequest = {}, options?: RequestOptions): PagePromise<ActionRunState> {
    return this.call.page({ method: "GET", path: "/v1/connect/{project_id}/action_runs" }, request, options);
  }

  /** Get a run of an action. */
  retrieve(actionRunId: string, options?: RequestOptions): Promise<ActionRunDetail> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/action_runs/{action_run_id}", at: { action_run_id: actionRunId } }, {}, options);
  }

  /** Stop a run of an action. */
  cancel(actionRunId: string, options?: RequestOptions): Promise<ActionRunState> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/action_runs/{action_run_id}/cancel", at: { action_run_id: actionRunId }, repeatable: true }, {}, options);
  }
}

export class Triggers {
  constructor(protected readonly call: Caller) {}

  /** List triggers that can be deployed. */
  list(request: TriggersListRequest = {}, options?: RequestOptions): PagePromise<Component> {
    return this.call.page({ method: "GET", path: "/v1/connect/{project_id}/triggers" }, request, options);
  }

  /** Get a trigger that can be deployed. */
  retrieve(componentId: string, request: TriggersRetrieveRequest = {}, options?: RequestOptions): Promise<ComponentBody> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/triggers/{component_id}", at: { component_id: componentId } }, request, options);
  }

  /** Ask what can be chosen for a prop. */
  configureProp(request: TriggersConfigurePropRequest, options?: RequestOptions): Promise<PropOptions> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/triggers/configure", repeatable: true }, request, options);
  }

  /** Ask for the props that depend on what is filled in. */
  reloadProps(request: TriggersReloadPropsRequest, options?: RequestOptions): Promise<DynamicProps> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/triggers/props", repeatable: true }, request, options);
  }

  /** Deploy a trigger for a user. */
  deploy(request: TriggersDeployRequest, options?: RequestOptions): Promise<EmitterBody> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/triggers/deploy" }, request, options);
  }
}

export class DeployedTriggers {
  constructor(protected readonly call: Caller) {}

  /** List deployed triggers, newest first. */
  list(request: DeployedTriggersListRequest = {}, options?: RequestOptions): PagePromise<Emitter> {
    return this.call.page({ method: "GET", path: "/v1/connect/{project_id}/deployed-triggers" }, request, options);
  }

  /** Get a deployed trigger. */
  retrieve(triggerId: string, request: DeployedTriggersRetrieveRequest, options?: RequestOptions): Promise<EmitterBody> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}", at: { trigger_id: triggerId } }, request, options);
  }

  /** Switch a deployed trigger on or off, rename it, fill its props in anew, or move it to another version. */
  update(triggerId: string, request: DeployedTriggersUpdateRequest, options?: RequestOptions): Promise<EmitterBody> {
    return this.call.json({ method: "PUT", path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}", at: { trigger_id: triggerId }, query: ["external_user_id","unchanged_since"] }, request, options);
  }

  /** Delete a deployed trigger. */
  delete(triggerId: string, request: DeployedTriggersDeleteRequest, options?: RequestOptions): Promise<void> {
    return this.call.nothing({ method: "DELETE", path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}", at: { trigger_id: triggerId } }, request, options);
  }

  /** List the last events of a trigger, newest first. */
  listEvents(triggerId: string, request: DeployedTriggersListEventsRequest, options?: RequestOptions): Promise<DeployedTriggersListEventsResponse> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/events", at: { trigger_id: triggerId } }, request, options);
  }

  /** List the workflows that a trigger starts. */
  listWorkflows(triggerId: string, request: DeployedTriggersListWorkflowsRequest, options?: RequestOptions): Promise<TriggerWorkflows> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/pipelines", at: { trigger_id: triggerId } }, request, options);
  }

  /** Set the workflows that a trigger starts. */
  updateWorkflows(triggerId: string, request: DeployedTriggersUpdateWorkflowsRequest, options?: RequestOptions): Promise<TriggerWorkflows> {
    return this.call.json({ method: "PUT", path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/pipelines", at: { trigger_id: triggerId }, query: ["external_user_id","unchanged_since"] }, request, options);
  }

  /** List the webhooks of a trigger. */
  listWebhooks(triggerId: string, request: DeployedTriggersListWebhooksRequest, options?: RequestOptions): Promise<TriggerWebhooks> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks", at: { trigger_id: triggerId } }, request, options);
  }

  /** Set the webhooks of a trigger. */
  updateWebhooks(triggerId: string, request: DeployedTriggersUpdateWebhooksRequest, options?: RequestOptions): Promise<TriggerWebhooks> {
    return this.call.json({ method: "PUT", path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks", at: { trigger_id: triggerId }, query: ["external_user_id","unchanged_since"] }, request, options);
  }

  /** Get a webhook of a trigger with its signing key. */
  retrieveWebhook(triggerId: string, webhookId: string, request: DeployedTriggersRetrieveWebhookRequest, options?: RequestOptions): Promise<WebhookWithSigningKey> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks/{webhook_id}", at: { trigger_id: triggerId, webhook_id: webhookId } }, request, options);
  }

  /** Give a webhook of a trigger a new signing key. */
  regenerateWebhookSigningKey(triggerId: string, webhookId: string, request: DeployedTriggersRegenerateWebhookSigningKeyRequest, options?: RequestOptions): Promise<WebhookWithSigningKey> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks/{webhook_id}/regenerate_signing_key", at: { trigger_id: triggerId, webhook_id: webhookId } }, request, options);
  }
}

export class ProjectEnvironment {
  constructor(protected readonly call: Caller) {}

  /** Get the webhook of the environment. */
  retrieveWebhook(options?: RequestOptions): Promise<ProjectEnvironmentRetrieveWebhookResponse> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/webhook" }, {}, options);
  }

  /** Set the webhook of the environment. */
  updateWebhook(request: ProjectEnvironmentUpdateWebhookRequest, options?: RequestOptions): Promise<ProjectEnvironmentUpdateWebhookResponse> {
    return this.call.json({ method: "PUT", path: "/v1/connect/{project_id}/webhook", query: ["unchanged_since"] }, request, options);
  }

  /** Remove the webhook of the environment. */
  deleteWebhook(options?: RequestOptions): Promise<void> {
    return this.call.nothing({ method: "DELETE", path: "/v1/connect/{project_id}/webhook" }, {}, options);
  }

  /** Give the environment's webhook a new signing key. */
  regenerateWebhookSigningKey(options?: RequestOptions): Promise<WebhookWithSigningKey> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/webhook/regenerate_signing_key" }, {}, options);
  }
}

export class Projects {
  constructor(protected readonly call: Caller) {}

  /** List projects. */
  list(request: ProjectsListRequest = {}, options?: RequestOptions): PagePromise<Project> {
    return this.call.page({ method: "GET", path: "/v1/connect/projects" }, request, options);
  }

  /** Create a project with its two environments. */
  create(request: ProjectsCreateRequest, options?: RequestOptions): Promise<Project> {
    return this.call.json({ method: "POST", path: "/v1/connect/projects" }, request, options);
  }

  /** Get a project. */
  retrieve(projectId: string, options?: RequestOptions): Promise<Project> {
    return this.call.json({ method: "GET", path: "/v1/connect/projects/{project_id}", at: { project_id: projectId } }, {}, options);
  }

  /** Change a project. */
  update(projectId: string, request: ProjectsUpdateRequest = {}, options?: RequestOptions): Promise<Project> {
    return this.call.json({ method: "PATCH", path: "/v1/connect/projects/{project_id}", at: { project_id: projectId }, query: ["unchanged_since"], repeatable: true }, request, options);
  }

  /** Delete a project with all that is in it. */
  delete(projectId: string, options?: RequestOptions): Promise<void> {
    return this.call.nothing({ method: "DELETE", path: "/v1/connect/projects/{project_id}", at: { project_id: projectId } }, {}, options);
  }

  /** Set the logo of a project, in both environments. */
  updateLogo(projectId: string, request: ProjectsUpdateLogoRequest, options?: RequestOptions): Promise<ProjectsUpdateLogoResponse> {
    return this.call.json({ method: "POST", path: "/v1/connect/projects/{project_id}/logo", at: { project_id: projectId }, repeatable: true }, request, options);
  }

  /** Get the apps for which the project has OAuth clients of its own. */
  retrieveInfo(projectId: string, options?: RequestOptions): Promise<ProjectInfo> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/projects/info", at: { project_id: projectId } }, {}, options);
  }
}

export class Endpoints {
  constructor(protected readonly call: Caller) {}

  /** List webhook endpoints, newest first. */
  list(request: EndpointsListRequest = {}, options?: RequestOptions): PagePromise<Endpoint> {
    return this.call.page({ method: "GET", path: "/v1/projects/{project_id}/endpoints" }, request, options);
  }

  /** Add a webhook endpoint to the environment. */
  create(request: EndpointsCreateRequest, options?: RequestOptions): Promise<Endpoint> {
    return this.call.json({ method: "POST", path: "/v1/projects/{project_id}/endpoints" }, request, options);
  }

  /** Get a webhook endpoint. */
  retrieve(endpointId: string, options?: RequestOptions): Promise<Endpoint> {
    return this.call.json({ method: "GET", path: "/v1/projects/{project_id}/endpoints/{endpoint_id}", at: { endpoint_id: endpointId } }, {}, options);
  }

  /** Change a webhook endpoint. */
  update(endpointId: string, request: EndpointsUpdateRequest = {}, options?: RequestOptions): Promise<Endpoint> {
    return this.call.json({ method: "PATCH", path: "/v1/projects/{project_id}/endpoints/{endpoint_id}", at: { endpoint_id: endpointId }, query: ["unchanged_since"], repeatable: true }, request, options);
  }

  /** Remove a webhook endpoint and its deliveries. */
  delete(endpointId: string, options?: RequestOptions): Promise<void> {
    return this.call.nothing({ method: "DELETE", path: "/v1/projects/{project_id}/endpoints/{endpoint_id}", at: { endpoint_id: endpointId } }, {}, options);
  }

  /** Give a webhook endpoint a new signing key. */
  regenerateSigningKey(endpointId: string, options?: RequestOptions): Promise<Endpoint> {
    return this.call.json({ method: "POST", path: "/v1/projects/{project_id}/endpoints/{endpoint_id}/regenerate_signing_key", at: { endpoint_id: endpointId } }, {}, options);
  }
}

export class FileStash {
  constructor(protected readonly call: Caller) {}

  /** List files of stashes, newest first. */
  list(request: FileStashListRequest = {}, options?: RequestOptions): PagePromise<StashFile> {
    return this.call.page({ method: "GET", path: "/v1/connect/{project_id}/file_stash" }, request, options);
  }

  /** Put a file into a user's stash. */
  upload(request: FileStashUploadRequest, content: Content, options?: RequestOptions): Promise<StashFile> {
    return this.call.json({ method: "POST", path: "/v1/connect/{project_id}/file_stash/upload", content }, request, options);
  }

  /** Get a file with a new link to it. */
  retrieve(stashFileId: string, options?: RequestOptions): Promise<StashFile> {
    return this.call.json({ method: "GET", path: "/v1/connect/{project_id}/file_stash/files/{stash_file_id}", at: { stash_file_id: stashFileId } }, {}, options);
  }

  /** Delete a file. */
  delete(stashFileId: string, options?: RequestOptions): Promise<void> {
    return this.call.nothing({ method: "DELETE", path: "/v1/connect/{project_id}/file_stash/files/{stash_file_id}", at: { stash_file_id: stashFileId } }, {}, options);
  }

  /** Download a file. */
  downloadFile(request: FileStashDownloadFileRequest, options?: RequestOptions): Promise<Binary> {
    return this.call.binary({ method: "GET", path: "/v1/connect/{project_id}/file_stash/download" }, request, options);
  }
}

export class WorkflowsApi {
  constructor(protected readonly call: Caller) {}

  /** List workflows. */
  list(request: WorkflowsListRequest = {}, options?: RequestOptions): PagePromise<Workflow> {
    return this.call.page({ method: "GET", path: "/v1/projects/{project_id}/workflows" }, request, options);
  }

  /** Get a workflow. */
  retrieve(workflowId: string, options?: RequestOptions): Promise<Workflow> {
    return this.call.json({ method: "GET", path: "/v1/projects/{project_id}/workflows/{workflow_id}", at: { workflow_id: workflowId } }, {}, options);
  }

  /** Start a run of a workflow. */
  run(workflowId: string, request: WorkflowsRunRequest = {}, options?: RequestOptions): Promise<Run> {
    return this.call.json({ method: "POST", path: "/v1/projects/{project_id}/workflows/{workflow_id}/runs", at: { workflow_id: workflowId }, idempotent: true }, request, options);
  }
}

export class Runs {
  constructor(protected readonly call: Caller) {}

  /** List runs, newest first. */
  list(request: RunsListRequest = {}, options?: RequestOptions): PagePromise<Run> {
    return this.call.page({ method: "GET", path: "/v1/projects/{project_id}/runs" }, request, options);
  }

  /** Get a run with its input and every step. */
  retrieve(runId: string, options?: RequestOptions): Promise<RunDetail> {
    return this.call.json({ method: "GET", path: "/v1/projects/{project_id}/runs/{run_id}", at: { run_id: runId } }, {}, options);
  }

  /** Cancel a run. */
  cancel(runId: string, options?: RequestOptions): Promise<Run> {
    return this.call.json({ method: "POST", path: "/v1/projects/{project_id}/runs/{run_id}/cancel", at: { run_id: runId }, repeatable: true }, {}, options);
  }
}

export class RateLimits {
  constructor(protected readonly call: Caller) {}

  /** Make a rate limit for your users. */
  create(request: RateLimitsCreateRequest, options?: RequestOptions): Promise<RateLimit> {
    return this.call.json({ method: "POST", path: "/v1/connect/rate_limits", repeatable: true }, request, options);
  }
}

export class Usage {
  constructor(protected readonly call: Caller) {}

  /** Count what the workspace used, by day. */
  list(request: UsageListRequest, options?: RequestOptions): Promise<UsageListResponse> {
    return this.call.json({ method: "GET", path: "/v1/connect/usage" }, request, options);
  }
}

/** All that a client has but for what is not a plain call: workflows and the proxy. */
export class Resources {
  readonly oauthTokens: OauthTokens;
  readonly tokens: Tokens;
  readonly accounts: Accounts;
  readonly users: Users;
  readonly apps: Apps;
  readonly appCategories: AppCategories;
  readonly oauthApps: OauthApps;
  readonly appOverrides: AppOverrides;
  readonly components: Components;
  readonly actions: Actions;
  readonly actionRuns: ActionRuns;
  readonly triggers: Triggers;
  readonly deployedTriggers: DeployedTriggers;
  readonly projectEnvironment: ProjectEnvironment;
  readonly projects: Projects;
  readonly endpoints: Endpoints;
  readonly fileStash: FileStash;
  readonly runs: Runs;
  readonly rateLimits: RateLimits;
  readonly usage: Usage;

  constructor(call: Caller) {
    this.oauthTokens = new OauthTokens(call);
    this.tokens = new Tokens(call);
    this.accounts = new Accounts(call);
    this.users = new Users(call);
    this.apps = new Apps(call);
    this.appCategories = new AppCategories(call);
    this.oauthApps = new OauthApps(call);
    this.appOverrides = new AppOverrides(call);
    this.components = new Components(call);
    this.actions = new Actions(call);
    this.actionRuns = new ActionRuns(call);
    this.triggers = new Triggers(call);
    this.deployedTriggers = new DeployedTriggers(call);
    this.projectEnvironment = new ProjectEnvironment(call);
    this.projects = new Projects(call);
    this.endpoints = new Endpoints(call);
    this.fileStash = new FileStash(call);
    this.runs = new Runs(call);
    this.rateLimits = new RateLimits(call);
    this.usage = new Usage(call);
  }
}
