package run

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// StatusPath is where links lead at which a run's state is read, below the base URL.
const StatusPath = AnswerPath + "status/"

const (
	statusFor = 30 * 24 * time.Hour // how long such a link is good
	statusOf  = "status|"           // what its subject begins with
)

var errFailed = fault.New(fault.Invalid, ErrRunFailed.Code, "The workflow failed.")

// State is what the caller of a workflow may know of its run: how far it is, and what
// it answers.
type State struct {
	RunID      string
	Status     Status
	Error      *fault.Error // nil = none; why it failed its owner may know
	Response   *Response    // nil = it has answered nothing yet
	CreatedAt  time.Time
	FinishedAt *time.Time // nil = it is not over
}

// StatusLink returns the address below base at which whoever has it reads a run's state.
func (s *Service) StatusLink(base string, scope tenant.Scope, runID string) (string, error) {
	raw, err := s.Keys.SignLink(token.Link{
		Subject: statusOf + runID, Project: scope.Project(), Environment: scope.Environment(), EnvironmentName: scope.EnvironmentName(),
		ExpiresAt: s.Now().Add(statusFor),
	})
	if err != nil {
		return "", fmt.Errorf("sign link: %w", err)
	}
	return base + StatusPath + raw, nil
}

// State returns the state of the run that a link is to, or ErrLink or ErrNotFound.
func (s *Service) State(ctx context.Context, raw string) (*State, error) {
	l, err := s.Keys.VerifyLink(raw, s.Now())
	if err != nil {
		return nil, ErrLink.Because(err)
	}
	runID, ok := strings.CutPrefix(l.Subject, statusOf)
	if !ok {
		return nil, ErrLink
	}
	var r *Run
	err = s.DB.In(ctx, tenant.NewScope(l.Project, l.Environment, l.EnvironmentName), func(tx *gorm.DB) (err error) {
		r, err = db.One[Run](tx.Where("id = ?", runID), ErrNotFound)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &State{RunID: r.ID, Status: r.Status, CreatedAt: r.CreatedAt, FinishedAt: r.FinishedAt}
	if r.Status == Failed || r.Status == DeadLettered {
		out.Error = errFailed
	}
	if r.Response != nil {
		if err := json.Unmarshal([]byte(*r.Response), &out.Response); err != nil {
			return nil, fmt.Errorf("decode response: %w", err)
		}
	}
	return out, nil
}
