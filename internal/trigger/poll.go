package trigger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/action"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

const (
	looksAtOnce = 64               // in a process
	lookFor     = 60 * time.Second // a look takes no longer
	lookLease   = lookFor + 30*time.Second
	firstMost   = 50 // events that a first look emits
)

// look is a source that was claimed, and whose it is.
type look struct{ ID, EnvironmentID, ProjectID, Name, LeaseID string }

func (l look) scope() tenant.Scope { return tenant.NewScope(l.ProjectID, l.EnvironmentID, l.Name) }

// Poll lets the sources whose time has come look for what is new, until ctx ends;
// it returns when the last of them is done. Every worker process calls it: each
// source is one's that claimed it, and everybody's again when its lease is over.
func (s *Service) Poll(ctx context.Context, every time.Duration) {
	var under sync.WaitGroup
	defer under.Wait()
	free := make(chan struct{}, looksAtOnce)
	for range looksAtOnce {
		free <- struct{}{}
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for {
			n := len(free)
			if n == 0 {
				break
			}
			looks, err := s.claim(ctx, n)
			if err != nil && ctx.Err() == nil {
				slog.ErrorContext(ctx, "sources cannot be claimed", "error", err)
			}
			for _, l := range looks {
				<-free
				under.Go(func() {
					defer func() { free <- struct{}{} }()
					if err := s.look(context.WithoutCancel(ctx), l); err != nil {
						slog.ErrorContext(ctx, "a source is left to the end of its lease", "trigger", l.ID, "error", err)
					}
				})
			}
			if len(looks) < n {
				break
			}
		}
	}
}

// claim takes up to n sources whose time has come.
func (s *Service) claim(ctx context.Context, n int) (looks []look, err error) {
	now, leaseID := s.Now(), id.New("lease")
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`WITH due AS (
				SELECT s.id FROM trigger_sources s JOIN triggers t ON t.environment_id = s.environment_id AND t.id = s.id AND t.active
				WHERE s.due_at <= @now AND s.lease_until <= @now ORDER BY s.due_at LIMIT @n FOR UPDATE OF s SKIP LOCKED)
			UPDATE trigger_sources s SET lease_id = @lease, lease_until = @until FROM due, environments e
			WHERE s.id = due.id AND e.id = s.environment_id RETURNING s.id, s.environment_id, e.project_id, e.name, s.lease_id`,
			map[string]any{"now": now, "n": n, "lease": leaseID, "until": now.Add(lookLease)}).Scan(&looks).Error
	})
	if err != nil {
		return nil, fmt.Errorf("claim sources: %w", err)
	}
	return looks, nil
}

// look lets one source look, and writes down what it found: its events, and what
// it remembers, in one transaction.
func (s *Service) look(ctx context.Context, l look) error {
	t, src, user, err := s.begin(ctx, l)
	if err != nil || t == nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	c, err := s.Components().Of(component.Trigger, t.ComponentKey, "")
	if err != nil {
		return s.end(ctx, l, t, user, "", nil, nil, err)
	}
	events, state, err := s.ask(asking, l.scope(), t, c.WithProps(src.Props), src.State, user)
	return s.end(ctx, l, t, user, c.Operation.Emit.Dedupe, events, state, err)
}

// begin loads what a look takes; nil when the source is somebody else's by now.
func (s *Service) begin(ctx context.Context, l look) (t *Trigger, src *Source, user string, err error) {
	err = s.DB.In(ctx, l.scope(), func(tx *gorm.DB) error {
		if src, err = sourceOf(tx, l.ID); err != nil || src == nil || src.LeaseID != l.LeaseID {
			return err
		}
		found, err := db.One[Trigger](tx.Where("id = ? AND active", l.ID), ErrInactive)
		if errors.Is(err, ErrInactive) {
			return nil
		}
		if err != nil {
			return err
		}
		u, err := account.UserByID(tx, found.UserID)
		if err == nil {
			t, user = found, u.ExternalID
		}
		return err
	})
	return t, src, user, err
}

// ask asks the app, outside of any transaction.
func (s *Service) ask(ctx context.Context, scope tenant.Scope, t *Trigger, c *component.Component, state map[string]any, user string) ([]operation.Event, map[string]any, error) {
	read, err := c.Read(t.ConfiguredProps, true)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault
	}
	a, err := action.AccountFor(ctx, s.Accounts, scope, c, read.AccountID, user)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // a fault
	}
	j := &operation.Job{Component: c, Props: read.Values, Vars: a.Vars, State: state, Now: s.Now(), ID: id.New("look"), Do: action.Caller(s.Accounts, scope, a)}
	return j.Poll(ctx) //nolint:wrapcheck // end tells what it is
}

// end writes down what a look came to, unless its lease was lost.
func (s *Service) end(ctx context.Context, l look, t *Trigger, user string, how component.Dedupe, found []operation.Event, state map[string]any, failed error) error {
	now := s.Now()
	var endpoints []string
	err := s.DB.In(ctx, l.scope(), func(tx *gorm.DB) error {
		var src Source
		if err := tx.Raw("SELECT * FROM trigger_sources WHERE id = ? AND lease_id = ? FOR UPDATE", l.ID, l.LeaseID).Scan(&src).Error; err != nil {
			return fmt.Errorf("lock source: %w", err)
		}
		if src.ID == "" {
			return nil // it took too long: somebody else looks by now
		}
		var es []*event.Event
		if failed == nil {
			es, failed = src.take(t, user, how, found, state, now)
		}
		if failed != nil {
			src.fail(failed, now)
		}
		src.DueAt, src.LeaseID, src.LeaseUntil = src.after(now), "", now
		if err := tx.Select("*").Omit("ID", "Every", "Props").Updates(&src).Error; err != nil {
			return fmt.Errorf("update source: %w", err)
		}
		if len(es) == 0 {
			return nil
		}
		var err error
		endpoints, err = webhook.EmitAll(tx, es, webhook.To{Trigger: t.ID})
		return err
	})
	if err == nil {
		s.Webhooks.Nudge(ctx, l.scope(), endpoints)
	}
	return err
}

// take makes events of those that were not emitted before. A first look emits the
// newest alone, or nothing where that was asked for: they are known from then on.
func (src *Source) take(t *Trigger, user string, how component.Dedupe, found []operation.Event, state map[string]any, now time.Time) ([]*event.Event, error) {
	ids := make([]string, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	first := src.LookedAt == nil
	seen := src.Seen
	fresh, err := seen.Fresh(how, ids, operation.Memory)
	if err != nil {
		return nil, &operation.Error{Origin: "operation", Message: err.Error()}
	}
	if first {
		fresh = fresh[max(0, len(fresh)-firstMost):]
		if !t.EmitOnDeploy {
			fresh = nil
		}
	}
	es := make([]*event.Event, 0, len(fresh))
	for _, i := range fresh {
		body, err := json.Marshal(found[i].Body)
		if err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
		es = append(es, &event.Event{Type: event.TriggerEmitted, SubjectID: t.ID, ExternalUserID: user, Body: string(body), CreatedAt: now})
	}
	src.Seen, src.State = seen, state
	src.LookedAt, src.Failures, src.FailingSince, src.Error = &now, 0, nil, nil
	return es, nil
}

// fail remembers that a look came to nothing. What was known stays known.
func (src *Source) fail(err error, now time.Time) {
	src.Failures++
	src.Error = &action.FailureOf(fmt.Errorf("look of %s: %w", src.ID, err)).Message
	if src.FailingSince == nil {
		src.FailingSince = &now
	}
}
