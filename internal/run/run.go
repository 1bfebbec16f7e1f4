// Package run executes workflows.
//
// A run is a row, and so is every step of it that was begun, known by its path in
// the tree of steps: get, both/left/get, each[3]/send, check/then/get. A worker
// claims a run under a lease and walks over the tree from its beginning, each
// time: what is recorded is taken from its row, and what is not is done. So a run
// goes the same way whoever has it, and whoever claims it next goes on from there.
//
// A step that only works something out (a filter, a choice, an answer) is written
// down with the next write of its run. One that reaches outside is written down as
// begun, with all before it, and its outcome before the next one begins. What it
// does carries a key (Step.Key) that is the same however often it is begun again.
//
// To add a kind of step: a case in Executor.prepare, which fills its expressions in
// and returns a result. One that reaches outside sets do. One that waits returns the
// status Waiting, from prepare or from do, with the time (at; zero: for a signal
// alone): its goroutine is given up, and when nothing else of the run can go on the
// run is parked, which makes it a row and nothing else. When the time has come
// Executor.woke says what came of the step. What must be written in the transaction
// that writes the outcome is the result's with.
//
// Whoever changes what a run waits for calls Signal in the transaction in which it
// does, and Service.Nudge after it. What a run's end means to others is done in
// Worker.ends, in the transaction in which it ends.
package run

import (
	"time"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/workflow"
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
	ErrOver        = fault.New(fault.Conflict, "run_over", "The run is over.")
	ErrUnderWay    = fault.New(fault.Conflict, "run_under_way", "The run has not ended. Cancel it, or wait until it has.")
	ErrNotFailed   = fault.New(fault.Conflict, "run_not_failed", "The run has not failed. To run its event again, replay it.")
	ErrCanceled    = fault.New(fault.Conflict, "run_canceled", "The run was canceled before it answered.")
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

// maxDepth is how many runs may call each other, one within the other.
const maxDepth = 32

// Problem says why a run or a step failed.
type Problem struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Step    *string `json:"step"`
}

// Error makes a problem what a block is told of a step within it.
func (p *Problem) Error() string { return p.Message }

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
	ExternalUserID *string           // the customer's own id of the user it runs for
	Input          string            // the triggering event, JSON
	Error          *Problem          `gorm:"serializer:json"`
	Response       *string           // Response in JSON, once the workflow answered
	Trigger        string            // the name of the one that fired; "" = the API
	Signals        int               // how often something it waits for has happened
	ParentID       *string           // the run whose step called it
	ParentPath     string            // that step
	ReplayOf       *string           // the run whose event it took again
	Attempts       int               // how often it went on from a step that had failed, and once
	TraceID        string            // "" = one of its own; see Trace
	SpanID         string            // within its trace, what it was started by; "" = by nothing that is known
	Placed         bool              // it has, or had, a place in the queue of its workflow
	Store          string            // what is kept of its payloads when it is over: "" = all, errors, none
	Test           bool              // of a draft, by its maker
	Instance       *Instance         `gorm:"serializer:json"`
	Accounts       map[string]string `gorm:"serializer:json"` // ids by app, as its caller named them
	ParentCall     string            // which time that step called
	ParentItem     string            // which of the runs of that call it is
	Depth          int               // how many runs are above it

	FailureOf    *string   // the run of whose failure it was told
	Retries      int       // how often it went on by itself, since a person had it tried again
	Failures     []Failure `gorm:"serializer:json"` // what was wrong at its attempts
	SupersedeKey string
	Definition   *workflow.Definition `gorm:"serializer:json"` // of a test: the draft as it was

	LeaseID    string
	LeaseUntil time.Time
	CreatedAt  time.Time
	StartedAt  *time.Time
	FinishedAt *time.Time

	env env // of the worker that has it
}

// RetryAt is when a run goes on that waits to be tried again; nil = it does not.
func (r *Run) RetryAt() *time.Time {
	if r.Status != Retrying {
		return nil
	}
	return &r.LeaseUntil
}

// Step is one step of a run that was begun.
type Step struct {
	RunID      string `gorm:"primaryKey"`
	Path       string `gorm:"primaryKey"` // where it stands in the tree: its name, or block[index]/branch/name
	Position   int    // in the order in which the steps were begun
	Name       string
	Type       string
	Status     Status
	Input      *string       // JSON, after expressions were filled in; without credentials
	Output     *string       // JSON
	Stored     *event.Stored `gorm:"serializer:json"` // where the output lies if it is too large for the row
	Error      *Problem      `gorm:"serializer:json"`
	Attempts   int           // so far
	WakeAt     *time.Time    // when a step that waits goes on; nil = when it is told
	Again      bool          // it waits to be tried again
	Pause      string        // how its own code put it off: delay, suspend or rerun; "" = it did not
	Round      int           // how often its code was run again, or begun anew
	Flow       *string       // JSON of flowing
	AccountID  *string       // the account that it used
	App        *string       // whose it is
	CodeMs     int64         // that its code ran, all attempts together
	StartedAt  time.Time
	FinishedAt *time.Time
}

// Instance is what the user of a run had of its workflow when it began.
type Instance struct {
	ID       string            `json:"id"`
	Config   map[string]any    `json:"config"`
	Accounts map[string]string `json:"accounts,omitempty"` // ids by app
}

// TableName maps the noun to its table.
func (Step) TableName() string { return "run_steps" }

// Response is what a workflow answers its caller.
type Response struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    any               `json:"body,omitempty"`
}
