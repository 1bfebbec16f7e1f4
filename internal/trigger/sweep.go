package trigger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

const (
	tellEvery   = time.Hour           // of requests that were refused
	lookEvery   = 15 * time.Second    // for triggers that are silent
	keepBatches = 30 * 24 * time.Hour // summaries, and letters that are done with
	sweepMost   = 1000
)

// found is a trigger of some tenant with something to be told of.
type found struct{ ID, EnvironmentID, ProjectID, Name string }

func (f found) scope() tenant.Scope { return tenant.NewScope(f.ProjectID, f.EnvironmentID, f.Name) }

// Sweep tells of triggers that are silent, or heard again, and of requests that
// were not signed; and forgets what is over. Every worker process calls it on a
// ticker; whoever comes first tells.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	var silent, heard, rejected []found
	if last := s.looked.Load(); last != nil && now.Sub(*last) < lookEvery {
		return nil
	}
	s.looked.Store(&now)
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		const from = `SELECT t.id, t.environment_id, e.project_id, e.name FROM triggers t JOIN environments e ON e.id = t.environment_id `
		const last = `(SELECT max(v.created_at) FROM (SELECT created_at FROM events WHERE environment_id = t.environment_id AND subject_id = t.id
			AND type = 'trigger.emitted' ORDER BY id DESC LIMIT 1) v)`
		for _, q := range []struct {
			into *[]found
			sql  string
		}{
			{&silent, from + `WHERE t.expect_every IS NOT NULL AND t.active AND t.silent_since IS NULL
				AND GREATEST(t.intake_at, t.updated_at, ` + last + `) < CAST(@now AS timestamptz) - make_interval(secs => t.expect_every) LIMIT @most`},
			{&heard, from + `WHERE t.expect_every IS NOT NULL AND t.silent_since IS NOT NULL AND ` + last + ` > t.silent_since LIMIT @most`},
			{&rejected, `SELECT c.id, c.environment_id, e.project_id, e.name FROM inbound_counts c JOIN environments e ON e.id = c.environment_id
				WHERE c.rejected > c.rejected_told AND (c.rejected_told_at IS NULL OR c.rejected_told_at <= @told) LIMIT @most`},
		} {
			args := map[string]any{"now": now, "told": now.Add(-tellEvery), "most": sweepMost}
			if err := tx.Raw(q.sql, args).Scan(q.into).Error; err != nil {
				return fmt.Errorf("find triggers: %w", err)
			}
		}
		return forget(tx, now)
	})
	if err != nil {
		return fmt.Errorf("sweep triggers: %w", err)
	}
	var failed []error
	for _, step := range []struct {
		of []found
		do func(context.Context, found, time.Time) error
	}{{silent, s.tellSilent}, {heard, s.tellHeard}, {rejected, s.tellRejected}} {
		for _, f := range step.of {
			failed = append(failed, step.do(ctx, f, now)) // of one tenant, and nobody else's to wait for
		}
	}
	return errors.Join(failed...)
}

// forget deletes ids whose time is over, old summaries, and delivered events
// that nobody wanted kept.
func forget(tx *gorm.DB, now time.Time) error {
	for _, res := range []*gorm.DB{
		tx.Exec("DELETE FROM inbound_seen WHERE (source_id, key) IN (SELECT source_id, key FROM inbound_seen WHERE expires_at <= ? LIMIT 5000)", now),
		tx.Exec("DELETE FROM inbound_batches WHERE id IN (SELECT id FROM inbound_batches WHERE created_at < ? LIMIT 5000)", now.Add(-keepBatches)),
		tx.Exec("DELETE FROM inbound_letters WHERE id IN (SELECT id FROM inbound_letters WHERE state <> 'waiting' AND resolved_at < ? LIMIT 5000)", now.Add(-keepBatches)),
		tx.Exec(`DELETE FROM inbound_counts c WHERE c.id LIKE 'p\_%' AND NOT EXISTS (SELECT FROM workflows w WHERE w.id = split_part(c.id, '@', 1))`),
		tx.Exec(`WITH done AS (SELECT u.id FROM events_unkept u WHERE NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = u.id AND d.finished_at IS NULL) LIMIT 500),
			gone AS (DELETE FROM events WHERE id IN (SELECT id FROM done))
			DELETE FROM events_unkept WHERE id IN (SELECT id FROM done)`),
	} {
		if res.Error != nil {
			return fmt.Errorf("forget what is over: %w", res.Error)
		}
	}
	return nil
}

// tell emits an event about a trigger, or an address, if the caller's claim says
// that nobody else has: what the event is to say, nil for nothing.
func (s *Service) tell(ctx context.Context, f found, eventType string, now time.Time, claim func(tx *gorm.DB) (map[string]any, error)) error {
	var endpoints []string
	err := s.DB.In(ctx, f.scope(), func(tx *gorm.DB) error {
		what, err := claim(tx)
		if err != nil || what == nil {
			return err // somebody else told
		}
		var t struct{ Name, ExternalID string }
		err = tx.Raw("SELECT t.name, u.external_id FROM triggers t JOIN external_users u ON u.id = t.user_id WHERE t.id = ?", f.ID).Scan(&t).Error
		if err != nil {
			return fmt.Errorf("load trigger: %w", err)
		}
		if t.Name != "" {
			what["trigger"] = map[string]any{"id": f.ID, "name": t.Name}
		}
		e := &event.Event{Type: eventType, SubjectID: f.ID, ExternalUserID: t.ExternalID, CreatedAt: now}
		if err := e.Fill(f.Name, what); err != nil {
			return err
		}
		endpoints, err = webhook.Emit(tx, e, webhook.To{Project: true})
		return err
	})
	if err != nil {
		return fmt.Errorf("tell of trigger %s: %w", f.ID, err)
	}
	s.Webhooks.Nudge(ctx, f.scope(), endpoints)
	return nil
}

func (s *Service) tellSilent(ctx context.Context, f found, now time.Time) error {
	return s.tell(ctx, f, event.TriggerSilent, now, func(tx *gorm.DB) (map[string]any, error) {
		var every []int
		err := tx.Raw("UPDATE triggers SET silent_since = ? WHERE id = ? AND silent_since IS NULL AND expect_every IS NOT NULL RETURNING expect_every", now, f.ID).Scan(&every).Error
		if err != nil || len(every) == 0 {
			return nil, err //nolint:wrapcheck // tell does
		}
		return map[string]any{"expect_every": every[0]}, nil
	})
}

func (s *Service) tellHeard(ctx context.Context, f found, now time.Time) error {
	return s.tell(ctx, f, event.TriggerHeard, now, func(tx *gorm.DB) (map[string]any, error) {
		var since []time.Time
		err := tx.Raw(`WITH was AS (SELECT id, silent_since FROM triggers WHERE id = ? AND silent_since IS NOT NULL FOR UPDATE)
			UPDATE triggers t SET silent_since = NULL FROM was WHERE t.id = was.id RETURNING was.silent_since`, f.ID).Scan(&since).Error
		if err != nil || len(since) == 0 {
			return nil, err //nolint:wrapcheck // tell does
		}
		return map[string]any{"silent_since": since[0].UTC().Format(event.Millis)}, nil
	})
}

func (s *Service) tellRejected(ctx context.Context, f found, now time.Time) error {
	return s.tell(ctx, f, event.RequestsRejected, now, func(tx *gorm.DB) (map[string]any, error) {
		var n []int64
		err := tx.Raw(`WITH was AS (SELECT id, rejected_told FROM inbound_counts WHERE id = ? AND rejected > rejected_told
				AND (rejected_told_at IS NULL OR rejected_told_at <= ?) FOR UPDATE)
			UPDATE inbound_counts c SET rejected_told = c.rejected, rejected_told_at = ? FROM was WHERE c.id = was.id RETURNING c.rejected - was.rejected_told`,
			f.ID, now.Add(-tellEvery), now).Scan(&n).Error
		if err != nil || len(n) == 0 {
			return nil, err //nolint:wrapcheck // tell does
		}
		workflowID, _, _ := strings.Cut(f.ID, "@") // of a workflow's address in an environment
		return map[string]any{"rejected": n[0], "address": workflowID}, nil
	})
}
