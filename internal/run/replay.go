package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Faults of replays and tests.
var (
	ErrVersion = fault.New(fault.Invalid, "run_version", "The workflow has no such version. It is newest, same, or the number of one.").At("version")
	ErrNoEvent = fault.New(fault.Conflict, "run_event_not_kept", "The event of the run was not kept, as its workflow or its caller wished.")
	ErrEvent   = fault.New(fault.Invalid, "test_event", "A test has either an event, which is an object, or the id of a run of the workflow.").At("event")
)

// forgotten reports whether the event of a run that is over is not kept.
func (r *Run) forgotten() bool { return r.FinishedAt != nil && r.Store != "" && r.Input == "null" }

// The versions that a replay may name, beside a number.
const (
	Newest = "newest"
	Same   = "same"
)

// Manner says how the event of a run is taken again.
type Manner struct {
	Version string // newest, same, or a number; "" = newest
	From    string // the step with which it begins, with what earlier ones came to; "" = the first
}

// Check returns what is wrong with a manner by itself.
func (m *Manner) Check() error {
	if m.Version == "" || m.Version == Newest || m.Version == Same {
		return nil
	}
	if n, err := strconv.Atoi(m.Version); err != nil || n < 1 {
		return ErrVersion
	}
	return nil
}

// Replay starts a run with the event of one that is over. It is another run, which
// names the first of those that had the event.
func (s *Service) Replay(ctx context.Context, scope tenant.Scope, runID string, m Manner) (r *Run, err error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	var told []string
	var refusal *fault.Error
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		of, err := db.One[Run](tx.Where("id = ?", runID), ErrNotFound)
		if err != nil {
			return err
		}
		if of.FinishedAt == nil {
			return ErrUnderWay
		}
		if r, told, refusal, err = s.ReplayIn(tx, scope, of, m, s.Now()); err != nil {
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.RunReplayed, Subject: r.ID, ExternalUserID: named(r.ExternalUserID), Details: map[string]any{"of": runID, "workflow": r.WorkflowID, "version": r.Version}})
	})
	if err != nil {
		return nil, err
	}
	s.Begun(ctx, scope, told, r)
	if refusal != nil {
		return r, refusal
	}
	return r, nil
}

// Begun nudges whoever is concerned by runs that were written down, after the commit.
func (s *Service) Begun(ctx context.Context, scope tenant.Scope, told []string, runs ...*Run) {
	if len(told) > 0 {
		s.Webhooks.Nudge(ctx, scope, told)
	}
	for _, r := range runs {
		if r.Status == Queued {
			s.nudge(ctx, scope, r)
		}
	}
}

// ReplayIn is Replay within a transaction, of a run that the caller has loaded and
// that is over. A run that cannot be for its user is written as failed, and why.
func (s *Service) ReplayIn(tx *gorm.DB, scope tenant.Scope, of *Run, m Manner, now time.Time) (r *Run, told []string, refusal *fault.Error, err error) {
	if of.forgotten() {
		return nil, nil, nil, ErrNoEvent
	}
	w, d, err := replayed(tx, of, m)
	if err != nil {
		return nil, nil, nil, err
	}
	r = &Run{
		ID: id.New("run"), WorkflowID: w.ID, Status: Queued, ExternalUserID: of.ExternalUserID, Input: of.Input, Trigger: of.Trigger, FailureOf: of.FailureOf, Accounts: of.Accounts,
		ReplayOf: &of.ID, Attempts: 1, LeaseUntil: now, CreatedAt: now,
	}
	if of.ReplayOf != nil {
		r.ReplayOf = of.ReplayOf
	}
	if m.From != "" {
		if _, ok := d.Order()[m.From]; !ok {
			return nil, nil, nil, workflow.ErrNoStep
		}
	}
	if told, refusal, err = s.put(tx, scope, w, d, r); err != nil || refusal != nil || m.From == "" {
		return r, told, refusal, err
	}
	return r, told, nil, keepSteps(tx, of, r, d, m.From)
}

// replayed finds the version with which a run is replayed.
func replayed(tx *gorm.DB, of *Run, m Manner) (*workflow.Workflow, *workflow.Definition, error) {
	w, err := db.One[workflow.Workflow](tx.Where("id = ?", of.WorkflowID), workflow.ErrNotFound)
	if err != nil {
		return nil, nil, err
	}
	switch m.Version {
	case "", Newest:
	case Same:
		w.Version = of.Version
	default:
		w.Version, _ = strconv.Atoi(m.Version) // it was checked
	}
	d, err := workflow.AtVersion(tx, w.ID, w.Version)
	if errors.Is(err, workflow.ErrNotFound) {
		return nil, nil, ErrVersion
	}
	return w, d, err
}

// keepSteps gives a run what another one recorded of the steps that stand before
// the one with which it begins.
func keepSteps(tx *gorm.DB, of, r *Run, d *workflow.Definition, from string) error {
	rows, err := stepsOf(tx, of.ID)
	if err != nil {
		return err
	}
	order, within, around := d.Order(), d.Within(), map[string]bool{}
	for _, s := range within[from] {
		around[s.Name] = true
	}
	var kept []Step
	for i := range rows {
		s := &rows[i]
		place, known := order[s.Name]
		done := s.Status == Succeeded || s.Status == Skipped || s.Status == Failed && workflow.Tolerated(within[s.Name])
		if known && done && place < order[from] && !around[s.Name] {
			s.RunID, s.CodeMs = r.ID, 0 // its code ran for the other one
			kept = append(kept, *s)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	if err := tx.CreateInBatches(kept, 500).Error; err != nil {
		return fmt.Errorf("keep steps: %w", err)
	}
	return nil
}

// Trial says what a draft is tested with.
type Trial struct {
	Event          json.RawMessage // an object
	RunID          string          // or the event of this run of the workflow
	ExternalUserID string          // for whom; "" = for whom that run was, or for nobody
	From           string          // with the run: the step with which it begins, with what earlier ones came to there
	UpTo           string          // the last step; "" = all
}

// Test starts a run of a workflow's draft as it is at this moment. What it does is
// done, as in any run; it is not tried again, and nobody is told if it fails.
func (s *Service) Test(ctx context.Context, scope tenant.Scope, workflowID string, t Trial) (r *Run, err error) {
	var event map[string]any
	if (t.RunID == "") == (t.Event == nil) || t.Event != nil && (json.Unmarshal(t.Event, &event) != nil || event == nil || t.From != "") {
		return nil, ErrEvent
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		w, err := db.One[workflow.Workflow](tx.Where("id = ?", workflowID), workflow.ErrNotFound)
		if err != nil {
			return err
		}
		r = s.queued(w.ID, t.ExternalUserID, t.Event)
		var of *Run
		if t.RunID != "" {
			if of, err = db.One[Run](tx.Where("id = ? AND workflow_id = ?", t.RunID, workflowID), ErrNotFound); err != nil {
				return err
			}
			if of.forgotten() {
				return ErrNoEvent
			}
			r.Input, r.Trigger = of.Input, of.Trigger
			if r.ExternalUserID == nil {
				r.ExternalUserID, r.Accounts = of.ExternalUserID, of.Accounts
			}
		}
		d := &w.Draft
		if _, ok := d.Order()[t.From]; t.From != "" && !ok {
			return workflow.ErrNoStep
		}
		if t.UpTo != "" {
			if d, err = d.UpTo(t.UpTo); err != nil {
				return err
			}
		}
		if err := own(tx, d, r); err != nil {
			return err
		}
		if err := may(tx, scope, d, r); err != nil {
			return err
		}
		r.WorkflowName, r.Version, r.Test, r.Definition = w.Name, 0, true, d
		if err := tx.Create(r).Error; err != nil {
			return fmt.Errorf("insert test: %w", err)
		}
		if t.From == "" {
			return nil
		}
		return keepSteps(tx, of, r, d, t.From)
	})
	if err != nil {
		return nil, err
	}
	s.Begun(ctx, scope, nil, r)
	return r, nil
}
