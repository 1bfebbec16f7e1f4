// Package usage counts what was used: accounts connected, actions, calls through
// the proxy, events of triggers, deliveries and runs, by day, user, app, workflow
// and trigger.
//
// Nothing on a hot path counts. The database notes what is to be counted in the
// transaction that writes the row which is counted (migrations/0092), and a worker
// folds the notes into days and months a moment later. A note goes in the
// transaction that counts it, so that none is counted twice, whoever dies.
package usage

import (
	"sync"
	"time"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// The kinds of what is counted.
const (
	Connects      = "connect"       // an account was connected, or connected again
	ActionRuns    = "action_run"    // of an action, by a caller or a workflow
	ProxyCalls    = "proxy_call"    // that the app answered
	TriggerEvents = "trigger_event" // that a deployed trigger emitted
	Deliveries    = "delivery"      // of an event to an endpoint, however many attempts it took
	WorkflowRuns  = "workflow_run"  // that began; tests are none
)

// Kinds are all of them, in the order in which they are shown.
var Kinds = []string{Connects, ActionRuns, ProxyCalls, TriggerEvents, Deliveries, WorkflowRuns}

// ErrPeriod is returned for a period that is none.
var ErrPeriod = fault.New(fault.Invalid, "usage_period", "The period ends after it begins, is 400 days long at most, and lies after 1970.")

// LongestPeriod is how much is counted together.
const LongestPeriod = 400 * 24 * time.Hour

// Service folds and reads.
type Service struct {
	DB   *db.DB
	Keep time.Duration            // how long days are kept; 0 = for ever
	Apps func() map[string]string // slugs by the keys of the triggers that ship; nil = none is known
	Now  func() time.Time

	known  sync.Once
	apps   string // Apps, as JSON
	swept  sync.Mutex
	nextAt time.Time // when old days are looked for again
}
