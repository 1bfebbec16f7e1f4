package usage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
)

const (
	batch   = 5000 // notes that a transaction folds
	batches = 20   // of them a sweep
	oldest  = 5000 // days that a sweep lets go
)

// One worker folds at a time, whatever its process: the rows that are added to are
// few, and two would only wait for each other. Who dies gives the lock up.
const onlyOne = `SELECT pg_try_advisory_xact_lock(hashtextextended('patchbay usage', 0)) AND EXISTS (SELECT FROM usage_notes),
	EXISTS (SELECT FROM usage_notes WHERE kind = 'trigger_event')`

// fold takes notes and adds them up. Notes of environments that are gone count for
// nobody, and what a user did who was deleted meanwhile counts without their name.
// It returns how many notes there were, and who is to be forgotten.
const fold = `WITH
	taken AS (DELETE FROM usage_notes WHERE ctid = ANY (ARRAY(SELECT ctid FROM usage_notes LIMIT ?)) RETURNING *),
	counted AS (
		SELECT p.workspace_id, p.id AS project_id, n.environment_id, n.day, n.kind, n.external_user_id,
			CASE WHEN n.kind = 'trigger_event' THEN coalesce(?::jsonb ->> t.component_key, (SELECT c.app FROM components c WHERE c.workspace_id = p.workspace_id AND c.key = t.component_key LIMIT 1), '') ELSE n.app END AS app,
			n.workflow_id, n.trigger_id, n.count, n.credits, n.ms
		FROM (SELECT environment_id, day, kind, CASE WHEN external_user_id <> ''
					AND EXISTS (SELECT FROM erasures x WHERE x.user_hash = erasure_hash(g.environment_id, g.external_user_id) AND x.environment_id = g.environment_id)
					AND NOT EXISTS (SELECT FROM external_users u WHERE u.environment_id = g.environment_id AND u.external_id = g.external_user_id)
				THEN '' ELSE external_user_id END AS external_user_id, app, workflow_id, trigger_id, sum(count)::bigint AS count, sum(credits)::bigint AS credits, sum(ms)::bigint AS ms
			FROM (SELECT environment_id, day, kind, external_user_id, app, workflow_id, trigger_id, sum(count) AS count, sum(credits) AS credits, sum(ms) AS ms
				FROM taken WHERE kind <> 'forget' GROUP BY 1, 2, 3, 4, 5, 6, 7) g GROUP BY 1, 2, 3, 4, 5, 6, 7) n
		JOIN environments e ON e.id = n.environment_id JOIN projects p ON p.id = e.project_id
		LEFT JOIN triggers t ON n.kind = 'trigger_event' AND t.id = n.trigger_id),
	days AS (INSERT INTO usage_days AS d (environment_id, day, kind, external_user_id, app, workflow_id, trigger_id, count, credits, ms)
		SELECT environment_id, day, kind, external_user_id, app, workflow_id, trigger_id, count, credits, ms FROM counted
		ON CONFLICT (environment_id, day, kind, external_user_id, app, workflow_id, trigger_id)
			DO UPDATE SET count = d.count + excluded.count, credits = d.credits + excluded.credits, ms = d.ms + excluded.ms),
	months AS (INSERT INTO usage_months AS m (workspace_id, month, project_id, kind, count, credits, ms)
		SELECT workspace_id, date_trunc('month', day)::date, project_id, kind, sum(count), sum(credits), sum(ms) FROM counted GROUP BY 1, 2, 3, 4
		ON CONFLICT (workspace_id, month, project_id, kind)
			DO UPDATE SET count = m.count + excluded.count, credits = m.credits + excluded.credits, ms = m.ms + excluded.ms)
	SELECT (SELECT count(*) FROM taken) AS notes, coalesce((SELECT json_agg(DISTINCT jsonb_build_array(environment_id, external_user_id)) FROM taken WHERE kind = 'forget'), '[]') AS forgotten`

// forget leaves what a user used, and takes their name off it.
const forget = `WITH gone AS (DELETE FROM usage_days WHERE environment_id = ? AND external_user_id = ? AND external_user_id <> '' RETURNING *)
	INSERT INTO usage_days AS d (environment_id, day, kind, external_user_id, app, workflow_id, trigger_id, count, credits, ms)
	SELECT environment_id, day, kind, '', app, workflow_id, trigger_id, count, credits, ms FROM gone
	ON CONFLICT (environment_id, day, kind, external_user_id, app, workflow_id, trigger_id)
		DO UPDATE SET count = d.count + excluded.count, credits = d.credits + excluded.credits, ms = d.ms + excluded.ms`

// Sweep folds what was noted, and lets go of days that are too old. Every worker
// process calls it on a ticker; that two do so at once does no harm.
func (s *Service) Sweep(ctx context.Context) error {
	for range batches {
		n, err := s.Fold(ctx)
		if err != nil {
			return err
		}
		if n < batch {
			break
		}
	}
	return s.old(ctx)
}

// Fold counts a batch of what was noted, in one transaction, and returns how many
// notes it took. It takes none while another worker does.
func (s *Service) Fold(ctx context.Context) (n int, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		var due, emitted bool
		if err := tx.Raw(onlyOne).Row().Scan(&due, &emitted); err != nil || !due {
			return err //nolint:wrapcheck // said below
		}
		var words []byte
		if err := tx.Raw(fold, batch, s.appsOf(emitted)).Row().Scan(&n, &words); err != nil {
			return err //nolint:wrapcheck // said below
		}
		var users [][2]string
		if err := json.Unmarshal(words, &users); err != nil {
			return fmt.Errorf("read who is forgotten: %w", err)
		}
		for _, u := range users {
			if err := tx.Exec(forget, u[0], u[1]).Error; err != nil {
				return fmt.Errorf("forget a user: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("fold usage: %w", err)
	}
	return n, nil
}

// appsOf returns the apps of triggers as JSON, where they are needed: to know them,
// all components are read.
func (s *Service) appsOf(needed bool) string {
	if !needed || s.Apps == nil {
		return "{}"
	}
	s.known.Do(func() {
		words, _ := json.Marshal(s.Apps()) // texts always marshal
		s.apps = string(words)
	})
	return s.apps
}

// old lets go of days that are too old, some at a time.
func (s *Service) old(ctx context.Context) error {
	s.swept.Lock()
	defer s.swept.Unlock()
	now := s.Now()
	if s.Keep <= 0 || now.Before(s.nextAt) {
		return nil
	}
	end := now.Add(-s.Keep).UTC().Format(time.DateOnly)
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		res := tx.Exec("DELETE FROM usage_days WHERE ctid = ANY (ARRAY(SELECT ctid FROM usage_days WHERE day < ? LIMIT ?))", end, oldest)
		if res.Error != nil {
			return fmt.Errorf("delete old usage: %w", res.Error)
		}
		if res.RowsAffected < oldest {
			s.nextAt = now.Add(time.Hour)
		}
		return nil
	})
}
