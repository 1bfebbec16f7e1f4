// Package workflow holds the automations that customers write: a definition
// that is edited as a draft, and the versions that run.
package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package.
var (
	ErrNotFound    = fault.New(fault.NotFound, "workflow_not_found", "There is no such workflow.")
	ErrNeverPlayed = fault.New(fault.Conflict, "workflow_not_deployed", "The workflow was never deployed.")
	ErrCycle       = fault.New(fault.Invalid, "workflow_cycle", "The workflow would call itself, by itself or by way of those that it calls, without an end.")
	ErrNotBearer   = fault.New(fault.Conflict, "not_bearer", "The workflow's trigger does not authenticate by bearer token.")
)

// Workflow is an automation for a customer's users. Both environments of its
// project share it; its runs belong to one.
//
// Deploying makes a version of the draft; runs that have begun keep the version
// they began with. Switching a workflow off stops new runs and lets the present
// ones finish.
type Workflow struct {
	ID            string
	Key           *string // of its owner's choice, one in the project
	Name          string
	Active        bool
	Version       int        // the running version; 0 = never deployed
	Draft         Definition `gorm:"serializer:json"`
	CanaryVersion int        // the version that a share of the runs is of; 0 = none
	CanaryPercent int
	EndpointID    string   // en… or eo…: where it is called
	BearerHash    []byte   // of the token, for auth bearer
	PausedIn      []string `gorm:"serializer:json"` // environments in which its runs wait
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Version is a definition that runs. It never changes.
type Version struct {
	ID         string
	WorkflowID string
	Version    int
	Definition Definition `gorm:"serializer:json"`
	Author     string     // who deployed it
	Message    string     // and why
	CreatedAt  time.Time
}

// TableName maps the noun to its table.
func (Version) TableName() string { return "workflow_versions" }

// Definition is the whole of what a customer writes.
type Definition struct {
	Schema      string           `json:"$schema,omitempty"` // where its form is described; not kept
	Key         string           `json:"key,omitempty"`     // of its owner's choice: one in the project
	Name        string           `json:"name"`
	Description string           `json:"description,omitempty"`
	Accounts    map[string]Needs `json:"accounts,omitempty"` // by alias
	Triggers    []Trigger        `json:"triggers,omitempty"`
	Steps       []Step           `json:"steps"`
	Settings    *Settings        `json:"settings,omitempty"`
}

// Needs is an account that a workflow uses by an alias: each environment says which
// of its accounts has it.
type Needs struct {
	App         string `json:"app"` // slug
	Description string `json:"description,omitempty"`
}

// Settings say how a workflow's runs are carried out, and whose it is.
type Settings struct {
	Owner   string `json:"owner,omitempty"`       // who is asked when it fails
	Runbook string `json:"runbook_url,omitempty"` // what to do then
	Queue   *Queue `json:"queue,omitempty"`
	Owned   *Owned `json:"instances,omitempty"`
	Store   string `json:"store,omitempty"` // what is kept of a run's payloads when it is over: all | errors | none; "" = all

	Retry         *AutoRetry `json:"retry,omitempty"`          // nil: as Definition.Retries says
	Supersede     string     `json:"supersede,omitempty"`      // an expression: a newer event with the same value cancels what waits to be tried again
	ErrorWorkflow string     `json:"error_workflow,omitempty"` // the id or key of the workflow that is told of failures; none; "" = the project's
	PauseAfter    int        `json:"pause_after,omitempty"`    // runs that fail in a row until its queue is paused; 0 = never
}

// What is kept of a run's payloads when it is over.
const (
	StoreAll    = "all"
	StoreErrors = "errors" // of runs that failed
	StoreNone   = "none"
)

// Kept is what is kept of the payloads of a definition's runs; "" = all.
func (d *Definition) Kept() string {
	if d.Settings == nil || d.Settings.Store == StoreAll {
		return ""
	}
	return d.Settings.Store
}

// The kinds of step.
const (
	HTTPRequest = "http_request"
	Filter      = "filter"
	Respond     = "respond"
	Action      = "action"
	Code        = "code"
	Delay       = "delay"
	End         = "end"
	If          = "if"
	Switch      = "switch"
	Parallel    = "parallel"
	ForEach     = "for_each"
)

// What a step that failed does to its run.
const (
	OnErrorFail     = "fail"
	OnErrorContinue = "continue" // the next step finds what was wrong in steps.<name>.error
	OnErrorGoto     = "goto"     // so does the step that is gone on with, a later one of the same list
	OnErrorFallback = "fallback" // steps.<name> is the value that is named
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
	Timeout  int               `json:"timeout_seconds,omitempty"` // of one attempt; 0 = the usual

	For   string `json:"for,omitempty"`   // delay: such as 90s, 2h or 3d
	Until string `json:"until,omitempty"` // delay: a time, as RFC 3339 has it

	Then        []Step   `json:"then,omitempty"`          // if
	Else        []Step   `json:"else,omitempty"`          // if
	Cases       []Case   `json:"cases,omitempty"`         // switch: the first whose condition is true
	Default     []Step   `json:"default,omitempty"`       // switch: when there is none
	Branches    []Branch `json:"branches,omitempty"`      // parallel
	Items       string   `json:"items,omitempty"`         // for_each: an expression that gives a list
	Concurrency int      `json:"concurrency,omitempty"`   // for_each: items at once; 0 = 1
	OnItemError string   `json:"on_item_error,omitempty"` // for_each: fail | continue; "" = fail
	Steps       []Step   `json:"steps,omitempty"`         // for_each: what is done with each

	StateFields
	EmitFields
	SuspendFields
	CallFields

	Retry    *Retry          `json:"retry,omitempty"`
	OnError  string          `json:"on_error,omitempty"` // "" = fail
	Goto     string          `json:"goto,omitempty"`     // on_error goto: with which step the run goes on
	Fallback json.RawMessage `json:"fallback,omitempty"` // on_error fallback: what later steps see instead
}

// Case is a way that a switch may go.
type Case struct {
	If    string `json:"if"`
	Steps []Step `json:"steps"`
}

// Branch is one of the ways that parallel goes at the same time.
type Branch struct {
	Name  string `json:"name"`
	If    string `json:"if,omitempty"` // "" = always
	Steps []Step `json:"steps"`
}

// Whose account a step uses.
const (
	OfUser    = "user"
	OfProject = "project"
)

// Account says whose credential a step uses: the calling user's, by app, or one
// of the project's own, by id or by an alias of the definition's accounts.
type Account struct {
	Of    string `json:"of"`
	App   string `json:"app,omitempty"`
	ID    string `json:"id,omitempty"`
	Alias string `json:"alias,omitempty"`
}

// Lists returns the lists of steps within a step, in the order in which they are
// written.
func (s *Step) Lists() []List {
	lists := []List{{".then", s.Then}, {".else", s.Else}}
	for i := range s.Cases {
		lists = append(lists, List{fmt.Sprintf(".cases[%d].steps", i), s.Cases[i].Steps})
	}
	lists = append(lists, List{".default", s.Default})
	for i := range s.Branches {
		lists = append(lists, List{fmt.Sprintf(".branches[%d].steps", i), s.Branches[i].Steps})
	}
	return append(lists, List{".steps", s.Steps})
}

// List is a list of steps within a step.
type List struct {
	Where string // in the document, from the step on: .then or .cases[0].steps
	Steps []Step
}

// Each calls fn for every step of the tree, a block before what is in it.
func (d *Definition) Each(fn func(*Step)) { each(d.Steps, fn) }

func each(steps []Step, fn func(*Step)) {
	for i := range steps {
		fn(&steps[i])
		for _, list := range steps[i].Lists() {
			each(list.Steps, fn)
		}
	}
}

// Responds reports whether the workflow answers its caller itself.
func (d *Definition) Responds() (found bool) {
	d.Each(func(s *Step) { found = found || s.Type == Respond })
	return found
}

// UserApps returns the apps of which the calling user needs an account, as far as
// steps name them, and whether there need be a user. Of which app an action's
// account is, its component says.
func (d *Definition) UserApps() (apps []string, user bool) {
	d.Each(func(s *Step) {
		if s.Account == nil || s.Account.Of != OfUser {
			return
		}
		user = true
		if s.Account.App != "" && !slices.Contains(apps, s.Account.App) {
			apps = append(apps, s.Account.App)
		}
	})
	return apps, user
}

// Apps returns the apps of which it needs accounts, of users or of the project.
func (d *Definition) Apps() []string {
	apps := []string{}
	for _, n := range d.Accounts {
		apps = append(apps, n.App)
	}
	users, _ := d.UserApps()
	apps = append(apps, users...)
	slices.Sort(apps)
	return slices.Compact(apps)
}
