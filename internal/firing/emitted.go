package firing

import (
	"encoding/json"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/instance"
	"github.com/patchbay-dev/patchbay/internal/intake"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// Emission is an event of a deployed trigger.
type Emission struct {
	TriggerID string // that emitted it
	User      string // whose it is: the customer's own id
	Body      map[string]any
	Unkept    bool // nothing of it is kept
}

// Emitted starts the runs of what was emitted by a trigger that a workflow asked for,
// within a transaction of the scope: none where the workflow's own trigger is off, or
// gone. Service.Tell is called after the commit.
func (s *Service) Emitted(tx *gorm.DB, scope tenant.Scope, liveID string, e Emission) ([]*run.Begun, error) {
	l, err := running(tx, liveID)
	if errors.Is(err, workflow.ErrNoTrigger) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	user := e.User
	if l.Definition.Account != nil { // of the project: what it says is of nobody
		user = ""
	}
	sift := intake.Sift{Settings: run.Settings(&l.Definition), SourceID: l.ID + "/" + e.TriggerID, User: user, Now: s.Now()}
	begun, err := s.sifted(tx, scope, l, &sift, "", e.Body, e.store())
	switch {
	case workflow.IsOff(err), instance.NotForUser(err):
		return nil, nil
	case errors.Is(err, intake.ErrTooMany): // of which nothing was written
		return nil, tx.Exec("UPDATE workflow_triggers SET error = ? WHERE id = ?", intake.ErrTooMany.Message, l.ID).Error
	}
	return begun, err
}

// Started starts a run of a workflow for what was emitted, whatever triggers it has:
// none of one that is off, or that its user has switched off, which is nil.
func (s *Service) Started(tx *gorm.DB, scope tenant.Scope, workflowID string, e Emission) (*run.Begun, error) {
	input, err := e.input()
	if err != nil {
		return nil, err
	}
	b, err := s.Runs.Begin(tx, scope, workflowID, run.Cause{Trigger: e.TriggerID, User: e.User, Input: input, Store: e.store()})
	if workflow.IsOff(err) || instance.NotForUser(err) {
		return nil, nil
	}
	return b, err
}

func (e *Emission) input() ([]byte, error) {
	input, err := json.Marshal(e.Body)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return input, nil
}

func (e *Emission) store() string {
	if e.Unkept {
		return workflow.StoreNone
	}
	return ""
}
