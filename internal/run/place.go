package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// ErrQueueFull is returned to who starts a run of a workflow for which too many wait.
var ErrQueueFull = fault.New(fault.RateLimited, "queue_full", "As many runs of this workflow wait as its queue takes. Try again later.").
	With(map[string]any{"retry_after_seconds": 30})

const errKey = "queue_key"

// never is when the lease of a run ends that waits for its turn: no worker sees it.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// place is a run's place in the queue of its workflow. It has one from its making
// to its end.
type place struct {
	ID         string // the run
	WorkflowID string
	Lane       string // runs in one lane are let in in their order
	Slot       string // by what they are counted
	Blocks     bool   // whether it holds its lane up when it has failed
	State      string
	CreatedAt  time.Time
}

// TableName maps the noun to its table.
func (place) TableName() string { return "run_places" }

// The states of a place.
const (
	placeWaiting  = "waiting"
	placeAdmitted = "admitted"
	placeResting  = "resting" // to be tried again
	placeBlocked  = "blocked"
)

// maxKey is how long the key of a lane is; a longer one is known by its hash.
const maxKey = 200

// place gives a run that is about to be written its place, if it needs one. What
// cannot be worked out is the run's own fault.
func (s *Service) place(tx *gorm.DB, scope tenant.Scope, w *workflow.Workflow, d *workflow.Definition, r *Run) (at *place, refusal *fault.Error, err error) {
	at, err = placeOf(tx, scope, w, d, r)
	switch f, ok := errors.AsType[*fault.Error](err); {
	case ok && f.Code == errKey:
		return nil, f, nil
	case err != nil:
		return nil, nil, err
	case at != nil:
		r.Placed, r.LeaseUntil = true, never
	}
	return at, nil, nil
}

// placeOf returns the place that a run is to have; nil = none, it may begin. It is
// ErrQueueFull when there is none left.
func placeOf(tx *gorm.DB, scope tenant.Scope, w *workflow.Workflow, d *workflow.Definition, r *Run) (*place, error) {
	if q := d.Limits(); q != nil && q.MaxQueued > 0 && !r.Test {
		var n int
		err := tx.Raw("SELECT count(*) FROM (SELECT FROM run_places WHERE workflow_id = ? AND environment_id = ? AND state = 'waiting' LIMIT ?) w", w.ID, scope.Environment(), q.MaxQueued).Scan(&n).Error
		if err != nil {
			return nil, fmt.Errorf("count what waits: %w", err)
		}
		if n >= q.MaxQueued {
			return nil, ErrQueueFull
		}
	}
	return placeFor(scope, w, d, r)
}

// placeFor is placeOf without a look at how many there are.
func placeFor(scope tenant.Scope, w *workflow.Workflow, d *workflow.Definition, r *Run) (*place, error) {
	q := d.Limits()
	if q == nil && !slices.Contains(w.PausedIn, scope.Environment()) || r.Test {
		return nil, nil
	}
	p := &place{ID: r.ID, WorkflowID: w.ID, State: placeWaiting, CreatedAt: r.CreatedAt}
	if q == nil {
		return p, nil
	}
	return p, p.keys(scope, q, r)
}

// keys works out by what a run is counted and ordered.
func (p *place) keys(scope tenant.Scope, q *workflow.Queue, r *Run) error {
	values, err := given(scope, r)
	if err != nil {
		return err
	}
	if c := q.Concurrency; c != nil {
		switch c.Per {
		case workflow.PerUser:
			p.Slot = named(r.ExternalUserID)
		case workflow.PerKey:
			if p.Slot, err = key(values, c.Key); err != nil {
				return err
			}
		}
	}
	p.Lane = p.Slot
	if o := q.Order; o != nil {
		p.Blocks = o.OnFailure == workflow.Block
		p.Lane, err = key(values, o.Key)
	}
	return err
}

func key(values workflow.Values, text string) (string, error) {
	out, err := values.Text(text)
	if err != nil {
		return "", fault.New(fault.Invalid, errKey, "The key of the queue cannot be worked out: %s.", unworked(err))
	}
	out = strings.ReplaceAll(out, "\x00", "")
	if len(out) > maxKey {
		sum := sha256.Sum256([]byte(out))
		out = "sha256:" + hex.EncodeToString(sum[:])
	}
	return out, nil
}

// take writes a place down, behind its run. One that held others up queues again.
func (p *place) take(tx *gorm.DB) error {
	again := clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoUpdates: clause.AssignmentColumns([]string{"lane", "slot", "blocks", "state"})}
	if err := tx.Clauses(again).Create(p).Error; err != nil {
		return fmt.Errorf("take place: %w", err)
	}
	err := tx.Exec("INSERT INTO run_queues (id, workflow_id) VALUES (?, ?) ON CONFLICT (workflow_id, environment_id) DO NOTHING", id.New("rq"), p.WorkflowID).Error
	if err != nil {
		return fmt.Errorf("open queue: %w", err)
	}
	return nil
}

// nudge has a worker look at a run, or at the queue in which it waits.
func (s *Service) nudge(ctx context.Context, scope tenant.Scope, r *Run) {
	if r.Placed {
		s.Queue.Nudge(ctx, TaskAdmit, scope, r.WorkflowID)
		return
	}
	s.Nudge(ctx, scope, r.ID)
}
