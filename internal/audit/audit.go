// Package audit keeps a log of who did what that is only ever added to. An entry
// is written in the transaction of what it speaks of: neither is there alone.
package audit

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
)

// Kind is what an actor is.
type Kind string

// The kinds of actors.
const (
	Client       Kind = "client"        // a server with an OAuth client of the workspace
	Member       Kind = "member"        // a person in the console
	ConnectToken Kind = "connect_token" // a user's browser
	MCPClient    Kind = "mcp_client"    // a program that a user allowed to act for them
	System       Kind = "system"        // this installation itself: a worker, a command
)

// Actor is who does something, and from where.
type Actor struct {
	Kind      Kind
	ID        string
	Name      string // for people; "" = not known
	Address   string // the caller's IP address
	RequestID string
}

type key struct{}

// With returns a context whose work is the actor's.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// By returns the actor of a context.
func By(ctx context.Context) Actor { return of(ctx) }

// Label is what people call the actor.
func (a Actor) Label() string {
	if a.Name != "" {
		return a.Name
	}
	return a.ID
}

// Named is Label, also of a client, whose token does not carry its name.
func (a Actor) Named(tx *gorm.DB) (string, error) {
	name := a.Label()
	if a.Kind != Client || a.Name != "" {
		return name, nil
	}
	if err := tx.Raw("SELECT name FROM clients WHERE id = ?", a.ID).Scan(&name).Error; err != nil {
		return "", fmt.Errorf("name client: %w", err)
	}
	return name, nil
}

// of returns the actor of a context. Work that nobody asked for is the system's.
func of(ctx context.Context) Actor {
	if a, ok := ctx.Value(key{}).(Actor); ok {
		return a
	}
	return Actor{Kind: System, ID: "patchbay"}
}

// The actions.
const (
	CredentialsRead      = "account.credentials_read"
	AccountDeleted       = "account.deleted"
	UserDeleted          = "user.deleted"
	UserRenamed          = "user.renamed"
	ImportStarted        = "import.started"
	OAuthAppCreated      = "oauth_app.created"
	OAuthAppChanged      = "oauth_app.changed"
	OAuthAppDeleted      = "oauth_app.deleted"
	OverrideCreated      = "app_override.created"
	OverrideChanged      = "app_override.changed"
	OverrideDeleted      = "app_override.deleted"
	AppFileChanged       = "app_file.changed"
	AppFileRemoved       = "app_file.removed"
	AppLogoChanged       = "app_logo.changed"
	AppLogoRemoved       = "app_logo.removed"
	ComponentSaved       = "component.saved"
	ComponentRemoved     = "component.removed"
	PackageInstalled     = "component_package.installed"
	PackageRemoved       = "component_package.removed"
	MCPServerAccepted    = "mcp_server.accepted"
	MCPServerChanged     = "mcp_server.changed"
	MCPServerDeclined    = "mcp_server.declined"
	MCPServerRemoved     = "mcp_server.removed"
	BrandChanged         = "brand.changed"
	BrandCopied          = "brand.copied"
	SettingsPromoted     = "settings.promoted"
	DomainChanged        = "connect_domain.changed"
	DomainRemoved        = "connect_domain.removed"
	VerificationChanged  = "user_verification.changed"
	ToolApproved         = "tool_call.approved"
	ToolDeclined         = "tool_call.declined"
	ToolApprovalChanged  = "tool_approval.changed"
	ToolProfileCreated   = "tool_profile.created"
	ToolProfileChanged   = "tool_profile.changed"
	ToolProfileDeleted   = "tool_profile.deleted"
	MCPSignInChanged     = "mcp_sign_in.changed"
	MCPAllowed           = "mcp_authorization.allowed"
	MCPRevoked           = "mcp_authorization.revoked"
	MCPTokensEnded       = "mcp_authorization.tokens_ended" //nolint:gosec // the name of an action
	EndpointCreated      = "endpoint.created"
	EndpointChanged      = "endpoint.changed"
	EndpointDeleted      = "endpoint.deleted"
	EndpointKeyChanged   = "endpoint.key_changed"
	EndpointEnabled      = "endpoint.enabled"
	EndpointDisabled     = "endpoint.disabled"
	APIClientCreated     = "client.created"
	APIClientDeleted     = "client.deleted"
	APIClientChanged     = "client.changed"
	APIClientRotated     = "client.secret_changed"
	APIClientSecretOver  = "client.previous_secret_ended"
	APIKeyCreated        = "api_key.created"
	APIKeyChanged        = "api_key.changed"
	APIKeyRevoked        = "api_key.revoked"
	DeliveryRetried      = "delivery.retried"
	DeadDiscarded        = "dead_letters.discarded"
	ReplayStarted        = "replay.started"
	ReplayPaused         = "replay.paused"
	ReplayResumed        = "replay.resumed"
	ReplayCancelled      = "replay.cancelled"
	RunCanceled          = "run.canceled"
	RunsCanceled         = "runs.canceled"
	RunRetried           = "run.retried"
	RunsRetried          = "runs.retried"
	RunsDiscarded        = "runs.discarded"
	RunReplayed          = "run.replayed"
	RunReplayStarted     = "run_replay.started"
	RunReplayPaused      = "run_replay.paused"
	RunReplayResumed     = "run_replay.resumed"
	RunReplayCancelled   = "run_replay.cancelled"
	RouteCreated         = "notification_route.created"
	RouteChanged         = "notification_route.changed"
	RouteDeleted         = "notification_route.deleted"
	VariableCreated      = "variable.created"
	VariableChanged      = "variable.changed"
	VersionRun           = "workflow.version_run"
	VariableDeleted      = "variable.deleted"
	AliasSet             = "account_alias.set"
	AliasDeleted         = "account_alias.deleted"
	WorkflowsApplied     = "workflows.applied"
	InstanceChanged      = "instance.changed"
	InstanceDeleted      = "instance.deleted"
	QueuePaused          = "run_queue.paused"
	QueueResumed         = "run_queue.resumed"
	QueueCleared         = "run_queue.cleared"
	QueueReleased        = "run_queue.released"
	RunAnswered          = "run.answered"
	SignedIn             = "member.signed_in"
	SignInFailed         = "member.sign_in_failed"
	PasswordChanged      = "member.password_changed"
	SessionsEnded        = "member.sessions_ended"
	FactorAdded          = "member.factor_added"
	FactorRemoved        = "member.factor_removed"
	SignInRules          = "workspace.sign_in_changed"
	AddressesChanged     = "workspace.addresses_changed"
	AddressRefused       = "member.address_refused"
	WorkspaceGoing       = "workspace.deletion_asked"
	WorkspaceTakenBack   = "workspace.taken_back"
	SSOChanged           = "sso.changed"
	SSORemoved           = "sso.removed"
	SSODomainAdded       = "sso_domain.added"
	SSODomainProved      = "sso_domain.proved"
	SSODomainRemoved     = "sso_domain.removed"
	DirectoryToken       = "directory.token_changed"
	DirectoryTokenEnded  = "directory.token_ended"
	ProjectCreated       = "project.created"
	ProjectChanged       = "project.changed"
	WorkflowCreated      = "workflow.created"
	WorkflowChanged      = "workflow.changed"
	WorkflowDeployed     = "workflow.deployed"
	WorkflowDisabled     = "workflow.disabled"
	WorkflowDeleted      = "workflow.deleted"
	WorkflowKeyChanged   = "workflow.token_changed"
	WorkflowIntake       = "workflow.intake_changed"
	WorkflowTrigger      = "workflow.trigger_changed"
	TriggerDeployed      = "trigger.deployed"
	TriggerChanged       = "trigger.changed"
	TriggerDeleted       = "trigger.deleted"
	TriggerIntake        = "trigger.intake_changed"
	TriggerWebhooks      = "trigger.webhooks_changed"
	TriggerWorkflows     = "trigger.workflows_changed"
	OrphanForgotten      = "trigger_orphan.forgotten"
	AppAddressCreated    = "app_address.created"
	AppAddressChanged    = "app_address.changed"
	AppAddressDeleted    = "app_address.deleted"
	LetterResolved       = "inbound_letter.resolved"
	RateLimitCreated     = "rate_limit.created"
	LimitsChanged        = "project.limits_changed"
	PlanChanged          = "workspace.plan_changed"
	StoreCreated         = "data_store.created"
	StoreCleared         = "data_store.cleared"
	StoreDeleted         = "data_store.deleted"
	LogExpired           = "audit_log.expired"
	LogExported          = "audit_log.exported"
	WebhookCreated       = "audit_webhook.created"
	WebhookChanged       = "audit_webhook.changed"
	WebhookDeleted       = "audit_webhook.deleted"
	WebhookKeyChanged    = "audit_webhook.key_changed"
	WebhookPaused        = "audit_webhook.paused"
	WebhookResumed       = "audit_webhook.resumed"
	WebhookMissed        = "audit_webhook.entries_missed"
	ProjectDeleted       = "project.deleted"
	ProjectExported      = "project.exported"
	MemberInvited        = "member.invited"
	MemberJoined         = "member.joined"
	MemberChanged        = "member.changed"
	MemberRemoved        = "member.removed"
	MemberLeft           = "member.left"
	InvitationResent     = "invitation.resent"
	InvitationRevoked    = "invitation.revoked"
	WorkspaceCreated     = "workspace.created"
	WorkspaceChanged     = "workspace.changed"
	WorkspaceRenamed     = "workspace.renamed"
	WorkspaceTransferred = "workspace.transferred"
	WorkspaceDeleted     = "workspace.deleted"
)

// Entry is one line of the log. Details never hold a secret.
type Entry struct {
	ID             string
	WorkspaceID    string
	ProjectID      string // "" = of the workspace itself
	Environment    string // "" = of both
	ActorKind      Kind
	ActorID        string
	ActorName      string
	Action         string
	Subject        string         // the id of what it was done to
	ExternalUserID string         // the customer's own id of the user whose it is; "" = nobody's
	Details        map[string]any `gorm:"serializer:json"`
	Address        string
	RequestID      string
	CreatedAt      time.Time
}

// TableName maps the noun to its table.
func (Entry) TableName() string { return "audit_log" }

// batch is how many entries one statement writes.
const batch = 500

// Record writes entries of tx's project and environment. Action and Subject are
// the caller's to fill in; who does it is read from the context of tx.
func Record(tx *gorm.DB, now time.Time, entries ...Entry) error {
	var at struct{ WorkspaceID, ProjectID, Environment string }
	err := tx.Raw(`SELECT workspace_id, id AS project_id,
		COALESCE((SELECT name FROM environments WHERE id = current_setting('app.environment_id', true)), '') AS environment
		FROM projects WHERE id = current_setting('app.project_id')`).Scan(&at).Error
	if err != nil {
		return fmt.Errorf("find where it happens: %w", err)
	}
	for i := range entries {
		entries[i].WorkspaceID, entries[i].ProjectID, entries[i].Environment = at.WorkspaceID, at.ProjectID, at.Environment
	}
	return write(tx, now, entries)
}

// RecordOf writes entries of a workspace that belong to none of its projects. tx
// is the workspace's, or the system's.
func RecordOf(tx *gorm.DB, now time.Time, workspaceID string, entries ...Entry) error {
	for i := range entries {
		entries[i].WorkspaceID = workspaceID
	}
	return write(tx, now, entries)
}

func write(tx *gorm.DB, now time.Time, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	by := of(tx.Statement.Context)
	for i := range entries {
		e := &entries[i]
		e.ID, e.CreatedAt = id.New("aud"), now
		e.ActorKind, e.ActorID, e.ActorName, e.Address, e.RequestID = by.Kind, by.ID, by.Name, by.Address, by.RequestID
		if e.Details == nil {
			e.Details = map[string]any{}
		}
	}
	if err := tx.CreateInBatches(&entries, batch).Error; err != nil {
		return fmt.Errorf("write audit log: %w", err)
	}
	return nil
}
