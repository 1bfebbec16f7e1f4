package plan

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
)

// Plans lists all plans, by name.
func (s *Service) Plans(ctx context.Context) (out []Plan, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT p.*, (SELECT count(*) FROM workspaces w WHERE w.plan = p.name) AS workspaces FROM plans p ORDER BY name").Scan(&out).Error
	})
	if err != nil {
		return nil, fmt.Errorf("list plans: %w", err)
	}
	return out, nil
}

// Put makes a plan, or sets one anew: it holds for the workspaces that have it.
func (s *Service) Put(ctx context.Context, p *Plan) error {
	if err := p.Validate(); err != nil {
		return err
	}
	words, err := encode(p.Terms)
	if err != nil {
		return err
	}
	now := s.Now()
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		err := tx.Exec("INSERT INTO plans (name, title, terms, updated_at) VALUES (?, ?, ?::jsonb, ?) ON CONFLICT (name) DO UPDATE SET title = excluded.title, terms = excluded.terms, updated_at = excluded.updated_at",
			p.Name, p.Title, words, now).Error
		if err != nil {
			return fmt.Errorf("write plan: %w", err)
		}
		return nil
	})
}

// Remove deletes a plan that no workspace has.
func (s *Service) Remove(ctx context.Context, name string) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		var attached bool
		if err := tx.Raw("SELECT EXISTS (SELECT FROM workspaces WHERE plan = ?)", name).Row().Scan(&attached); err != nil {
			return fmt.Errorf("look who has a plan: %w", err)
		}
		if attached {
			return ErrAttached
		}
		res := tx.Exec("DELETE FROM plans WHERE name = ?", name)
		if res.Error != nil {
			return fmt.Errorf("delete plan: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			return ErrNotFound
		}
		return nil
	})
}

// Attach gives a workspace a plan; "" takes it away. Processes know it in seconds.
func (s *Service) Attach(ctx context.Context, workspaceID, name string) error {
	now := s.Now()
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		var before []struct{ Plan *string }
		if err := tx.Raw("SELECT plan FROM workspaces WHERE id = ? FOR UPDATE", workspaceID).Scan(&before).Error; err != nil {
			return fmt.Errorf("read a workspace's plan: %w", err)
		}
		if len(before) == 0 {
			return ErrWorkspace
		}
		var plan any
		if name != "" {
			var found bool
			if err := tx.Raw("SELECT EXISTS (SELECT FROM plans WHERE name = ?)", name).Row().Scan(&found); err != nil {
				return fmt.Errorf("find plan: %w", err)
			}
			if !found {
				return ErrNotFound
			}
			plan = name
		}
		if err := tx.Exec("UPDATE workspaces SET plan = ? WHERE id = ?", plan, workspaceID).Error; err != nil {
			return fmt.Errorf("attach plan: %w", err)
		}
		return audit.RecordOf(tx, now, workspaceID, audit.Entry{Action: audit.PlanChanged, Subject: workspaceID, Details: map[string]any{"before": map[string]any{"plan": before[0].Plan}, "after": map[string]any{"plan": plan}}})
	})
}

func encode(t Terms) (string, error) {
	words, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("encode terms: %w", err)
	}
	return string(words), nil
}
