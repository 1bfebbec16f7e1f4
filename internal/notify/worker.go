package notify

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// leaseFor outlives the longest send, so only a dead worker loses a lease.
const leaseFor = 30 * time.Second

// job is what one claim needs to be sent.
type job struct {
	route    *Route
	leaseID  string
	notices  []Notice
	messages []*Message
	probe    bool
}

// Send tells what is due along a route until nothing is. Called twice, or by two
// workers at once, one of them holds the route.
func (s *Service) Send(ctx context.Context, scope tenant.Scope, routeID string) error {
	for ctx.Err() == nil {
		j, more, err := s.claim(ctx, scope, routeID)
		if err != nil || !more {
			return err
		}
		if len(j.notices) == 0 {
			continue // they were summed up or muted
		}
		t, err := s.open(j.route)
		if err != nil {
			return err
		}
		o := s.send(ctx, j.route, t, j.messages)
		// A worker that is told to stop still writes down what it did.
		err = s.DB.In(context.WithoutCancel(ctx), scope, func(tx *gorm.DB) error { return s.finish(tx, j, &o) })
		if err != nil {
			return err
		}
	}
	return nil
}

// claim leases a route and what is to be told next. It reports whether there was
// anything to do.
func (s *Service) claim(ctx context.Context, scope tenant.Scope, routeID string) (j *job, more bool, err error) {
	j = &job{leaseID: id.New("lease")}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		now := s.Now()
		if j.route, err = lease(tx, scope, routeID, j.leaseID, now); err != nil || j.route == nil {
			return err
		}
		due, err := dueOf(tx, routeID, now)
		if err != nil {
			return err
		}
		more = len(due) > 0
		j.probe = j.route.Breaker == Open
		if j.route.muted(now) {
			if due, err = mute(tx, due, now); err != nil {
				return err
			}
		}
		w, err := s.where(tx, scope)
		if err != nil {
			return err
		}
		if err := s.choose(tx, w, j, due, now); err != nil {
			return err
		}
		if len(j.notices) == 0 {
			return release(tx, j)
		}
		ids := make([]string, len(j.notices))
		for i := range j.notices {
			ids[i] = j.notices[i].ID
			j.notices[i].Attempts++
		}
		err = tx.Model(&Notice{}).Where("id IN ?", ids).Updates(map[string]any{
			"state": Sending, "attempts": gorm.Expr("attempts + 1"), "lease_id": j.leaseID, "lease_until": now.Add(leaseFor),
		}).Error
		if err != nil {
			return fmt.Errorf("claim notices: %w", err)
		}
		return nil
	})
	return j, more, err
}

// lease takes a route, or returns nil when nothing may be sent along it now.
func lease(tx *gorm.DB, scope tenant.Scope, routeID, leaseID string, now time.Time) (*Route, error) {
	var r Route
	res := here(tx, scope).Model(&r).Clauses(clause.Returning{}).
		Where(`id = ? AND enabled AND (lease_until IS NULL OR lease_until <= ?) AND (open_until IS NULL OR open_until <= ?)
			AND (wait_until IS NULL OR wait_until <= ?)`, routeID, now, now, now).
		UpdateColumns(map[string]any{"lease_id": leaseID, "lease_until": now.Add(leaseFor)})
	if res.Error != nil {
		return nil, fmt.Errorf("lease notification route: %w", res.Error)
	}
	if res.RowsAffected == 0 {
		return nil, nil
	}
	return &r, nil
}

func release(tx *gorm.DB, j *job) error {
	err := tx.Model(&Route{}).Where("id = ? AND lease_id = ?", j.route.ID, j.leaseID).UpdateColumns(map[string]any{"lease_id": "", "lease_until": nil}).Error
	if err != nil {
		return fmt.Errorf("release notification route: %w", err)
	}
	return nil
}

// dueOf loads what is to be told, oldest first; also what a dead worker was at.
func dueOf(tx *gorm.DB, routeID string, now time.Time) ([]Notice, error) {
	var rows []Notice
	err := tx.Where("route_id = ? AND state IN ('pending', 'sending') AND next_attempt_at <= ? AND (lease_until IS NULL OR lease_until <= ?)", routeID, now, now).
		Order("id").Limit(batch).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("load notices: %w", err)
	}
	return rows, nil
}

// mute lets go of what is due while a route is silent. Digests are sent all the
// same: they were asked for at their hour.
func mute(tx *gorm.DB, due []Notice, now time.Time) (rest []Notice, err error) {
	var ids []string
	for i := range due {
		if due[i].Kind == kindDigest {
			rest = append(rest, due[i])
			continue
		}
		ids = append(ids, due[i].ID)
	}
	return rest, settle(tx, ids, Muted, nil, now)
}

// settle ends notices without sending them.
func settle(tx *gorm.DB, ids []string, state State, groupID *string, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	set := map[string]any{"state": state, "finished_at": now, "lease_until": nil, "lease_id": ""}
	if groupID != nil {
		set["group_id"] = *groupID
	}
	if err := tx.Model(&Notice{}).Where("id IN ?", ids).Updates(set).Error; err != nil {
		return fmt.Errorf("settle notices: %w", err)
	}
	return nil
}

// finish writes down what came of a message, under its lease. Without the lease
// it writes nothing: another worker has gone on.
func (s *Service) finish(tx *gorm.DB, j *job, o *Outcome) error {
	now := s.Now()
	var r Route
	err := tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ? AND lease_id = ?", j.route.ID, j.leaseID).Limit(1).Find(&r).Error
	if err != nil {
		return fmt.Errorf("load notification route: %w", err)
	}
	if r.ID == "" {
		return nil
	}
	if err := s.heard(tx, &r, o, now); err != nil {
		return err
	}
	if err := release(tx, j); err != nil {
		return err
	}
	free := j.probe || o.Code == RateLimited // neither uses up an attempt
	for i := range j.notices {
		n := &j.notices[i]
		set := map[string]any{"lease_id": "", "lease_until": nil, "code": nil, "detail": ""}
		if !o.Sent() {
			set["code"], set["detail"] = o.Code, o.Detail
		}
		switch {
		case o.Sent():
			set["state"], set["finished_at"] = Sent, now
		case o.Code.Retry() && free:
			set["state"], set["attempts"], set["next_attempt_at"] = Pending, n.Attempts-1, now
		case o.Code.Retry() && n.Attempts <= len(waits):
			set["state"], set["next_attempt_at"] = Pending, now.Add(max(waits[n.Attempts-1], o.Wait))
		default:
			set["state"], set["finished_at"] = Failed, now
		}
		if err := tx.Model(&Notice{}).Where("id = ? AND lease_id = ?", n.ID, j.leaseID).Updates(set).Error; err != nil {
			return fmt.Errorf("write notice: %w", err)
		}
	}
	return nil
}

// heard writes down what an outcome says of a route.
func (s *Service) heard(tx *gorm.DB, r *Route, o *Outcome, now time.Time) error {
	before := r.Breaker
	r.hear(o, now)
	if before != r.Breaker {
		s.Metrics.NoticeTrips.WithLabelValues(string(r.Breaker)).Inc()
	}
	err := tx.Model(&Route{}).Where("id = ?", r.ID).
		Select("Enabled", "OffReason", "Breaker", "OpenUntil", "OpenLevel", "Failures", "WaitUntil", "LastSentAt", "LastError", "LastDetail").UpdateColumns(r).Error
	if err != nil {
		return fmt.Errorf("update notification route: %w", err)
	}
	return nil
}

// choose decides which of the due notices one message tells of, and ends those
// that are not to be told by themselves.
func (s *Service) choose(tx *gorm.DB, w *where, j *job, due []Notice, now time.Time) error {
	events, err := eventsOf(tx, due)
	if err != nil {
		return err
	}
	most := j.route.Channel.most()
	if j.probe {
		most = 1
	}
	sums := &sums{tx: tx, route: j.route}
	for i := range due {
		n := &due[i]
		var m *Message
		switch n.Kind {
		case kindSummary:
			if len(j.notices) < most {
				m, err = s.summary(tx, w, j.route, n)
			}
		case kindDigest:
			if len(j.notices) < most {
				m, err = s.digest(tx, w, j.route, n, now)
			}
		default:
			e, ok := events[n.EventID]
			if !ok { // it is too old to be kept
				e = event.Event{Type: n.EventType, ID: n.EventID, Body: "{}", CreatedAt: n.CreatedAt}
			}
			m = w.ofEvent(j.route, &e)
			var again bool
			if again, err = sums.add(n, m, &e, len(j.notices) < most); again || len(j.notices) >= most {
				m = nil
			}
		}
		if err != nil {
			return err
		}
		if m != nil {
			m.ID = n.ID
			j.notices, j.messages = append(j.notices, *n), append(j.messages, m)
		}
	}
	return sums.write(now)
}

func eventsOf(tx *gorm.DB, due []Notice) (map[string]event.Event, error) {
	var ids []string
	for i := range due {
		if due[i].EventID != "" {
			ids = append(ids, due[i].EventID)
		}
	}
	out := map[string]event.Event{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []event.Event
	if err := tx.Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("load events: %w", err)
	}
	for _, e := range rows {
		out[e.ID] = e
	}
	return out, nil
}
