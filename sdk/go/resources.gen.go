// Code generated from openapi/openapi.yaml by sdk/generate. DO NOT EDIT.

package patchbay

import (
	"context"
	"io"
	"iter"
	"net/http"
)

// resources are what a client has but for what is not a plain call: workflows and the proxy.
type resources struct {
	OAuthTokens        *OAuthTokensService
	Tokens             *TokensService
	Accounts           *AccountsService
	Users              *UsersService
	Apps               *AppsService
	AppCategories      *AppCategoriesService
	OAuthApps          *OAuthAppsService
	AppOverrides       *AppOverridesService
	Components         *ComponentsService
	Actions            *ActionsService
	ActionRuns         *ActionRunsService
	Triggers           *TriggersService
	DeployedTriggers   *DeployedTriggersService
	ProjectEnvironment *ProjectEnvironmentService
	Projects           *ProjectsService
	Endpoints          *EndpointsService
	FileStash          *FileStashService
	Runs               *RunsService
	RateLimits         *RateLimitsService
	Usage              *UsageService
}

func newResources(c *caller) resources {
	return resources{
		OAuthTokens:        &OAuthTokensService{c},
		Tokens:             &TokensService{c},
		Accounts:           &AccountsService{c},
		Users:              &UsersService{c},
		Apps:               &AppsService{c},
		AppCategories:      &AppCategoriesService{c},
		OAuthApps:          &OAuthAppsService{c},
		AppOverrides:       &AppOverridesService{c},
		Components:         &ComponentsService{c},
		Actions:            &ActionsService{c},
		ActionRuns:         &ActionRunsService{c},
		Triggers:           &TriggersService{c},
		DeployedTriggers:   &DeployedTriggersService{c},
		ProjectEnvironment: &ProjectEnvironmentService{c},
		Projects:           &ProjectsService{c},
		Endpoints:          &EndpointsService{c},
		FileStash:          &FileStashService{c},
		Runs:               &RunsService{c},
		RateLimits:         &RateLimitsService{c},
		Usage:              &UsageService{c},
	}
}

// OAuthTokensService has the calls of oauth tokens.
type OAuthTokensService struct{ call *caller }

// Create: exchange a client id and secret for an access token.
func (s *OAuthTokensService) Create(ctx context.Context, req OauthTokensCreateRequest, opts ...CallOption) (*OAuthToken, error) {
	return one[*OAuthToken](ctx, s.call, route{method: http.MethodPost, path: "/v1/oauth/token", fixed: map[string]string{"grant_type": "client_credentials"}, open: true, repeatable: true}, req, opts)
}

// TokensService has the calls of tokens.
type TokensService struct{ call *caller }

// Create: create a connect token for a user.
func (s *TokensService) Create(ctx context.Context, req TokensCreateRequest, opts ...CallOption) (*ConnectToken, error) {
	return one[*ConnectToken](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/tokens", repeatable: true}, req, opts)
}

// Validate: say whether a connect token may still connect an account.
func (s *TokensService) Validate(ctx context.Context, ctok string, req TokensValidateRequest, opts ...CallOption) (*ConnectTokenValidation, error) {
	return one[*ConnectTokenValidation](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/tokens/{ctok}/validate", at: []string{"ctok", ctok}, open: true}, req, opts)
}

// AccountsService has the calls of accounts.
type AccountsService struct{ call *caller }

// List: list accounts. It answers the first page.
func (s *AccountsService) List(ctx context.Context, req AccountsListRequest, opts ...CallOption) (*Page[Account], error) {
	return list[Account](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/accounts"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *AccountsService) All(ctx context.Context, req AccountsListRequest, opts ...CallOption) iter.Seq2[Account, error] {
	return all[Account](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/accounts"}, req, opts)
}

// Create: connect an account with keys.
func (s *AccountsService) Create(ctx context.Context, req AccountsCreateRequest, opts ...CallOption) (*Account, error) {
	return one[*Account](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/accounts", query: []string{"external_user_id", "oauth_app_id"}, connectToken: req.ConnectToken}, req, opts)
}

// Retrieve: get an account.
func (s *AccountsService) Retrieve(ctx context.Context, accountID string, req AccountsRetrieveRequest, opts ...CallOption) (*Account, error) {
	return one[*Account](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/accounts/{account_id}", at: []string{"account_id", accountID}}, req, opts)
}

// Delete: delete an account.
func (s *AccountsService) Delete(ctx context.Context, accountID string, opts ...CallOption) error {
	return s.call.nothing(ctx, route{method: http.MethodDelete, path: "/v1/connect/{project_id}/accounts/{account_id}", at: []string{"account_id", accountID}}, nil, opts)
}

// DeleteByApp: delete every account of an app.
func (s *AccountsService) DeleteByApp(ctx context.Context, appID string, opts ...CallOption) error {
	return s.call.nothing(ctx, route{method: http.MethodDelete, path: "/v1/connect/{project_id}/apps/{app_id}/accounts", at: []string{"app_id", appID}}, nil, opts)
}

// ListByExternalUser: list the accounts of a user.
func (s *AccountsService) ListByExternalUser(ctx context.Context, externalUserID string, req AccountsListByExternalUserRequest, opts ...CallOption) ([]Account, error) {
	return one[[]Account](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/users/{external_user_id}/accounts", at: []string{"external_user_id", externalUserID}}, req, opts)
}

// Check: try an account now.
func (s *AccountsService) Check(ctx context.Context, accountID string, opts ...CallOption) (*Account, error) {
	return one[*Account](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/accounts/{account_id}/check", at: []string{"account_id", accountID}, repeatable: true}, nil, opts)
}

// RetrieveHealth: say how an account is, how that changed, and how its last refreshes went.
func (s *AccountsService) RetrieveHealth(ctx context.Context, accountID string, opts ...CallOption) (*AccountHealth, error) {
	return one[*AccountHealth](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/accounts/{account_id}/health", at: []string{"account_id", accountID}}, nil, opts)
}

// UsersService has the calls of users.
type UsersService struct{ call *caller }

// List: list users. It answers the first page.
func (s *UsersService) List(ctx context.Context, req UsersListRequest, opts ...CallOption) (*Page[ExternalUser], error) {
	return list[ExternalUser](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/users"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *UsersService) All(ctx context.Context, req UsersListRequest, opts ...CallOption) iter.Seq2[ExternalUser, error] {
	return all[ExternalUser](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/users"}, req, opts)
}

// DeleteExternalUser: delete a user with their accounts and triggers.
func (s *UsersService) DeleteExternalUser(ctx context.Context, externalUserID string, opts ...CallOption) error {
	return s.call.nothing(ctx, route{method: http.MethodDelete, path: "/v1/connect/{project_id}/users/{external_user_id}", at: []string{"external_user_id", externalUserID}}, nil, opts)
}

// AppsService has the calls of apps.
type AppsService struct{ call *caller }

// List: list apps. It answers the first page.
func (s *AppsService) List(ctx context.Context, req AppsListRequest, opts ...CallOption) (*Page[App], error) {
	return list[App](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/apps"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *AppsService) All(ctx context.Context, req AppsListRequest, opts ...CallOption) iter.Seq2[App, error] {
	return all[App](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/apps"}, req, opts)
}

// Retrieve: get an app.
func (s *AppsService) Retrieve(ctx context.Context, appID string, opts ...CallOption) (*AppsRetrieveResponse, error) {
	return one[*AppsRetrieveResponse](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/apps/{app_id}", at: []string{"app_id", appID}}, nil, opts)
}

// AppCategoriesService has the calls of app categories.
type AppCategoriesService struct{ call *caller }

// List: list the categories that have apps.
func (s *AppCategoriesService) List(ctx context.Context, opts ...CallOption) ([]AppCategory, error) {
	return one[[]AppCategory](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/app_categories"}, nil, opts)
}

// Retrieve: get a category.
func (s *AppCategoriesService) Retrieve(ctx context.Context, categoryID string, opts ...CallOption) (*AppCategory, error) {
	return one[*AppCategory](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/app_categories/{category_id}", at: []string{"category_id", categoryID}}, nil, opts)
}

// OAuthAppsService has the calls of oauth apps.
type OAuthAppsService struct{ call *caller }

// List: list the OAuth clients that the project has with providers. It answers the first page.
func (s *OAuthAppsService) List(ctx context.Context, req OauthAppsListRequest, opts ...CallOption) (*Page[OAuthApp], error) {
	return list[OAuthApp](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/oauth_apps"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *OAuthAppsService) All(ctx context.Context, req OauthAppsListRequest, opts ...CallOption) iter.Seq2[OAuthApp, error] {
	return all[OAuthApp](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/oauth_apps"}, req, opts)
}

// Create: keep an OAuth client that you registered with a provider.
func (s *OAuthAppsService) Create(ctx context.Context, req OauthAppsCreateRequest, opts ...CallOption) (*OAuthApp, error) {
	return one[*OAuthApp](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/oauth_apps"}, req, opts)
}

// Retrieve: get an OAuth client.
func (s *OAuthAppsService) Retrieve(ctx context.Context, oauthAppID string, opts ...CallOption) (*OAuthApp, error) {
	return one[*OAuthApp](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}", at: []string{"oauth_app_id", oauthAppID}}, nil, opts)
}

// Update: change an OAuth client.
func (s *OAuthAppsService) Update(ctx context.Context, oauthAppID string, req OauthAppsUpdateRequest, opts ...CallOption) (*OAuthApp, error) {
	return one[*OAuthApp](ctx, s.call, route{method: http.MethodPut, path: "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}", at: []string{"oauth_app_id", oauthAppID}, query: []string{"unchanged_since"}}, req, opts)
}

// Delete: delete an OAuth client.
func (s *OAuthAppsService) Delete(ctx context.Context, oauthAppID string, opts ...CallOption) error {
	return s.call.nothing(ctx, route{method: http.MethodDelete, path: "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}", at: []string{"oauth_app_id", oauthAppID}}, nil, opts)
}

// Test: ask the provider whether it takes an OAuth client.
func (s *OAuthAppsService) Test(ctx context.Context, oauthAppID string, req OauthAppsTestRequest, opts ...CallOption) (*OAuthAppTest, error) {
	return one[*OAuthAppTest](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/oauth_apps/{oauth_app_id}/test", at: []string{"oauth_app_id", oauthAppID}, repeatable: true}, req, opts)
}

// AppOverridesService has the calls of app overrides.
type AppOverridesService struct{ call *caller }

// List: list what the project sets for apps before users are asked. It answers the first page.
func (s *AppOverridesService) List(ctx context.Context, req AppOverridesListRequest, opts ...CallOption) (*Page[AppOverride], error) {
	return list[AppOverride](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/app_overrides"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *AppOverridesService) All(ctx context.Context, req AppOverridesListRequest, opts ...CallOption) iter.Seq2[AppOverride, error] {
	return all[AppOverride](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/app_overrides"}, req, opts)
}

// Create: set fields and the OAuth client of an app.
func (s *AppOverridesService) Create(ctx context.Context, req AppOverridesCreateRequest, opts ...CallOption) (*AppOverride, error) {
	return one[*AppOverride](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/app_overrides"}, req, opts)
}

// Retrieve: get an app override.
func (s *AppOverridesService) Retrieve(ctx context.Context, appOverrideID string, opts ...CallOption) (*AppOverride, error) {
	return one[*AppOverride](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/app_overrides/{app_override_id}", at: []string{"app_override_id", appOverrideID}}, nil, opts)
}

// Update: change an app override.
func (s *AppOverridesService) Update(ctx context.Context, appOverrideID string, req AppOverridesUpdateRequest, opts ...CallOption) (*AppOverride, error) {
	return one[*AppOverride](ctx, s.call, route{method: http.MethodPut, path: "/v1/connect/{project_id}/app_overrides/{app_override_id}", at: []string{"app_override_id", appOverrideID}, query: []string{"unchanged_since"}}, req, opts)
}

// Delete: delete an app override.
func (s *AppOverridesService) Delete(ctx context.Context, appOverrideID string, opts ...CallOption) error {
	return s.call.nothing(ctx, route{method: http.MethodDelete, path: "/v1/connect/{project_id}/app_overrides/{app_override_id}", at: []string{"app_override_id", appOverrideID}}, nil, opts)
}

// ComponentsService has the calls of components.
type ComponentsService struct{ call *caller }

// List: list actions and triggers. It answers the first page.
func (s *ComponentsService) List(ctx context.Context, req ComponentsListRequest, opts ...CallOption) (*Page[Component], error) {
	return list[Component](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/components"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *ComponentsService) All(ctx context.Context, req ComponentsListRequest, opts ...CallOption) iter.Seq2[Component, error] {
	return all[Component](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/components"}, req, opts)
}

// Retrieve: get an action or a trigger.
func (s *ComponentsService) Retrieve(ctx context.Context, componentID string, req ComponentsRetrieveRequest, opts ...CallOption) (*ComponentBody, error) {
	return one[*ComponentBody](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/components/{component_id}", at: []string{"component_id", componentID}}, req, opts)
}

// ConfigureProp: ask what can be chosen for a prop.
func (s *ComponentsService) ConfigureProp(ctx context.Context, req ComponentsConfigurePropRequest, opts ...CallOption) (*PropOptions, error) {
	return one[*PropOptions](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/components/configure", repeatable: true}, req, opts)
}

// ReloadProps: ask for the props that depend on what is filled in.
func (s *ComponentsService) ReloadProps(ctx context.Context, req ComponentsReloadPropsRequest, opts ...CallOption) (*DynamicProps, error) {
	return one[*DynamicProps](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/components/props", repeatable: true}, req, opts)
}

// ActionsService has the calls of actions.
type ActionsService struct{ call *caller }

// List: list actions. It answers the first page.
func (s *ActionsService) List(ctx context.Context, req ActionsListRequest, opts ...CallOption) (*Page[Component], error) {
	return list[Component](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/actions"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *ActionsService) All(ctx context.Context, req ActionsListRequest, opts ...CallOption) iter.Seq2[Component, error] {
	return all[Component](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/actions"}, req, opts)
}

// Retrieve: get an action.
func (s *ActionsService) Retrieve(ctx context.Context, componentID string, req ActionsRetrieveRequest, opts ...CallOption) (*ComponentBody, error) {
	return one[*ComponentBody](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/actions/{component_id}", at: []string{"component_id", componentID}}, req, opts)
}

// ConfigureProp: ask what can be chosen for a prop.
func (s *ActionsService) ConfigureProp(ctx context.Context, req ActionsConfigurePropRequest, opts ...CallOption) (*PropOptions, error) {
	return one[*PropOptions](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/actions/configure", repeatable: true}, req, opts)
}

// ReloadProps: ask for the props that depend on what is filled in.
func (s *ActionsService) ReloadProps(ctx context.Context, req ActionsReloadPropsRequest, opts ...CallOption) (*DynamicProps, error) {
	return one[*DynamicProps](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/actions/props", repeatable: true}, req, opts)
}

// Run: run an action for a user.
func (s *ActionsService) Run(ctx context.Context, req ActionsRunRequest, opts ...CallOption) (*ActionOutcome, error) {
	return one[*ActionOutcome](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/actions/run", idempotent: true}, req, opts)
}

// ActionRunsService has the calls of action runs.
type ActionRunsService struct{ call *caller }

// List: list runs of actions, newest first. It answers the first page.
func (s *ActionRunsService) List(ctx context.Context, req ActionRunsListRequest, opts ...CallOption) (*Page[ActionRunState], error) {
	return list[ActionRunState](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/action_runs"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *ActionRunsService) All(ctx context.Context, req ActionRunsListRequest, opts ...CallOption) iter.Seq2[ActionRunState, error] {
	return all[ActionRunState](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/action_runs"}, req, opts)
}

// Retrieve: get a run of an action.
func (s *ActionRunsService) Retrieve(ctx context.Context, actionRunID string, opts ...CallOption) (*ActionRunDetail, error) {
	return one[*ActionRunDetail](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/action_runs/{action_run_id}", at: []string{"action_run_id", actionRunID}}, nil, opts)
}

// Cancel: stop a run of an action.
func (s *ActionRunsService) Cancel(ctx context.Context, actionRunID string, opts ...CallOption) (*ActionRunState, error) {
	return one[*ActionRunState](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/action_runs/{action_run_id}/cancel", at: []string{"action_run_id", actionRunID}, repeatable: true}, nil, opts)
}

// TriggersService has the calls of triggers.
type TriggersService struct{ call *caller }

// List: list triggers that can be deployed. It answers the first page.
func (s *TriggersService) List(ctx context.Context, req TriggersListRequest, opts ...CallOption) (*Page[Component], error) {
	return list[Component](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/triggers"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *TriggersService) All(ctx context.Context, req TriggersListRequest, opts ...CallOption) iter.Seq2[Component, error] {
	return all[Component](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/triggers"}, req, opts)
}

// Retrieve: get a trigger that can be deployed.
func (s *TriggersService) Retrieve(ctx context.Context, componentID string, req TriggersRetrieveRequest, opts ...CallOption) (*ComponentBody, error) {
	return one[*ComponentBody](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/triggers/{component_id}", at: []string{"component_id", componentID}}, req, opts)
}

// ConfigureProp: ask what can be chosen for a prop.
func (s *TriggersService) ConfigureProp(ctx context.Context, req TriggersConfigurePropRequest, opts ...CallOption) (*PropOptions, error) {
	return one[*PropOptions](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/triggers/configure", repeatable: true}, req, opts)
}

// ReloadProps: ask for the props that depend on what is filled in.
func (s *TriggersService) ReloadProps(ctx context.Context, req TriggersReloadPropsRequest, opts ...CallOption) (*DynamicProps, error) {
	return one[*DynamicProps](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/triggers/props", repeatable: true}, req, opts)
}

// Deploy: deploy a trigger for a user.
func (s *TriggersService) Deploy(ctx context.Context, req TriggersDeployRequest, opts ...CallOption) (*EmitterBody, error) {
	return one[*EmitterBody](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/triggers/deploy"}, req, opts)
}

// DeployedTriggersService has the calls of deployed triggers.
type DeployedTriggersService struct{ call *caller }

// List: list deployed triggers, newest first. It answers the first page.
func (s *DeployedTriggersService) List(ctx context.Context, req DeployedTriggersListRequest, opts ...CallOption) (*Page[Emitter], error) {
	return list[Emitter](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/deployed-triggers"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *DeployedTriggersService) All(ctx context.Context, req DeployedTriggersListRequest, opts ...CallOption) iter.Seq2[Emitter, error] {
	return all[Emitter](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/deployed-triggers"}, req, opts)
}

// Retrieve: get a deployed trigger.
func (s *DeployedTriggersService) Retrieve(ctx context.Context, triggerID string, req DeployedTriggersRetrieveRequest, opts ...CallOption) (*EmitterBody, error) {
	return one[*EmitterBody](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}", at: []string{"trigger_id", triggerID}}, req, opts)
}

// Update: switch a deployed trigger on or off, rename it, fill its props in anew, or move it to another version.
func (s *DeployedTriggersService) Update(ctx context.Context, triggerID string, req DeployedTriggersUpdateRequest, opts ...CallOption) (*EmitterBody, error) {
	return one[*EmitterBody](ctx, s.call, route{method: http.MethodPut, path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}", at: []string{"trigger_id", triggerID}, query: []string{"external_user_id", "unchanged_since"}}, req, opts)
}

// Delete: delete a deployed trigger.
func (s *DeployedTriggersService) Delete(ctx context.Context, triggerID string, req DeployedTriggersDeleteRequest, opts ...CallOption) error {
	return s.call.nothing(ctx, route{method: http.MethodDelete, path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}", at: []string{"trigger_id", triggerID}}, req, opts)
}

// ListEvents: list the last events of a trigger, newest first.
func (s *DeployedTriggersService) ListEvents(ctx context.Context, triggerID string, req DeployedTriggersListEventsRequest, opts ...CallOption) (*DeployedTriggersListEventsResponse, error) {
	return one[*DeployedTriggersListEventsResponse](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/events", at: []string{"trigger_id", triggerID}}, req, opts)
}

// ListWorkflows: list the workflows that a trigger starts.
func (s *DeployedTriggersService) ListWorkflows(ctx context.Context, triggerID string, req DeployedTriggersListWorkflowsRequest, opts ...CallOption) (*TriggerWorkflows, error) {
	return one[*TriggerWorkflows](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/pipelines", at: []string{"trigger_id", triggerID}}, req, opts)
}

// UpdateWorkflows: set the workflows that a trigger starts.
func (s *DeployedTriggersService) UpdateWorkflows(ctx context.Context, triggerID string, req DeployedTriggersUpdateWorkflowsRequest, opts ...CallOption) (*TriggerWorkflows, error) {
	return one[*TriggerWorkflows](ctx, s.call, route{method: http.MethodPut, path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/pipelines", at: []string{"trigger_id", triggerID}, query: []string{"external_user_id", "unchanged_since"}}, req, opts)
}

// ListWebhooks: list the webhooks of a trigger.
func (s *DeployedTriggersService) ListWebhooks(ctx context.Context, triggerID string, req DeployedTriggersListWebhooksRequest, opts ...CallOption) (*TriggerWebhooks, error) {
	return one[*TriggerWebhooks](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks", at: []string{"trigger_id", triggerID}}, req, opts)
}

// UpdateWebhooks: set the webhooks of a trigger.
func (s *DeployedTriggersService) UpdateWebhooks(ctx context.Context, triggerID string, req DeployedTriggersUpdateWebhooksRequest, opts ...CallOption) (*TriggerWebhooks, error) {
	return one[*TriggerWebhooks](ctx, s.call, route{method: http.MethodPut, path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks", at: []string{"trigger_id", triggerID}, query: []string{"external_user_id", "unchanged_since"}}, req, opts)
}

// RetrieveWebhook: get a webhook of a trigger with its signing key.
func (s *DeployedTriggersService) RetrieveWebhook(ctx context.Context, triggerID string, webhookID string, req DeployedTriggersRetrieveWebhookRequest, opts ...CallOption) (*WebhookWithSigningKey, error) {
	return one[*WebhookWithSigningKey](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks/{webhook_id}", at: []string{"trigger_id", triggerID, "webhook_id", webhookID}}, req, opts)
}

// RegenerateWebhookSigningKey: give a webhook of a trigger a new signing key.
func (s *DeployedTriggersService) RegenerateWebhookSigningKey(ctx context.Context, triggerID string, webhookID string, req DeployedTriggersRegenerateWebhookSigningKeyRequest, opts ...CallOption) (*WebhookWithSigningKey, error) {
	return one[*WebhookWithSigningKey](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/deployed-triggers/{trigger_id}/webhooks/{webhook_id}/regenerate_signing_key", at: []string{"trigger_id", triggerID, "webhook_id", webhookID}}, req, opts)
}

// ProjectEnvironmentService has the calls of project environment.
type ProjectEnvironmentService struct{ call *caller }

// RetrieveWebhook: get the webhook of the environment.
func (s *ProjectEnvironmentService) RetrieveWebhook(ctx context.Context, opts ...CallOption) (*ProjectEnvironmentRetrieveWebhookResponse, error) {
	return one[*ProjectEnvironmentRetrieveWebhookResponse](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/webhook"}, nil, opts)
}

// UpdateWebhook: set the webhook of the environment.
func (s *ProjectEnvironmentService) UpdateWebhook(ctx context.Context, req ProjectEnvironmentUpdateWebhookRequest, opts ...CallOption) (*ProjectEnvironmentUpdateWebhookResponse, error) {
	return one[*ProjectEnvironmentUpdateWebhookResponse](ctx, s.call, route{method: http.MethodPut, path: "/v1/connect/{project_id}/webhook", query: []string{"unchanged_since"}}, req, opts)
}

// DeleteWebhook: remove the webhook of the environment.
func (s *ProjectEnvironmentService) DeleteWebhook(ctx context.Context, opts ...CallOption) error {
	return s.call.nothing(ctx, route{method: http.MethodDelete, path: "/v1/connect/{project_id}/webhook"}, nil, opts)
}

// RegenerateWebhookSigningKey: give the environment's webhook a new signing key.
func (s *ProjectEnvironmentService) RegenerateWebhookSigningKey(ctx context.Context, opts ...CallOption) (*WebhookWithSigningKey, error) {
	return one[*WebhookWithSigningKey](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/webhook/regenerate_signing_key"}, nil, opts)
}

// ProjectsService has the calls of projects.
type ProjectsService struct{ call *caller }

// List: list projects. It answers the first page.
func (s *ProjectsService) List(ctx context.Context, req ProjectsListRequest, opts ...CallOption) (*Page[Project], error) {
	return list[Project](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/projects"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *ProjectsService) All(ctx context.Context, req ProjectsListRequest, opts ...CallOption) iter.Seq2[Project, error] {
	return all[Project](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/projects"}, req, opts)
}

// Create: create a project with its two environments.
func (s *ProjectsService) Create(ctx context.Context, req ProjectsCreateRequest, opts ...CallOption) (*Project, error) {
	return one[*Project](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/projects"}, req, opts)
}

// Retrieve: get a project.
func (s *ProjectsService) Retrieve(ctx context.Context, projectID string, opts ...CallOption) (*Project, error) {
	return one[*Project](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/projects/{project_id}", at: []string{"project_id", projectID}}, nil, opts)
}

// Update: change a project.
func (s *ProjectsService) Update(ctx context.Context, projectID string, req ProjectsUpdateRequest, opts ...CallOption) (*Project, error) {
	return one[*Project](ctx, s.call, route{method: http.MethodPatch, path: "/v1/connect/projects/{project_id}", at: []string{"project_id", projectID}, query: []string{"unchanged_since"}, repeatable: true}, req, opts)
}

// Delete: delete a project with all that is in it.
func (s *ProjectsService) Delete(ctx context.Context, projectID string, opts ...CallOption) error {
	return s.call.nothing(ctx, route{method: http.MethodDelete, path: "/v1/connect/projects/{project_id}", at: []string{"project_id", projectID}}, nil, opts)
}

// UpdateLogo: set the logo of a project, in both environments.
func (s *ProjectsService) UpdateLogo(ctx context.Context, projectID string, req ProjectsUpdateLogoRequest, opts ...CallOption) (*ProjectsUpdateLogoResponse, error) {
	return one[*ProjectsUpdateLogoResponse](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/projects/{project_id}/logo", at: []string{"project_id", projectID}, repeatable: true}, req, opts)
}

// RetrieveInfo: get the apps for which the project has OAuth clients of its own.
func (s *ProjectsService) RetrieveInfo(ctx context.Context, projectID string, opts ...CallOption) (*ProjectInfo, error) {
	return one[*ProjectInfo](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/projects/info", at: []string{"project_id", projectID}}, nil, opts)
}

// EndpointsService has the calls of endpoints.
type EndpointsService struct{ call *caller }

// List: list webhook endpoints, newest first. It answers the first page.
func (s *EndpointsService) List(ctx context.Context, req EndpointsListRequest, opts ...CallOption) (*Page[Endpoint], error) {
	return list[Endpoint](ctx, s.call, route{method: http.MethodGet, path: "/v1/projects/{project_id}/endpoints"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *EndpointsService) All(ctx context.Context, req EndpointsListRequest, opts ...CallOption) iter.Seq2[Endpoint, error] {
	return all[Endpoint](ctx, s.call, route{method: http.MethodGet, path: "/v1/projects/{project_id}/endpoints"}, req, opts)
}

// Create: add a webhook endpoint to the environment.
func (s *EndpointsService) Create(ctx context.Context, req EndpointsCreateRequest, opts ...CallOption) (*Endpoint, error) {
	return one[*Endpoint](ctx, s.call, route{method: http.MethodPost, path: "/v1/projects/{project_id}/endpoints"}, req, opts)
}

// Retrieve: get a webhook endpoint.
func (s *EndpointsService) Retrieve(ctx context.Context, endpointID string, opts ...CallOption) (*Endpoint, error) {
	return one[*Endpoint](ctx, s.call, route{method: http.MethodGet, path: "/v1/projects/{project_id}/endpoints/{endpoint_id}", at: []string{"endpoint_id", endpointID}}, nil, opts)
}

// Update: change a webhook endpoint.
func (s *EndpointsService) Update(ctx context.Context, endpointID string, req EndpointsUpdateRequest, opts ...CallOption) (*Endpoint, error) {
	return one[*Endpoint](ctx, s.call, route{method: http.MethodPatch, path: "/v1/projects/{project_id}/endpoints/{endpoint_id}", at: []string{"endpoint_id", endpointID}, query: []string{"unchanged_since"}, repeatable: true}, req, opts)
}

// Delete: remove a webhook endpoint and its deliveries.
func (s *EndpointsService) Delete(ctx context.Context, endpointID string, opts ...CallOption) error {
	return s.call.nothing(ctx, route{method: http.MethodDelete, path: "/v1/projects/{project_id}/endpoints/{endpoint_id}", at: []string{"endpoint_id", endpointID}}, nil, opts)
}

// RegenerateSigningKey: give a webhook endpoint a new signing key.
func (s *EndpointsService) RegenerateSigningKey(ctx context.Context, endpointID string, opts ...CallOption) (*Endpoint, error) {
	return one[*Endpoint](ctx, s.call, route{method: http.MethodPost, path: "/v1/projects/{project_id}/endpoints/{endpoint_id}/regenerate_signing_key", at: []string{"endpoint_id", endpointID}}, nil, opts)
}

// FileStashService has the calls of file stash.
type FileStashService struct{ call *caller }

// List: list files of stashes, newest first. It answers the first page.
func (s *FileStashService) List(ctx context.Context, req FileStashListRequest, opts ...CallOption) (*Page[StashFile], error) {
	return list[StashFile](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/file_stash"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *FileStashService) All(ctx context.Context, req FileStashListRequest, opts ...CallOption) iter.Seq2[StashFile, error] {
	return all[StashFile](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/file_stash"}, req, opts)
}

// Upload: put a file into a user's stash.
func (s *FileStashService) Upload(ctx context.Context, req FileStashUploadRequest, content io.Reader, opts ...CallOption) (*StashFile, error) {
	return one[*StashFile](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/{project_id}/file_stash/upload", content: content}, req, opts)
}

// Retrieve: get a file with a new link to it.
func (s *FileStashService) Retrieve(ctx context.Context, stashFileID string, opts ...CallOption) (*StashFile, error) {
	return one[*StashFile](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/{project_id}/file_stash/files/{stash_file_id}", at: []string{"stash_file_id", stashFileID}}, nil, opts)
}

// Delete: delete a file.
func (s *FileStashService) Delete(ctx context.Context, stashFileID string, opts ...CallOption) error {
	return s.call.nothing(ctx, route{method: http.MethodDelete, path: "/v1/connect/{project_id}/file_stash/files/{stash_file_id}", at: []string{"stash_file_id", stashFileID}}, nil, opts)
}

// DownloadFile: download a file. Close it.
func (s *FileStashService) DownloadFile(ctx context.Context, req FileStashDownloadFileRequest, opts ...CallOption) (io.ReadCloser, error) {
	return s.call.binary(ctx, route{method: http.MethodGet, path: "/v1/connect/{project_id}/file_stash/download"}, req, opts)
}

// WorkflowsService has the calls of workflows.
type WorkflowsService struct{ call *caller }

// List: list workflows. It answers the first page.
func (s *WorkflowsService) List(ctx context.Context, req WorkflowsListRequest, opts ...CallOption) (*Page[Workflow], error) {
	return list[Workflow](ctx, s.call, route{method: http.MethodGet, path: "/v1/projects/{project_id}/workflows"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *WorkflowsService) All(ctx context.Context, req WorkflowsListRequest, opts ...CallOption) iter.Seq2[Workflow, error] {
	return all[Workflow](ctx, s.call, route{method: http.MethodGet, path: "/v1/projects/{project_id}/workflows"}, req, opts)
}

// Retrieve: get a workflow.
func (s *WorkflowsService) Retrieve(ctx context.Context, workflowID string, opts ...CallOption) (*Workflow, error) {
	return one[*Workflow](ctx, s.call, route{method: http.MethodGet, path: "/v1/projects/{project_id}/workflows/{workflow_id}", at: []string{"workflow_id", workflowID}}, nil, opts)
}

// Run: start a run of a workflow.
func (s *WorkflowsService) Run(ctx context.Context, workflowID string, req WorkflowsRunRequest, opts ...CallOption) (*Run, error) {
	return one[*Run](ctx, s.call, route{method: http.MethodPost, path: "/v1/projects/{project_id}/workflows/{workflow_id}/runs", at: []string{"workflow_id", workflowID}, idempotent: true}, req, opts)
}

// RunsService has the calls of runs.
type RunsService struct{ call *caller }

// List: list runs, newest first. It answers the first page.
func (s *RunsService) List(ctx context.Context, req RunsListRequest, opts ...CallOption) (*Page[Run], error) {
	return list[Run](ctx, s.call, route{method: http.MethodGet, path: "/v1/projects/{project_id}/runs"}, req, opts)
}

// All goes through what List lists, page by page.
func (s *RunsService) All(ctx context.Context, req RunsListRequest, opts ...CallOption) iter.Seq2[Run, error] {
	return all[Run](ctx, s.call, route{method: http.MethodGet, path: "/v1/projects/{project_id}/runs"}, req, opts)
}

// Retrieve: get a run with its input and every step.
func (s *RunsService) Retrieve(ctx context.Context, runID string, opts ...CallOption) (*RunDetail, error) {
	return one[*RunDetail](ctx, s.call, route{method: http.MethodGet, path: "/v1/projects/{project_id}/runs/{run_id}", at: []string{"run_id", runID}}, nil, opts)
}

// Cancel: cancel a run.
func (s *RunsService) Cancel(ctx context.Context, runID string, opts ...CallOption) (*Run, error) {
	return one[*Run](ctx, s.call, route{method: http.MethodPost, path: "/v1/projects/{project_id}/runs/{run_id}/cancel", at: []string{"run_id", runID}, repeatable: true}, nil, opts)
}

// RateLimitsService has the calls of rate limits.
type RateLimitsService struct{ call *caller }

// Create: make a rate limit for your users.
func (s *RateLimitsService) Create(ctx context.Context, req RateLimitsCreateRequest, opts ...CallOption) (*RateLimit, error) {
	return one[*RateLimit](ctx, s.call, route{method: http.MethodPost, path: "/v1/connect/rate_limits", repeatable: true}, req, opts)
}

// UsageService has the calls of usage.
type UsageService struct{ call *caller }

// List: count what the workspace used, by day.
func (s *UsageService) List(ctx context.Context, req UsageListRequest, opts ...CallOption) (*UsageListResponse, error) {
	return one[*UsageListResponse](ctx, s.call, route{method: http.MethodGet, path: "/v1/connect/usage"}, req, opts)
}
