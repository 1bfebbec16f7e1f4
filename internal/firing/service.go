package firing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/mail"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/usage"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// RunNow fires a schedule by hand, whatever else it does: its due times stay as they
// are. user is for whom; it is asked for where there is a run for each.
func (s *Service) RunNow(ctx context.Context, projectID, workflowID, name, user string) (*run.Run, error) {
	if err := s.Plans.Allow(ctx, projectID, usage.WorkflowRuns); err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	scope, err := s.scope(ctx, projectID, workflowID, name)
	if err != nil {
		return nil, err
	}
	var begun []*run.Begun
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		l, err := workflow.LiveTrigger(tx, workflowID, name)
		switch {
		case err != nil:
			return err
		case l.Type != workflow.Schedule:
			return ErrNotSchedule
		case l.Definition.ForEachUser != nil && user == "":
			return ErrUsers
		}
		now := s.Now()
		if begun, err = s.begin(tx, scope, l, user, "", l.Definition.Due(now, now, true), now); err == nil && len(begun) == 0 {
			return ErrFiltered
		}
		if errors.Is(err, workflow.ErrNotFound) {
			return ErrOff
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.Runs.Tell(ctx, scope, begun...)
	if begun[0].Refused != nil {
		return nil, begun[0].Refused
	}
	return begun[0].Run, nil
}

// scope is where a trigger's runs are.
func (s *Service) scope(ctx context.Context, projectID, workflowID, name string) (out tenant.Scope, err error) {
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		l, err := workflow.LiveTrigger(tx, workflowID, name)
		if err == nil {
			out = l.Scope(projectID)
		}
		return err
	})
	return out, err
}

// List returns the last n firings of a workflow's trigger, newest first.
func (s *Service) List(ctx context.Context, projectID, workflowID, name string, n int) (rows []Firing, err error) {
	scope, err := s.scope(ctx, projectID, workflowID, name)
	if err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		l, err := workflow.LiveTrigger(tx, workflowID, name)
		if err != nil {
			return err
		}
		if err := tx.Where("trigger_id = ?", l.ID).Order("due_at DESC, external_user_id").Limit(n).Find(&rows).Error; err != nil {
			return fmt.Errorf("load firings: %w", err)
		}
		return nil
	})
	return rows, err
}

// UserPlace is how long after the due times of a schedule for each user its run of
// one comes; 0 of other triggers, and of users that there are not.
func (s *Service) UserPlace(ctx context.Context, projectID string, l *workflow.Live, externalUserID string) (after time.Duration, err error) {
	if l.Type != workflow.Schedule || l.Definition.ForEachUser == nil {
		return 0, nil
	}
	err = s.DB.In(ctx, l.Scope(projectID), func(tx *gorm.DB) error {
		var share float64
		if err := tx.Raw("SELECT "+userPlace+" FROM external_users u WHERE u.external_id = @user", map[string]any{"trigger": l.ID, "user": externalUserID}).Scan(&share).Error; err != nil {
			return fmt.Errorf("find a user's place: %w", err)
		}
		after = time.Duration(share * float64(spread(&l.Definition)))
		return nil
	})
	return after, err
}

// Mail returns what takes e-mail for workflows.
func (s *Service) Mail() mail.Target { return mail.Target{Takes: s.takes, Take: s.take} }

func (s *Service) takes(ctx context.Context, scope tenant.Scope, triggerID string) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		l, err := running(tx, triggerID)
		if err == nil {
			_, _, err = workflow.Runnable(tx, l.WorkflowID)
		}
		if workflow.IsOff(err) {
			return mail.ErrNobody
		}
		return err
	})
}

// take starts a run for a message. One that was taken before, which its sender did
// not hear of, starts none.
func (s *Service) take(ctx context.Context, scope tenant.Scope, triggerID string, m *mail.Message) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	var begun []*run.Begun
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		l, err := running(tx, triggerID)
		if err != nil {
			return err
		}
		var shown map[string]any
		if err := json.Unmarshal(raw, &shown); err != nil {
			return fmt.Errorf("decode message: %w", err)
		}
		begun, err = s.begin(tx, scope, l, "", m.Known(), shown, s.Now())
		return err
	})
	if workflow.IsOff(err) {
		return mail.ErrNobody
	}
	if err != nil {
		return err
	}
	s.Runs.Tell(ctx, scope, begun...)
	return nil
}
