package trigger

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// pauseLeast is how often a source has failed at least before it is switched off:
// one that looks once a week has not failed for long after two.
const pauseLeast = 10

// looks is what kind of a look it is when the source's time has come.
func (h *held) looks() string {
	if h.c != nil && h.c.Operation != nil && h.c.Operation.Hook != nil && h.src.Phase == On {
		return ByRenewal
	}
	return ByTime
}

// tellRenewal is after how many failures in a row it is told that a subscription
// cannot be renewed: an app that is out for a minute is no news.
const tellRenewal = 3

// unrenewed tells once that what a source has at the app cannot be renewed.
func (h *held) unrenewed(tx *gorm.DB, src *Source, now time.Time) error {
	if h.looks() != ByRenewal || src.Failures != tellRenewal {
		return nil
	}
	what := h.failing(src)
	what["ends_at"] = nil
	state, err := h.s.openState(src.ID, src.State)
	if err != nil {
		return err
	}
	if ms, err := component.Milliseconds(state["expires"]); err == nil && state["expires"] != nil {
		what["ends_at"] = time.UnixMilli(int64(ms)).UTC().Format(event.Millis)
	}
	return h.tell(tx, event.RenewalFailed, what, now)
}

// failing is what an event says of a source that fails.
func (h *held) failing(src *Source) map[string]any {
	return map[string]any{
		"trigger": map[string]any{"id": h.t.ID, "name": h.t.Name}, "failing_since": src.FailingSince.UTC().Format(event.Millis),
		"failures": src.Failures, "error": *src.Error,
	}
}

// tell writes an event that is about the trigger.
func (h *held) tell(tx *gorm.DB, kind string, what map[string]any, now time.Time) error {
	e := &event.Event{Type: kind, SubjectID: h.t.ID, ExternalUserID: h.user, CreatedAt: now}
	if err := e.Fill(h.scope.EnvironmentName(), what); err != nil {
		return err //nolint:wrapcheck // says it all
	}
	endpoints, err := webhook.Emit(tx, e, webhook.To{Project: true})
	h.told.endpoints = append(h.told.endpoints, endpoints...)
	return err //nolint:wrapcheck // the same
}

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
	return h.tell(tx, event.TriggerPaused, h.failing(src), now)
}
