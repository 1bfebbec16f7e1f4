package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/inbound"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// IntakeView is how a trigger takes its requests, as it is shown.
type IntakeView struct {
	Intake
	Secrets int         // how many are set
	Token   bool        // one is set
	Kept    secret.Text // the secret that came by a handshake, for who has to give it back; "" = none
	SetAt   *time.Time
	Silent  *time.Time // since when it was told that the trigger is silent
	Counts  inbound.Counts
}

var locked = clause.Locking{Strength: "NO KEY UPDATE"}

func (s *Service) checkIntake(in *Intake, secrets *Secrets) error {
	if in == nil {
		return nil
	}
	if err := in.check(s.Schemes); err != nil {
		return err
	}
	return secrets.check()
}

// setIntake puts settings that were checked into t.
func (s *Service) setIntake(t *Trigger, in *Intake, secrets *Secrets, now time.Time) error {
	k, err := s.openKeys(t)
	if err != nil {
		return err
	}
	before := ""
	if t.Intake != nil && t.Intake.Verification != nil {
		before = t.Intake.Verification.Scheme
	}
	switch {
	case in.Verification == nil:
		k = inbound.Keys{}
	case before != in.Verification.Scheme:
		k = secrets.over(inbound.Keys{}) // another provider's are of no use
	default:
		k = secrets.over(k)
	}
	if t.IntakeKeys, err = s.sealKeys(t.ID, k); err != nil {
		return err
	}
	t.Intake, t.IntakeAt, t.ExpectEvery, t.HearsApp = in, &now, nil, nil
	if in.ExpectEvery > 0 {
		t.ExpectEvery = &in.ExpectEvery
	}
	if in.HearsApp != "" {
		t.HearsApp = &in.HearsApp
	}
	if *in == (Intake{}) {
		t.Intake = nil
	}
	return nil
}

// SetIntake makes in the settings by which a trigger takes its requests.
// Secrets that are not given stay, unless another scheme is set.
func (s *Service) SetIntake(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, in Intake, secrets *Secrets) (view *IntakeView, err error) {
	if err := s.checkIntake(&in, secrets); err != nil {
		return nil, err
	}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		t, err := ofUser(tx.Clauses(locked), triggerID, externalUserID)
		if err != nil {
			return err
		}
		if err := s.setIntake(t, &in, secrets, s.Now()); err != nil {
			return err
		}
		if t.ExpectEvery == nil {
			t.SilentSince = nil
		}
		res := tx.Model(t).Select("intake", "intake_keys", "intake_at", "expect_every", "hears_app", "silent_since").Updates(t)
		if err := db.Affected(res, ErrNotFound); err != nil {
			return err
		}
		view, err = s.view(tx, t)
		return err
	})
	return view, err
}

// Intake returns how a trigger takes its requests, and what came of them.
func (s *Service) Intake(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string) (view *IntakeView, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		t, err := ofUser(tx, triggerID, externalUserID)
		if err != nil {
			return err
		}
		view, err = s.view(tx, t)
		return err
	})
	return view, err
}

func (s *Service) view(tx *gorm.DB, t *Trigger) (*IntakeView, error) {
	counts, err := inbound.CountsOf(tx, t.ID)
	if err != nil {
		return nil, err
	}
	k, err := s.openKeys(t)
	if err != nil {
		return nil, err
	}
	v := &IntakeView{Secrets: len(k.Secrets), Token: k.Token != "", SetAt: t.IntakeAt, Silent: t.SilentSince, Counts: counts}
	if t.Intake != nil {
		v.Intake = *t.Intake
	}
	if k.Kept && len(k.Secrets) > 0 {
		v.Kept = secret.Text(k.Secrets[0])
	}
	return v, nil
}

// Batches returns the last n requests of a trigger that held several events,
// newest first.
func (s *Service) Batches(ctx context.Context, scope tenant.Scope, triggerID, externalUserID string, n int) (rows []Summary, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		if _, err := ofUser(tx, triggerID, externalUserID); err != nil {
			return err
		}
		if err := tx.Where("trigger_id = ?", triggerID).Order("id DESC").Limit(n).Find(&rows).Error; err != nil {
			return fmt.Errorf("load batches: %w", err)
		}
		return nil
	})
	return rows, err
}

// Tried is what a condition says of an event.
type Tried struct {
	Event *event.Event
	Holds bool
	Error string // why it could not be evaluated; "" = it could
}

// tried is how many of a trigger's last events a condition is tried with.
const tried = 20

// TryFilter evaluates a condition for a trigger's last events, newest first.
func (s *Service) TryFilter(ctx context.Context, scope tenant.Scope, triggerID, externalUserID, filter string) ([]Tried, error) {
	if err := (&Intake{Filter: filter}).check(s.Schemes); err != nil {
		return nil, err
	}
	rows, err := s.Events(ctx, scope, triggerID, externalUserID, tried)
	if err != nil {
		return nil, err
	}
	out := make([]Tried, 0, len(rows))
	for i := range rows {
		shown := map[string]any{}
		_ = json.Unmarshal([]byte(rows[i].Body), &shown) // what is no object has no fields
		values := workflow.Values{"trigger": shown, "steps": map[string]any{}, "user": map[string]any{"id": rows[i].ExternalUserID}}
		one := Tried{Event: &rows[i]}
		if one.Holds, err = values.Holds(filter); err != nil {
			one.Error = err.Error()
		}
		out = append(out, one)
	}
	return out, nil
}
