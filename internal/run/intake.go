package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// taken is how a workflow's address takes its requests, in both environments.
type taken struct {
	ID       string           // the workflow
	Settings *intake.Settings `gorm:"serializer:json"`
	Keys     []byte           // sealed
	SetAt    time.Time
}

// TableName maps the noun to its table.
func (taken) TableName() string { return "workflow_intakes" }

var errNone = errors.New("the workflow takes its requests as they come")

// takenOf returns how a workflow takes its requests; nil: as they come.
func takenOf(tx *gorm.DB, workflowID string) (*taken, error) {
	t, err := db.One[taken](tx.Where("id = ?", workflowID), errNone)
	if errors.Is(err, errNone) {
		return nil, nil
	}
	return t, err
}

func associatedIntake(workflowID string) string { return "workflow_intake|" + workflowID }

func (s *Service) keysOf(t *taken) (inbound.Keys, error) {
	if t == nil {
		return inbound.Keys{}, nil
	}
	return intake.Open(s.Box, associatedIntake(t.ID), t.Keys)
}

// source is by what ids and counts of a workflow are remembered in an
// environment: the other one's are its own.
func source(scope tenant.Scope, workflowID string) string {
	return workflowID + "@" + scope.Environment()
}

// Intake returns how a workflow takes its requests, and what came of them in the
// scope's environment.
func (s *Service) Intake(ctx context.Context, scope tenant.Scope, workflowID string) (view *intake.View, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		view, err = s.intakeView(tx, scope, workflowID)
		return err
	})
	return view, err
}

// Verifies reports whether requests to a workflow's address are verified by their
// signatures, for which they are read whole.
func (s *Service) Verifies(ctx context.Context, scope tenant.Scope, workflowID string) (yes bool, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		t, err := takenOf(tx, workflowID)
		yes = t != nil && t.Settings.Verification != nil
		return err
	})
	return yes, err
}

func (s *Service) intakeView(tx *gorm.DB, scope tenant.Scope, workflowID string) (*intake.View, error) {
	if _, err := db.One[workflow.Workflow](tx.Where("id = ?", workflowID), workflow.ErrNotFound); err != nil {
		return nil, err
	}
	t, err := takenOf(tx, workflowID)
	if err != nil {
		return nil, err
	}
	k, err := s.keysOf(t)
	if err != nil {
		return nil, err
	}
	v := intake.Show(nil, k)
	if t != nil {
		v = intake.Show(t.Settings, k)
		v.SetAt = &t.SetAt
	}
	v.Counts, err = inbound.CountsOf(tx, source(scope, workflowID))
	return v, err
}

// SetIntake makes in the settings by which a workflow takes its requests, in both
// environments. Secrets that are not given stay, unless another scheme is set.
func (s *Service) SetIntake(ctx context.Context, scope tenant.Scope, workflowID string, in intake.Settings, secrets *intake.Secrets) (view *intake.View, err error) {
	switch {
	case in.ExpectEvery != 0:
		return nil, intake.Bad("expect_every", "it is for deployed triggers")
	case in.HearsApp != "":
		return nil, intake.Bad("hears_app", "it is for deployed triggers")
	}
	if err := in.Check(s.Schemes); err != nil {
		return nil, err
	}
	if err := secrets.Check(); err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		// The workflow's lock orders who sets at the same time.
		if _, err := db.One[workflow.Workflow](tx.Raw("SELECT * FROM workflows WHERE id = ? FOR UPDATE", workflowID), workflow.ErrNotFound); err != nil {
			return err
		}
		before, err := takenOf(tx, workflowID)
		if err != nil {
			return err
		}
		k, err := s.keysOf(before)
		if err != nil {
			return err
		}
		var was *intake.Settings
		if before != nil {
			was = before.Settings
		}
		row := &taken{ID: workflowID, Settings: &in, SetAt: s.Now()}
		if row.Keys, err = intake.Seal(s.Box, associatedIntake(workflowID), secrets.Set(was, &in, k)); err != nil {
			return err
		}
		if err := tx.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"settings", "keys", "set_at"})}).Create(row).Error; err != nil {
			return fmt.Errorf("set intake: %w", err)
		}
		view, err = s.intakeView(tx, scope, workflowID)
		return err
	})
	return view, err
}

// Took is what became of a request at a workflow's address.
type Took struct {
	Answer *intake.Answer
	Runs   []string // that it started, or that the request before it with its idempotency key did
}

// Take takes a request at a workflow's address for a user ("" = nobody), as the
// workflow's settings say, and starts a run for each event that it holds. A run
// that cannot be for its user is recorded as failed; when it is the only one,
// its fault is returned, too.
func (s *Service) Take(ctx context.Context, scope tenant.Scope, workflowID, externalUserID string, a *intake.Arrival) (*Took, error) {
	var v entry
	err := s.Verifier.Fetching(ctx, source(scope, workflowID), func() error {
		v = entry{s: s, scope: scope, userID: externalUserID}
		return s.DB.In(ctx, scope, func(tx *gorm.DB) error { return v.take(tx, workflowID, a) })
	})
	s.count(&v, err)
	if err != nil {
		return nil, err
	}
	out := &Took{Answer: v.visit.Answer}
	if out.Answer.Replayed {
		var said struct {
			RunID string `json:"run_id"`
		}
		if json.Unmarshal([]byte(out.Answer.Body), &said) == nil && said.RunID != "" {
			out.Runs = []string{said.RunID}
		}
	}
	for _, r := range v.runs {
		out.Runs = append(out.Runs, r.ID)
		if r.Status == Queued {
			s.nudge(ctx, scope, r)
		}
	}
	if len(v.told) > 0 {
		s.Webhooks.Nudge(ctx, scope, v.told)
	}
	if refusal := v.alone(); refusal != nil {
		return out, refusal
	}
	return out, nil
}

// count counts what came of a request at an address that has settings.
func (s *Service) count(v *entry, err error) {
	if v.taken == nil || v.visit == nil {
		return
	}
	c := v.visit.Counts
	if err != nil {
		var unsigned bool
		if c, unsigned = intake.Count(err, s.Now()); unsigned {
			s.Metrics.Unsigned.Inc()
		}
	}
	if c.Received > 0 {
		s.Tally.Add(v.scope, v.visit.SourceID, c)
	}
}

// entry is one request on its way to become runs of a workflow.
type entry struct {
	s       *Service
	scope   tenant.Scope
	userID  string
	taken   *taken
	visit   *intake.Visit
	runs    []*Run
	told    []string
	refusal *fault.Error
}

func (v *entry) take(tx *gorm.DB, workflowID string, a *intake.Arrival) error {
	w, d, err := workflow.Runnable(tx, workflowID)
	if err != nil {
		return err
	}
	if v.taken, err = takenOf(tx, workflowID); err != nil {
		return err
	}
	v.visit = &intake.Visit{
		Arrival: a, Settings: &intake.Settings{}, SourceID: source(v.scope, workflowID), User: v.userID, Schemes: v.s.Schemes, Verifier: v.s.Verifier, Now: v.s.Now,
		Keys: func() (inbound.Keys, error) { return v.s.keysOf(v.taken) }, Keep: v.keep,
		Waiting: func(tx *gorm.DB, most int) (int, error) { return waiting(tx, workflowID, most) },
		Accept:  func(tx *gorm.DB, calls []*inbound.Call) (map[string]any, error) { return v.accept(tx, w, d, calls) },
	}
	if v.taken != nil {
		v.visit.Settings = v.taken.Settings
	}
	if v.visit.Settings, err = as(v.visit.Settings, d.HTTP()); err != nil {
		return err
	}
	if err := v.visit.Take(tx); err != nil || v.alone() == nil || a.IdempotencyKey == "" {
		return err
	}
	return inbound.Forget(tx, v.visit.SourceID, a.IdempotencyKey) // what could not be done may be asked for again
}

// alone returns why a request's only run could not be.
func (v *entry) alone() *fault.Error {
	if len(v.runs) != 1 {
		return nil
	}
	return v.refusal
}

// accept starts a run for each call, unless the caller asks for none.
func (v *entry) accept(tx *gorm.DB, w *workflow.Workflow, d *workflow.Definition, calls []*inbound.Call) (map[string]any, error) {
	if v.visit.Arrival.NoTrigger || len(calls) == 0 {
		return nil, nil
	}
	ids := make([]string, 0, len(calls))
	for _, call := range calls {
		input, err := json.Marshal(call)
		if err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
		r := v.s.queued(w.ID, v.userID, input)
		r.Accounts = v.visit.Arrival.Accounts
		r.join(call.Headers["traceparent"])
		if call.Headers["x-pd-nostore"] == "1" {
			r.Store = workflow.StoreNone
		}
		r.Trigger = d.HTTP().Name
		told, refusal, err := v.s.put(tx, v.scope, w, d, r)
		if err != nil {
			return nil, err
		}
		v.runs, v.told = append(v.runs, r), append(v.told, told...)
		if refusal != nil {
			v.refusal = refusal
		}
		ids = append(ids, r.ID)
	}
	if len(ids) == 1 && calls[0].Batch == nil {
		return map[string]any{"run_id": ids[0]}, nil
	}
	return map[string]any{"run_ids": ids}, nil
}

// keep writes down a secret that came by a handshake, unless there is one by now.
func (v *entry) keep(tx *gorm.DB, k inbound.Keys) error {
	sealed, err := intake.Seal(v.s.Box, associatedIntake(v.taken.ID), k)
	if err != nil {
		return err
	}
	res := tx.Exec("UPDATE workflow_intakes SET keys = ? WHERE id = ? AND keys IS NOT DISTINCT FROM ?", sealed, v.taken.ID, v.taken.Keys)
	return db.Affected(res, inbound.ErrSignature)
}

// waiting returns how many runs of a workflow have not ended, counted up to most.
func waiting(tx *gorm.DB, workflowID string, most int) (n int, err error) {
	err = tx.Raw("SELECT count(*) FROM (SELECT FROM runs WHERE workflow_id = ? AND finished_at IS NULL LIMIT ?) w", workflowID, most).Scan(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count what waits: %w", err)
	}
	return n, nil
}
