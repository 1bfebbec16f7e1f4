// Package workflow holds the automations that customers write: a definition
// that is edited as a draft, and the versions that run.
package workflow

import (
	"encoding/json"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package.
var (
	ErrNotFound    = fault.New(fault.NotFound, "workflow_not_found", "There is no such workflow.")
	ErrNeverPlayed = fault.New(fault.Conflict, "workflow_not_deployed", "The workflow was never deployed.")
	ErrNotBearer   = fault.New(fault.Conflict, "not_bearer", "The workflow's trigger does not authenticate by bearer token.")
)

// Workflow is an automation for a customer's users. Both environments of its
// project share it; its runs belong to one.
//
// Deploying makes a version of the draft; runs that have begun keep the version
// they began with. Switching a workflow off stops new runs and lets the present
// ones finish.
type Workflow struct {
	ID         string
	Name       string
	Active     bool
	Version    int        // the running version; 0 = never deployed
	Draft      Definition `gorm:"serializer:json"`
	EndpointID string     // en… or eo…: where it is called
	BearerHash []byte     // of the token, for auth bearer
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Version is a definition that runs. It never changes.
type Version struct {
	ID         string
	WorkflowID string
	Version    int
	Definition Definition `gorm:"serializer:json"`
	CreatedAt  time.Time
}

// TableName maps the noun to its table.
func (Version) TableName() string { return "workflow_versions" }

// Definition is the whole of what a customer writes.
type Definition struct {
	Name    string  `json:"name"`
	Trigger Trigger `json:"trigger"`
	Steps   []Step  `json:"steps"`
}

// The ways in which a caller of an HTTP trigger is authenticated.
const (
	AuthNone   = "none"
	AuthBearer = "bearer"
	AuthOAuth  = "oauth"
)

// Trigger is what starts a run.
type Trigger struct {
	Type        string `json:"type"`                  // http
	Auth        string `json:"auth"`                  // none | bearer | oauth
	Environment string `json:"environment,omitempty"` // for calls that name none
}

// The kinds of step.
const (
	HTTPRequest = "http_request"
	Filter      = "filter"
	Respond     = "respond"
	Action      = "action"
	Code        = "code"
	Delay       = "delay"
)

// What a step that failed does to its run.
const (
	OnErrorFail     = "fail"
	OnErrorContinue = "continue" // the next step finds what was wrong in steps.<name>.error
)

// Step is one thing that a run does. Which fields have a meaning depends on the type.
type Step struct {
	Name    string            `json:"name"`
	Type    string            `json:"type"`
	Account *Account          `json:"account,omitempty"`
	Method  string            `json:"method,omitempty"`
	URL     string            `json:"url,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Query   map[string]any    `json:"query,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"`
	If      string            `json:"if,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Status  int               `json:"status,omitempty"`

	Component string          `json:"component,omitempty"` // action: its key
	Version   string          `json:"version,omitempty"`   // action: "" = the newest
	Props     json.RawMessage `json:"props,omitempty"`     // action: what is filled in

	Language string            `json:"language,omitempty"` // code: node | python | go | bash
	Code     string            `json:"code,omitempty"`
	Env      map[string]string `json:"env,omitempty"`             // code: its environment
	Timeout  int               `json:"timeout_seconds,omitempty"` // code: 0 = the usual

	For   string `json:"for,omitempty"`   // delay: such as 90s, 2h or 3d
	Until string `json:"until,omitempty"` // delay: a time, as RFC 3339 has it

	Retry   *Retry `json:"retry,omitempty"`
	OnError string `json:"on_error,omitempty"` // "" = fail
}

// Retry says how often a step is tried whose failure may pass: the app or the
// network was out, or it took too long.
type Retry struct {
	Attempts int     `json:"attempts"`         // in all
	Delay    string  `json:"delay,omitempty"`  // before the second; "" = 10s
	Factor   float64 `json:"factor,omitempty"` // by which each wait is longer than the last; 0 = 2
}

// Whose account a step uses.
const (
	OfUser    = "user"
	OfProject = "project"
)

// Account says whose credential a step uses: the calling user's, by app, or one
// of the project's own, by id.
type Account struct {
	Of  string `json:"of"`
	App string `json:"app,omitempty"`
	ID  string `json:"id,omitempty"`
}

// Responds reports whether the workflow answers its caller itself.
func (d *Definition) Responds() bool {
	for _, s := range d.Steps {
		if s.Type == Respond {
			return true
		}
	}
	return false
}

// UserApps returns the apps of which the calling user needs an account.
func (d *Definition) UserApps() []string {
	var apps []string
	for _, s := range d.Steps {
		if s.Account != nil && s.Account.Of == OfUser {
			apps = append(apps, s.Account.App)
		}
	}
	return apps
}
