package trigger

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// pauseLeast is how often a source has failed at least before it is switched off:
// one that looks once a week has not failed for long after two.
const pauseLeast = 10

// pause switches a source off that failed for too long, and tells of it. What it
// remembers is kept.
func (h *held) pause(tx *gorm.DB, src *Source, now time.Time) error {
	if h.s.PauseAfter <= 0 || !h.t.Active || src.Failures < pauseLeast || src.FailingSince == nil || now.Sub(*src.FailingSince) < h.s.PauseAfter {
		return nil
	}
	src.PausedAt, src.DueAt = &now, nil
	if err := tx.Exec("UPDATE triggers SET active = false, updated_at = ? WHERE id = ?", now, h.t.ID).Error; err != nil {
		return fmt.Errorf("pause trigger: %w", err)
	}
	e := &event.Event{Type: event.TriggerPaused, SubjectID: h.t.ID, ExternalUserID: h.user, CreatedAt: now}
	what := map[string]any{
		"trigger": map[string]any{"id": h.t.ID, "name": h.t.Name}, "failing_since": src.FailingSince.UTC().Format(event.Millis),
		"failures": src.Failures, "error": *src.Error,
	}
	if err := e.Fill(h.scope.EnvironmentName(), what); err != nil {
		return err
	}
	endpoints, err := webhook.Emit(tx, e, webhook.To{Project: true})
	h.told.endpoints = append(h.told.endpoints, endpoints...)
	return err
}
