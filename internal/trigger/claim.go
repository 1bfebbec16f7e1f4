package trigger

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
)

// candidates are sources whose time has come, the longest due first, a few of
// each app of each tenant in turn: one with many does not push the others back.
func (s *Service) candidates(ctx context.Context, environments, apps []string) (all []candidate, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`WITH RECURSIVE lanes AS (
				(SELECT environment_id, app, due_at FROM trigger_sources WHERE due_at IS NOT NULL ORDER BY environment_id, app, due_at LIMIT 1)
				UNION ALL
				SELECT n.* FROM lanes l, LATERAL (SELECT environment_id, app, due_at FROM trigger_sources
					WHERE (environment_id, app) > (l.environment_id, l.app) AND due_at IS NOT NULL ORDER BY environment_id, app, due_at LIMIT 1) n)
			SELECT s.id, s.environment_id, s.app FROM lanes l, LATERAL (
				SELECT id, environment_id, app, due_at, row_number() OVER (ORDER BY due_at) AS place FROM trigger_sources
				WHERE environment_id = l.environment_id AND app = l.app AND due_at <= @now AND lease_until <= @now ORDER BY due_at LIMIT @each) s
			WHERE l.due_at <= @now AND l.environment_id NOT IN (SELECT environment_id FROM held_environments) AND NOT l.environment_id = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(@environments AS jsonb))))
				AND NOT l.app = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST(@apps AS jsonb))))
			ORDER BY s.place, s.due_at LIMIT @most`,
			map[string]any{"now": s.Now(), "each": looksAtOnce, "most": 8 * looksAtOnce, "environments": list(environments), "apps": list(apps)}).Scan(&all).Error
	})
	if err != nil {
		return nil, fmt.Errorf("find due sources: %w", err)
	}
	return all, nil
}

func list(texts []string) string {
	raw, _ := json.Marshal(texts) // texts can be encoded
	return string(raw)
}

// claim takes those of the sources that nobody else has taken.
func (s *Service) claim(ctx context.Context, chosen []candidate) (map[string]look, error) {
	ids := make([]string, len(chosen))
	for i, c := range chosen {
		ids[i] = c.ID
	}
	now, leaseID := s.Now(), id.New("lease")
	var looks []look
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw(`WITH due AS (
				SELECT id FROM trigger_sources WHERE id IN @ids AND due_at <= @now AND lease_until <= @now ORDER BY id FOR UPDATE SKIP LOCKED)
			UPDATE trigger_sources s SET lease_id = @lease, lease_until = @until FROM due, environments e
			WHERE s.id = due.id AND e.id = s.environment_id RETURNING s.id, s.environment_id, e.project_id, e.name, s.lease_id`,
			map[string]any{"ids": ids, "now": now, "lease": leaseID, "until": now.Add(lookLease)}).Scan(&looks).Error
	})
	if err != nil {
		return nil, fmt.Errorf("claim sources: %w", err)
	}
	out := make(map[string]look, len(looks))
	for _, l := range looks {
		out[l.ID] = l
	}
	return out, nil
}
