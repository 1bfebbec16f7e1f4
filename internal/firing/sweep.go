package firing

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/instance"
	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/usage"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

const (
	onTime     = time.Minute        // what is later was missed
	userSpread = time.Minute        // over which users' firings are spread where no jitter is said
	lookAgain  = 2 * time.Second    // at a firing that waits for the run before it
	keepFor    = 7 * 24 * time.Hour // what became of a firing is known for so long
	ofEach     = 50                 // firings of an environment in a sweep
	sweepMost  = 500
)

var (
	mine    = clause.Locking{Strength: "NO KEY UPDATE", Options: "SKIP LOCKED"}
	inTurn  = clause.Locking{Strength: "NO KEY UPDATE"}
	errGone = errors.New("somebody else is at it")
)

// found is what is due, of some tenant.
type found struct{ ID, EnvironmentID, ProjectID, Name string }

func (f found) scope() tenant.Scope { return tenant.NewScope(f.ProjectID, f.EnvironmentID, f.Name) }

// Sweep writes down which firings are due, and fires those whose time has come.
// Every worker process calls it on a ticker: who comes first does it, and what a
// process that died had not committed is done by another.
func (s *Service) Sweep(ctx context.Context) error {
	var schedules, firings []found
	now := s.Now()
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Raw(`SELECT t.id, t.environment_id, t.project_id, e.name FROM workflow_triggers t JOIN environments e ON e.id = t.environment_id
			WHERE t.due_at <= ? AND t.type = 'schedule' AND t.environment_id NOT IN (SELECT environment_id FROM held_environments) ORDER BY t.due_at LIMIT ?`, now, sweepMost).Scan(&schedules).Error; err != nil {
			return err //nolint:wrapcheck // below
		}
		return tx.Exec("DELETE FROM workflow_firings WHERE id IN (SELECT id FROM workflow_firings WHERE state <> 'waiting' AND due_at < ? LIMIT 1000)", now.Add(-keepFor)).Error
	})
	if err != nil {
		return fmt.Errorf("find due schedules: %w", err)
	}
	var failed []error
	for _, f := range schedules {
		failed = append(failed, s.plan(ctx, f))
	}
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`SELECT f.id, f.environment_id, e.project_id, e.name FROM (
				SELECT id, environment_id, fire_at, row_number() OVER (PARTITION BY environment_id ORDER BY fire_at) AS place
				FROM workflow_firings WHERE state = 'waiting' AND fire_at <= @now
					AND environment_id NOT IN (SELECT environment_id FROM held_environments)) f
			JOIN environments e ON e.id = f.environment_id WHERE f.place <= @each ORDER BY f.place, f.fire_at LIMIT @most`,
			map[string]any{"now": now, "each": ofEach, "most": sweepMost}).Scan(&firings).Error
	})
	if err != nil {
		return fmt.Errorf("find due firings: %w", err)
	}
	for _, f := range firings {
		if ctx.Err() != nil {
			break
		}
		failed = append(failed, s.fire(ctx, f.scope(), f.ID))
	}
	return errors.Join(failed...)
}

// plan writes down what a schedule is due for, and when it is due next.
func (s *Service) plan(ctx context.Context, f found) error {
	err := s.DB.In(ctx, f.scope(), func(tx *gorm.DB) error {
		now := s.Now()
		l, err := db.One[workflow.Live](tx.Clauses(mine).Where("id = ? AND due_at <= ?", f.ID, now), errGone)
		if err != nil {
			return err
		}
		times, err := l.Definition.Schedule()
		if err != nil {
			return tx.Exec("UPDATE workflow_triggers SET due_at = NULL, error = ? WHERE id = ?", err.Error(), l.ID).Error
		}
		due, _ := times.Due(*l.DueAt, now, workflow.MostMissed-1)
		due = append([]time.Time{*l.DueAt}, due...)
		last := due[len(due)-1]
		fire, skip := chosen(l.Definition.Missed, due, now)
		for _, at := range fire {
			if err := write(tx, l, at, Waiting); err != nil {
				return err
			}
		}
		if len(fire) == 0 {
			if err := write(tx, l, skip, Skipped); err != nil {
				return err
			}
		}
		var next *time.Time
		if at, ok := times.Next(last); ok {
			next = &at
		}
		if err := tx.Exec("UPDATE workflow_triggers SET due_at = ? WHERE id = ?", next, l.ID).Error; err != nil {
			return fmt.Errorf("put off schedule: %w", err)
		}
		return nil
	})
	if err == nil || errors.Is(err, errGone) {
		return nil
	}
	return fmt.Errorf("plan %s: %w", f.ID, err)
}

// chosen returns which of the due times fire, and, if there is none, the last that
// was missed.
func chosen(policy string, due []time.Time, now time.Time) (fire []time.Time, skip time.Time) {
	last := due[len(due)-1]
	switch {
	case policy == workflow.MissedAll:
		return due, last
	case policy == workflow.MissedSkip && now.Sub(last) > onTime:
		return nil, last
	}
	return []time.Time{last}, last
}

// write writes down a firing; of a schedule for each user, one for each.
func write(tx *gorm.DB, l *workflow.Live, due time.Time, state State) error {
	jitter := spread(&l.Definition)
	if l.Definition.ForEachUser != nil && state == Waiting {
		return writeEach(tx, l, due, jitter)
	}
	f := &Firing{ID: id.New("fir"), TriggerID: l.ID, DueAt: due, State: state, FireAt: due}
	if jitter > 0 {
		f.FireAt = due.Add(rand.N(jitter)) //nolint:gosec // a spread, no secret
	}
	if state == Skipped {
		why := Missed
		f.Reason = &why
	}
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(f).Error; err != nil {
		return fmt.Errorf("write firing: %w", err)
	}
	return nil
}

// spread is by how much due times are put off at most.
func spread(t *workflow.Trigger) (d time.Duration) {
	switch {
	case t.Jitter != "":
		d, _ = workflow.Duration(t.Jitter) // it was checked
	case t.ForEachUser != nil:
		d = userSpread
	}
	return d
}

// userPlace is where in the spread of a schedule a user has their place, as a share of
// it; it is the same every time.
const userPlace = "(hashtextextended(@trigger || u.id, 0) & 1048575) / 1048576.0"

// writeEach writes down a firing for each user of a schedule, at the place of each.
func writeEach(tx *gorm.DB, l *workflow.Live, due time.Time, spread time.Duration) error {
	users := `SELECT u.id, u.external_id FROM (SELECT DISTINCT user_id FROM accounts WHERE app = @app) a JOIN external_users u ON u.id = a.user_id
		WHERE NOT EXISTS (SELECT FROM instances i WHERE i.user_id = u.id AND i.workflow_id = @workflow AND NOT i.active)`
	if l.Definition.ForEachUser.Instances {
		users = "SELECT u.id, u.external_id FROM instances i JOIN external_users u ON u.id = i.user_id WHERE i.workflow_id = @workflow AND i.active"
	}
	err := tx.Exec(`INSERT INTO workflow_firings (id, trigger_id, due_at, external_user_id, state, fire_at)
		SELECT 'fir_' || replace(gen_random_uuid()::text, '-', ''), @trigger, @due, u.external_id, 'waiting',
			CAST(@due AS timestamptz) + `+userPlace+` * make_interval(secs => @spread)
		FROM (`+users+`) u ON CONFLICT (trigger_id, due_at, external_user_id) DO NOTHING`,
		map[string]any{"trigger": l.ID, "workflow": l.WorkflowID, "due": due, "app": l.Definition.ForEachUser.App, "spread": spread.Seconds()}).Error
	if err != nil {
		return fmt.Errorf("write firings: %w", err)
	}
	return nil
}

// fire starts the run of a firing, or skips it, as its schedule says.
func (s *Service) fire(ctx context.Context, scope tenant.Scope, firingID string) error {
	var begun []*run.Begun
	var ousted *run.Ousted
	full := s.Plans.Allow(ctx, scope.Project(), usage.WorkflowRuns)
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		now := s.Now()
		f, err := db.One[Firing](tx.Clauses(mine).Where("id = ? AND state = 'waiting' AND fire_at <= ?", firingID, now), errGone)
		if err != nil {
			return err
		}
		l, err := running(tx.Clauses(inTurn), f.TriggerID)
		if errors.Is(err, workflow.ErrNoTrigger) {
			return f.end(tx, Skipped, SwitchedOff)
		}
		if err != nil {
			return err
		}
		if may, err := s.overlap(tx, l, f, now); err != nil || !may {
			return err
		}
		if full != nil {
			return f.end(tx, Skipped, OverQuota)
		}
		begun, err = s.begin(tx, scope, l, f.ExternalUserID, "", l.Definition.Due(f.DueAt, now, false), now)
		switch {
		case errors.Is(err, workflow.ErrNotFound):
			return f.end(tx, Skipped, SwitchedOff)
		case instance.NotForUser(err):
			return f.end(tx, Skipped, UserOff)
		case err != nil:
			return err
		case len(begun) == 0:
			return f.end(tx, Skipped, "filter")
		}
		f.RunID = &begun[0].Run.ID
		if begun[0].Refused != nil {
			return f.end(tx, Refused, begun[0].Refused.Code)
		}
		if l.Definition.Overlap == workflow.OverlapCancelOld {
			if ousted, err = s.Runs.Oust(tx, l.WorkflowID, l.Name, f.ExternalUserID, begun...); err != nil {
				return err
			}
		}
		return f.end(tx, Fired, "")
	})
	if errors.Is(err, errGone) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("fire %s: %w", firingID, err)
	}
	s.Runs.Stop(ctx, scope, ousted)
	s.Runs.Tell(ctx, scope, begun...)
	return nil
}

// end writes down what became of a firing.
func (f *Firing) end(tx *gorm.DB, state State, reason string) error {
	set := map[string]any{"state": state, "run_id": f.RunID}
	if reason != "" {
		set["reason"] = reason
	}
	if err := tx.Model(&Firing{}).Where("id = ?", f.ID).Updates(set).Error; err != nil {
		return fmt.Errorf("end firing: %w", err)
	}
	return nil
}

// overlap reports whether a firing may go on, whatever the run before it does; one
// that may not is skipped or put off.
func (s *Service) overlap(tx *gorm.DB, l *workflow.Live, f *Firing, now time.Time) (bool, error) {
	policy := l.Definition.Overlap
	if policy == "" || policy == workflow.OverlapAllow || policy == workflow.OverlapCancelOld {
		return true, nil
	}
	var under bool
	err := tx.Raw(`SELECT EXISTS (SELECT FROM runs WHERE workflow_id = ? AND finished_at IS NULL AND trigger = ? AND COALESCE(external_user_id, '') = ?)`,
		l.WorkflowID, l.Name, f.ExternalUserID).Scan(&under).Error
	if err != nil {
		return false, fmt.Errorf("look for runs: %w", err)
	}
	switch {
	case !under && policy == workflow.OverlapQueue:
		var before bool
		err := tx.Raw(`SELECT EXISTS (SELECT FROM workflow_firings WHERE trigger_id = ? AND state = 'waiting' AND external_user_id = ? AND due_at < ?)`,
			f.TriggerID, f.ExternalUserID, f.DueAt).Scan(&before).Error
		if err != nil || !before {
			return err == nil, err //nolint:wrapcheck // says it all
		}
	case !under:
		return true, nil
	case policy == workflow.OverlapSkip:
		return false, f.end(tx, Skipped, Overlapped)
	}
	var waiting int
	err = tx.Raw(`SELECT count(*) FROM workflow_firings WHERE trigger_id = ? AND state = 'waiting' AND external_user_id = ? AND due_at < ?`, f.TriggerID, f.ExternalUserID, f.DueAt).Scan(&waiting).Error
	if err != nil {
		return false, fmt.Errorf("count what waits: %w", err)
	}
	if waiting >= workflow.MostQueued {
		return false, f.end(tx, Skipped, TooMany)
	}
	if err := tx.Exec("UPDATE workflow_firings SET fire_at = ? WHERE id = ?", now.Add(lookAgain), f.ID).Error; err != nil {
		return false, fmt.Errorf("put off firing: %w", err)
	}
	return false, nil
}
