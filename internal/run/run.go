// Package run executes workflows.
//
// A run is a row, and so is every step of it that was begun. A worker claims a
// run under a lease, does its steps in order, and writes each outcome before
// the next step begins; whoever claims the run next goes on from there.
package run

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Faults of this package. Those of Start reach the caller of the workflow.
var (
	ErrNotFound    = fault.New(fault.NotFound, "run_not_found", "There is no such run.")
	ErrNoUser      = fault.New(fault.Invalid, "external_user_required", "No external user ID passed, but one or more steps require it. Send x-pd-external-user-id.")
	ErrUnknownUser = fault.New(fault.NotFound, "external_user_not_found", "No matching external user ID.")
	ErrPlan        = fault.New(fault.Forbidden, "plan_required", "Running workflows for your users in production requires a higher tier plan.")
	ErrNoAccount   = fault.New(fault.Invalid, "required_account_not_found", "")
	ErrNoRespond   = fault.New(fault.Invalid, "no_respond", "No $.respond called in workflow")
	ErrTimeout     = fault.New(fault.Unavailable, "response_timeout", "The workflow did not answer in time. The run goes on.")
	ErrRunFailed   = fault.New(fault.Invalid, "run_failed", "The workflow failed before it answered.")
)

// noAccount is ErrNoAccount in the words that existing clients know.
func noAccount(app, externalID, environment string) *fault.Error {
	return fault.New(fault.Invalid, ErrNoAccount.Code,
		"Pipedream Connect Error: Required account for %s not found for external user ID %s in %s", app, externalID, environment)
}

// Status is where a run stands: queued -> running <-> waiting | retrying ->
// succeeded | ended_early | failed | canceled; failed -> dead_lettered.
type Status string

// The statuses of a run. A step is running, waiting, succeeded, failed, ended
// early, canceled or skipped.
const (
	Queued       Status = "queued"
	Running      Status = "running"
	Waiting      Status = "waiting"  // for a time, or for somebody
	Retrying     Status = "retrying" // to go on from the step that failed
	Succeeded    Status = "succeeded"
	Ended        Status = "ended_early" // by a step that said so
	Failed       Status = "failed"
	Canceled     Status = "canceled"
	DeadLettered Status = "dead_lettered" // it failed, and will not be tried again by itself
	Skipped      Status = "skipped"
)

// Problem says why a run or a step failed.
type Problem struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Step    *string `json:"step"`
}

// Run is one execution of one version of a workflow.
//
// A worker may touch a run only while it holds the lease. The lease has an id,
// and every write names it, so a worker that was too slow writes nothing.
type Run struct {
	ID             string
	WorkflowID     string
	WorkflowName   string
	Version        int
	Status         Status
	ExternalUserID *string  // the customer's own id of the user it runs for
	Input          string   // the triggering event, JSON
	Error          *Problem `gorm:"serializer:json"`
	Response       *string  // Response in JSON, once the workflow answered
	LeaseID        string
	LeaseUntil     time.Time
	CreatedAt      time.Time
	StartedAt      *time.Time
	FinishedAt     *time.Time
}

// Step is one step of a run that was begun.
type Step struct {
	ID         string
	RunID      string
	Path       string // where it stands in the tree: its name, or block[index]/branch/name
	Position   int    // in the order in which the steps were begun
	Name       string
	Type       string
	Status     Status
	Input      *string    // JSON, after expressions were filled in; without credentials
	Output     *string    // JSON
	Error      *Problem   `gorm:"serializer:json"`
	Attempts   int        // so far
	WakeAt     *time.Time // when a step that waits goes on
	StartedAt  time.Time
	FinishedAt *time.Time
}

// TableName maps the noun to its table.
func (Step) TableName() string { return "run_steps" }

// Response is what a workflow answers its caller.
type Response struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    any               `json:"body,omitempty"`
}
