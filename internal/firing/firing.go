// Package firing starts runs of workflows when their triggers fire: when a
// schedule is due, an e-mail comes in, or a deployed trigger emits something.
//
// A due time is a row, a firing, with a key of its own: whoever writes it down,
// once or in two processes at once, it starts one run.
package firing

import (
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/plan"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Faults of this package.
var (
	ErrUsers       = fault.New(fault.Invalid, "external_user_required", "This trigger fires for each user: say for whom.").At("external_user_id")
	ErrNotSchedule = fault.New(fault.Invalid, "not_schedule", "Only a schedule is run now; a workflow is started by its API.")
	ErrFiltered    = fault.New(fault.Conflict, "filtered", "The trigger's filter is not true of this event, so that there is no run.")
	ErrOff         = fault.New(fault.Conflict, "workflow_off", "The workflow is switched off.")
)

// State is what became of a firing.
type State string

// The states of a firing.
const (
	Waiting State = "waiting" // for its time, or for the run before it
	Fired   State = "fired"
	Skipped State = "skipped"
	Refused State = "refused" // its run could not be, which is recorded as failed
)

// Why a firing was skipped.
const (
	Missed      = "missed"       // nobody was there when it was due
	Overlapped  = "overlap"      // the run before it was under way
	TooMany     = "queue_full"   // too many waited for the run before them
	SwitchedOff = "switched_off" // meanwhile
	UserOff     = "user_off"     // its user has switched the workflow off, or has none of it
	OverQuota   = "quota"        // the quota of runs of this month is used up
)

// Firing is a due time of a schedule, for a user where there is one for each.
type Firing struct {
	ID             string // fir_…
	TriggerID      string // wt_…
	DueAt          time.Time
	ExternalUserID string // "" = nobody
	State          State
	Reason         *string
	FireAt         time.Time // when it is looked after; later than DueAt by its jitter
	RunID          *string
}

// TableName maps the noun to its table.
func (Firing) TableName() string { return "workflow_firings" }

// Service fires triggers.
type Service struct {
	DB    *db.DB
	Runs  *run.Service
	Plans *plan.Service // nil = no quota holds
	Now   func() time.Time
}

// begin starts a run for each part of an event that a trigger takes. known is by what
// the event is known; "" = by nothing.
func (s *Service) begin(tx *gorm.DB, scope tenant.Scope, l *workflow.Live, user, known string, event map[string]any, now time.Time) ([]*run.Begun, error) {
	sift := intake.Sift{Settings: run.Settings(&l.Definition), SourceID: l.ID, User: user, Now: now}
	return s.sifted(tx, scope, l, &sift, known, event, "")
}

// sifted starts the runs of what sift leaves of an event. store is what is kept of
// them; "" = as their workflow says.
func (s *Service) sifted(tx *gorm.DB, scope tenant.Scope, l *workflow.Live, sift *intake.Sift, known string, event map[string]any, store string) ([]*run.Begun, error) {
	parts, _, err := sift.Take(tx, event, known)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	out := make([]*run.Begun, 0, len(parts))
	for _, part := range parts {
		input, err := json.Marshal(part)
		if err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
		b, err := s.Runs.Begin(tx, scope, l.WorkflowID, run.Cause{Trigger: l.Name, User: sift.User, Input: input, Store: store})
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	if err := tx.Exec("UPDATE workflow_triggers SET fired_at = ? WHERE id = ? AND (fired_at IS NULL OR fired_at < ?)", sift.Now, l.ID, sift.Now.Add(-time.Second)).Error; err != nil {
		return nil, fmt.Errorf("note firing: %w", err)
	}
	return out, nil
}

// running returns a live trigger that fires; workflow.ErrNoTrigger for any other.
func running(tx *gorm.DB, triggerID string) (*workflow.Live, error) {
	return db.One[workflow.Live](tx.Where("id = ? AND running", triggerID), workflow.ErrNoTrigger)
}
