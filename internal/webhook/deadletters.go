package webhook

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// A dead letter is a delivery that was given up. It waits, as long as its event
// is kept, for a person: to be sent again, as a replay, or to be discarded.

// discardMost is how many dead letters one call discards.
const discardMost = 10_000

// Discard ends dead letters for good, and returns how many; the filter's state
// does not matter. It discards up to 10,000; more says that there are others.
func (s *Service) Discard(ctx context.Context, scope tenant.Scope, f Filter) (n int, more bool, err error) {
	now := s.Now()
	f.State = Exhausted
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		chosen := f.Where(tx.Model(&Delivery{})).Select("id").Order("id").Limit(discardMost)
		res := tx.Model(&Delivery{}).Where("state = ? AND id IN (?)", Exhausted, chosen).Updates(map[string]any{"state": Discarded, "finished_at": now})
		if res.Error != nil {
			return fmt.Errorf("discard dead letters: %w", res.Error)
		}
		if n = int(res.RowsAffected); n == 0 {
			return nil
		}
		more = n == discardMost
		entry := audit.Entry{Action: audit.DeadDiscarded, Subject: scope.Environment(), ExternalUserID: f.ExternalUserID, Details: map[string]any{"count": n}}
		if len(f.IDs) == 1 {
			entry.Subject = f.IDs[0]
		}
		return audit.Record(tx, now, entry)
	})
	return n, more, err
}

// DeadLetter is a delivery that was given up, whole: with what was to be sent.
type DeadLetter struct {
	Listed

	Payload   string           // a secret in it is masked; "" when there is a Reference
	Reference *event.Reference // to a payload that is too large for a row
}

// exportPage is how many dead letters are held in memory at once.
const exportPage = 100

// Export hands each dead letter to put, oldest first, until put fails. Each page
// is a transaction of its own, so that a slow reader holds none.
func (s *Service) Export(ctx context.Context, scope tenant.Scope, f Filter, put func(*DeadLetter) error) error {
	f.State = Exhausted
	for after := ""; ; {
		var page []DeadLetter
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
			var rows []Delivery
			if err := f.Where(tx).Where("id > ?", after).Order("id").Limit(exportPage).Find(&rows).Error; err != nil {
				return fmt.Errorf("load dead letters: %w", err)
			}
			listed, err := describe(tx, rows)
			if err != nil {
				return err
			}
			events, err := eventsOf(tx, rows)
			if err != nil {
				return err
			}
			for i := range listed {
				e := events[rows[i].EventID]
				reference, err := s.Payloads.ReferStored(scope, &e)
				if err != nil {
					return err
				}
				page = append(page, DeadLetter{listed[i], masked(e.Body), reference})
			}
			return nil
		})
		if err != nil {
			return err
		}
		for i := range page {
			if err := put(&page[i]); err != nil {
				return err
			}
		}
		if len(page) < exportPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// masked is a body as it is shown.
func masked(body string) string { return strings.ReplaceAll(body, event.SecretMark, "********") }

// How often dead letters are looked at, and an environment is told of them.
const (
	deadEvery = time.Minute
	tellEvery = 24 * time.Hour
)

// SweepDead counts dead letters, and tells each environment whose oldest is older
// than DeadAge, once a day. Every worker process calls it on a ticker; of two
// that do so at once one tells.
func (s *Service) SweepDead(ctx context.Context) error {
	now := s.Now()
	if now.UnixNano()-s.deadSwept.Load() < int64(deadEvery) {
		return nil
	}
	var total int64
	var old []struct{ EnvironmentID, ProjectID, Name string }
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Model(&Delivery{}).Where("state = ?", Exhausted).Count(&total).Error; err != nil || s.DeadAge <= 0 {
			return err
		}
		return tx.Raw(`SELECT d.environment_id, e.project_id, e.name FROM (SELECT DISTINCT environment_id FROM deliveries WHERE state = 'exhausted' AND finished_at < ?) d
			JOIN environments e ON e.id = d.environment_id LEFT JOIN dead_letter_alerts a ON a.environment_id = d.environment_id
			WHERE a.told_at IS NULL OR a.told_at <= ? LIMIT 1000`, now.Add(-s.DeadAge), now.Add(-tellEvery)).Scan(&old).Error
	})
	if err != nil {
		return fmt.Errorf("sweep dead letters: %w", err)
	}
	s.Metrics.DeadLetters.Set(float64(total))
	for _, o := range old {
		if err := s.tellOfDead(ctx, tenant.NewScope(o.ProjectID, o.EnvironmentID, o.Name), now); err != nil {
			return err
		}
	}
	s.deadSwept.Store(now.UnixNano())
	return nil
}

// tellOfDead writes the event, and with it that it was told.
func (s *Service) tellOfDead(ctx context.Context, scope tenant.Scope, now time.Time) error {
	var heard []string
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		res := tx.Exec(`INSERT INTO dead_letter_alerts AS a (id, told_at) VALUES (?, ?)
			ON CONFLICT (environment_id) DO UPDATE SET told_at = excluded.told_at WHERE a.told_at <= ?`, id.New("dla"), now, now.Add(-tellEvery))
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error // another worker told
		}
		var dead struct {
			N      int
			Oldest *time.Time
		}
		if err := tx.Model(&Delivery{}).Where("state = ?", Exhausted).Select("count(*) AS n, min(finished_at) AS oldest").Scan(&dead).Error; err != nil {
			return fmt.Errorf("count dead letters: %w", err)
		}
		if dead.Oldest == nil {
			return nil
		}
		e := &event.Event{Type: event.DeadLettersOld, SubjectID: scope.Environment(), CreatedAt: now}
		if err := e.Fill(scope.EnvironmentName(), map[string]any{"count": dead.N, "oldest_at": dead.Oldest.UTC().Format(event.Millis)}); err != nil {
			return err
		}
		heard, err = Emit(tx, e, To{Project: true})
		return err
	})
	if err != nil {
		return fmt.Errorf("tell of dead letters: %w", err)
	}
	s.Nudge(ctx, scope, heard)
	return nil
}
