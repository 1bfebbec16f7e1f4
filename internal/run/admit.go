package run

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/workflow"
)

// TaskAdmit nudges a worker to look at the queue of a workflow, by the workflow's id.
const TaskAdmit = "run:admit"

const (
	admitMost = 200 // runs that are let in at once
	lanesMost = 500 // lanes that are looked at for that
	idleMost  = 20  // times that nothing was found in so many
)

// line is the queue of a workflow in an environment. Who lets runs in holds its row.
type line struct {
	ID            string
	WorkflowID    string
	PausedAt      *time.Time
	PausedBecause string
	Served        *string
	Tokens        *float64
	TokensAt      *time.Time
}

// TableName maps the noun to its table.
func (line) TableName() string { return "run_queues" }

var errNoLine = errors.New("the workflow has no queue")

// Admit lets in what waits in the queue of a workflow and whose turn it is, as far
// as there is room. That it is called twice, or too often, does nothing: what is
// under way is counted under the queue's lock, in the database.
func (s *Service) Admit(ctx context.Context, scope tenant.Scope, workflowID string) error {
	for idle := 0; idle < idleMost; {
		var let []string
		var more bool
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			l, err := db.One[line](tx.Raw("SELECT * FROM run_queues WHERE workflow_id = ? FOR UPDATE", workflowID), errNoLine)
			if errors.Is(err, errNoLine) || err == nil && l.PausedAt != nil {
				return nil
			}
			if err != nil {
				return err
			}
			let, more, err = s.admit(tx, scope, l)
			return err
		})
		if err != nil {
			return err
		}
		s.Nudge(ctx, scope, let...)
		if !more {
			return nil
		}
		if idle++; len(let) > 0 {
			idle = 0
		}
	}
	return nil // the next sweep goes on from there
}

// queueAgain has a run that has waited to be tried again wait for its turn, too,
// and reports whether it does: it may have had to wait for none.
func (w *Worker) queueAgain(ctx context.Context, scope tenant.Scope, r *Run) (queues bool, err error) {
	err = w.DB.In(ctx, scope, func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE run_places SET state = 'waiting' WHERE id = ? AND state = 'resting'", r.ID)
		if res.Error != nil {
			return res.Error
		}
		set := map[string]any{"status": Running}
		if queues = res.RowsAffected == 1; queues {
			set = map[string]any{"status": Queued, "lease_id": "", "lease_until": never}
		}
		return db.Affected(tx.Model(&Run{}).Where("id = ? AND lease_id = ?", r.ID, r.LeaseID).Updates(set), errLost)
	})
	if errors.Is(err, errLost) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("queue again: %w", err)
	}
	if queues {
		err = w.Runs.Admit(ctx, scope, r.WorkflowID)
	}
	return queues, err
}

func (s *Service) admit(tx *gorm.DB, scope tenant.Scope, l *line) (let []string, more bool, err error) {
	q, err := limitsOf(tx, l.WorkflowID)
	if err != nil {
		return nil, false, err
	}
	now := s.Now()
	t := turn{tx: tx, workflowID: l.WorkflowID, environmentID: scope.Environment(), q: q, room: admitMost, slots: map[string]int{}}
	if c := q.Concurrency; c != nil && (c.Per == "" || c.Per == workflow.PerWorkflow) {
		n, err := t.count("state = 'admitted'")
		if err != nil {
			return nil, false, err
		}
		t.room = min(t.room, c.Limit-n)
	}
	tokens := math.Inf(1)
	if q.Throttle != nil {
		tokens = l.refill(q.Throttle, now)
		t.room = min(t.room, int(tokens))
	}
	if t.room <= 0 {
		return nil, false, nil
	}
	chosen, more, err := t.choose(l.Served)
	if err != nil || t.last == nil {
		return nil, false, err
	}
	if let, err = begin(tx, chosen, now); err != nil {
		return nil, false, err
	}
	set := map[string]any{"served": *t.last}
	if q.Throttle != nil {
		set["tokens"], set["tokens_at"] = tokens-float64(len(let)), now
	}
	if err := tx.Model(&line{}).Where("id = ?", l.ID).Updates(set).Error; err != nil {
		return nil, false, fmt.Errorf("update queue: %w", err)
	}
	return let, more || len(let) == admitMost, nil
}

// limitsOf returns the limits of the running version. What waits in the queue of
// one without limits is let in.
func limitsOf(tx *gorm.DB, workflowID string) (*workflow.Queue, error) {
	w, err := db.One[workflow.Workflow](tx.Where("id = ?", workflowID), workflow.ErrNotFound)
	if err != nil {
		return nil, err
	}
	d, err := workflow.AtVersion(tx, workflowID, w.Version)
	if err != nil {
		return nil, err
	}
	if q := d.Limits(); q != nil {
		return q, nil
	}
	return &workflow.Queue{}, nil
}

// refill returns how many runs may begin now.
func (l *line) refill(t *workflow.Throttle, now time.Time) float64 {
	most := float64(t.Limit)
	if l.Tokens == nil || l.TokensAt == nil {
		return most
	}
	return min(most, *l.Tokens+max(0, now.Sub(*l.TokensAt).Seconds())*most/t.Per().Seconds())
}

// turn is one round over the lanes of a queue, each in its turn, from behind the
// one that was let in last.
type turn struct {
	tx                        *gorm.DB
	workflowID, environmentID string
	q                         *workflow.Queue
	room                      int            // how many more may be let in
	slots                     map[string]int // what is under way by slot, as far as it was asked
	last                      *string        // the lane that was looked at last
}

func (t *turn) count(where string, args ...any) (n int, err error) {
	args = append([]any{t.workflowID, t.environmentID}, args...)
	if err = t.tx.Raw("SELECT count(*) FROM run_places WHERE workflow_id = ? AND environment_id = ? AND "+where, args...).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count places: %w", err)
	}
	return n, nil
}

// head is a run that is next in its lane; without an id the lane is taken.
type head struct {
	ID   *string
	Lane string
	Slot *string
}

// choose returns the ids of those that are let in, and whether there may be more
// in lanes that were not looked at.
func (t *turn) choose(served *string) (chosen []string, more bool, err error) {
	from, around, picked := served, served == nil, map[string]bool{}
	for looked, many := 0, 2*t.room+8; looked < lanesMost; many *= 4 {
		many = min(many, lanesMost)
		rows, lanes, err := t.heads(from, many)
		if err != nil {
			return nil, false, err
		}
		for i := range rows {
			row := &rows[i]
			if t.room == 0 {
				return chosen, false, nil // whoever ends makes room, and asks again
			}
			t.last = &row.Lane
			if row.ID == nil || picked[*row.ID] {
				continue
			}
			may, err := t.slot(*row.Slot)
			if err != nil {
				return nil, false, err
			}
			if may {
				picked[*row.ID] = true
				chosen, t.room = append(chosen, *row.ID), t.room-1
			}
		}
		looked += lanes
		switch {
		case lanes == many:
			from = t.last
		case around:
			return chosen, false, nil
		default:
			from, around = nil, true
		}
	}
	return chosen, true, nil
}

// slot takes room in a slot, if there is some.
func (t *turn) slot(slot string) (bool, error) {
	c := t.q.Concurrency
	if c == nil || c.Per != workflow.PerUser && c.Per != workflow.PerKey {
		return true, nil
	}
	n, known := t.slots[slot]
	if !known {
		var err error
		if n, err = t.count("state = 'admitted' AND slot = ?", slot); err != nil {
			return false, err
		}
	}
	t.slots[slot] = min(n+1, c.Limit)
	return n < c.Limit, nil
}

// heads returns who is next in many lanes behind one, nil = from the first, with as
// many of each as there may be room for, and how many lanes there are.
func (t *turn) heads(behind *string, many int) (rows []head, lanes int, err error) {
	each, free := t.room, "true"
	if t.q.Order != nil { // one at a time
		each, free = 1, "NOT EXISTS (SELECT FROM run_places h WHERE h.workflow_id = @workflow AND h.environment_id = @environment AND h.lane = l.lane AND h.state <> 'waiting')"
	}
	err = t.tx.Raw(`WITH RECURSIVE lanes AS (
			(SELECT lane, 1 AS n FROM run_places WHERE workflow_id = @workflow AND environment_id = @environment AND state = 'waiting'
				AND (CAST(@behind AS text) IS NULL OR lane > @behind) ORDER BY lane LIMIT 1)
			UNION ALL
			SELECT x.lane, l.n + 1 FROM lanes l, LATERAL (SELECT lane FROM run_places
				WHERE workflow_id = @workflow AND environment_id = @environment AND state = 'waiting' AND lane > l.lane ORDER BY lane LIMIT 1) x WHERE l.n < @many)
		SELECT h.id, l.lane, h.slot FROM lanes l LEFT JOIN LATERAL (SELECT id, slot FROM run_places p
			WHERE p.workflow_id = @workflow AND p.environment_id = @environment AND p.state = 'waiting' AND p.lane = l.lane AND `+free+` ORDER BY id LIMIT @each) h ON true
		ORDER BY l.lane, h.id`,
		map[string]any{"workflow": t.workflowID, "environment": t.environmentID, "behind": behind, "many": many, "each": each}).Scan(&rows).Error
	if err != nil {
		return nil, 0, fmt.Errorf("look for who is next: %w", err)
	}
	for i := range rows {
		if i == 0 || rows[i].Lane != rows[i-1].Lane {
			lanes++
		}
	}
	return rows, lanes, nil
}

// begin lets runs in that are not over meanwhile, and returns which.
func begin(tx *gorm.DB, ids []string, now time.Time) (let []string, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	// First the runs, as who ends one does, and none that somebody is about to end.
	err = tx.Raw("SELECT id FROM runs WHERE id IN ? AND finished_at IS NULL ORDER BY id FOR UPDATE SKIP LOCKED", ids).Scan(&let).Error
	if err != nil || len(let) == 0 {
		return nil, err
	}
	if err = tx.Exec("UPDATE run_places SET state = 'admitted' WHERE id IN ?", let).Error; err != nil {
		return nil, fmt.Errorf("let in: %w", err)
	}
	if err = tx.Exec("UPDATE runs SET lease_until = ? WHERE id IN ?", now, let).Error; err != nil {
		return nil, fmt.Errorf("let in: %w", err)
	}
	return let, nil
}
