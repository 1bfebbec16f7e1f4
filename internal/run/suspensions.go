package run

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/runner"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Suspension is a step that waits for somebody.
type Suspension struct {
	RunID          string
	WorkflowID     string
	WorkflowName   string
	ExternalUserID *string
	Path, Name     string
	StartedAt      time.Time
	WakeAt         *time.Time // how long an answer is taken
	Input          *string
	Flow           *string

	OnTimeout            string         `gorm:"-"`
	ResumeURL, CancelURL string         `gorm:"-"`
	Form                 *workflow.Form `gorm:"-"` // nil = there is nothing to fill in
}

// mostSuspensions is how many steps that wait are listed.
const mostSuspensions = 200

// Suspensions returns the steps that wait for somebody, of one workflow or of all
// ("" = all), those first whose time ends first.
func (s *Service) Suspensions(ctx context.Context, scope tenant.Scope, workflowID string) (all []*Suspension, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx.Table("runs r").Joins("JOIN run_steps s ON s.run_id = r.id").
			Select("r.id AS run_id, r.workflow_id, r.workflow_name, r.external_user_id, s.path, s.name, s.started_at, s.wake_at, s.input, s.flow").
			Where("r.finished_at IS NULL AND s.status = ? AND (s.type = ? OR s.pause = ? AND NOT s.again)", Waiting, workflow.Suspend, runner.Suspend)
		if workflowID != "" {
			q = q.Where("r.workflow_id = ?", workflowID)
		}
		if err := q.Order("s.wake_at, r.id, s.path").Limit(mostSuspensions).Scan(&all).Error; err != nil {
			return fmt.Errorf("list steps that wait: %w", err)
		}
		return nil
	})
	for _, one := range all {
		var in suspending
		if one.Flow != nil { // its own code waits
			f := (&Step{Flow: one.Flow}).flowing()
			one.OnTimeout, one.ResumeURL, one.CancelURL = workflow.OnTimeoutCancel, f.ResumeURL, f.CancelURL
			continue
		}
		if one.Input != nil && json.Unmarshal([]byte(*one.Input), &in) == nil {
			one.OnTimeout, one.ResumeURL, one.CancelURL, one.Form = in.OnTimeout, in.ResumeURL, in.CancelURL, in.Form
		}
	}
	return all, err
}

// Decide answers a step that waits as its links do, by hand. The errors are
// ErrNotFound, ErrNotWaiting, ErrAnswered and ErrLinkOver.
func (s *Service) Decide(ctx context.Context, scope tenant.Scope, runID, path string, cancel bool, said Answered) error {
	a := &Asked{Cancels: cancel, scope: scope, at: spot{runID: runID, path: path}}
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := db.One[Run](tx.Select("id").Where("id = ?", runID), ErrNotFound); err != nil {
			return err
		}
		if err := tx.Raw("SELECT COALESCE(max(round), 0) FROM run_steps WHERE run_id = ? AND path = ? AND pause <> ''", runID, path).Scan(&a.at.round).Error; err != nil {
			return fmt.Errorf("find the round: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.reply(ctx, a, said, func(tx *gorm.DB, step *Step) error {
		// A link may be answered before its step begins; here somebody has seen it wait.
		if step == nil || step.Status != Waiting || step.Type != workflow.Suspend && !step.waitsByCode() {
			return ErrNotWaiting
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.RunAnswered, Subject: runID, Details: map[string]any{"step": path, "canceled": cancel, "approved": !said.Rejected}})
	})
}
