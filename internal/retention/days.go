package retention

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/id"
)

var unlessHeld = clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"}

// daysAhead is how many days there are tables for, so that a day without a worker
// finds its table there.
const daysAhead = 7

const (
	day    = 24 * time.Hour
	dayFmt = "attempts_20060102"
)

// Ahead makes the tables of the next days' attempts, unless they are there. A
// process does so before it takes anything in: each is made under a lock for
// which senders and emitters wait.
func (s *Service) Ahead(ctx context.Context) error { return s.ahead(ctx, s.Now()) }

func (s *Service) ahead(ctx context.Context, now time.Time) error {
	today := now.UTC().Truncate(day)
	for d := today; !d.After(today.Add(daysAhead * day)); d = d.Add(day) {
		if err := s.make(ctx, d); err != nil {
			return fmt.Errorf("make %s: %w", d.Format(dayFmt), err)
		}
	}
	return nil
}

// days makes the tables of attempts that are missing, and drops those whose last
// attempt is too old. Each is a transaction of its own, which waits for a lock no
// longer than senders can.
func (s *Service) days(ctx context.Context, now time.Time) error {
	if err := s.ahead(ctx, now); err != nil {
		return err
	}
	if s.Keep <= 0 {
		return nil
	}
	var names []string
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Raw("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'attempts'::regclass ORDER BY 1").Scan(&names).Error
	})
	if err != nil {
		return fmt.Errorf("look for days: %w", err)
	}
	for _, name := range names {
		d, err := time.Parse(dayFmt, name)
		if err != nil || d.Add(day+drift).After(now.Add(-s.Keep)) {
			continue // not a day, or not over
		}
		if err := s.alone(ctx, func(tx *gorm.DB) error { return tx.Exec("DROP TABLE IF EXISTS " + name).Error }); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	// What lies in no day goes row by row.
	err = s.alone(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM attempts_rest WHERE id IN (SELECT id FROM attempts_rest WHERE started_at < ? LIMIT ?)", now.Add(-s.Keep), most).Error
	})
	if err != nil {
		return fmt.Errorf("delete old attempts: %w", err)
	}
	return nil
}

// moveMost is how many attempts are brought over while senders wait for it.
const moveMost = 20_000

// make makes the table of a day, unless it is there, and brings over what lies
// in the rest of it: a few, when this is the day on which the first worker
// began. A day of which there are many stays in the rest.
func (s *Service) make(ctx context.Context, d time.Time) error {
	name, from, to := d.Format(dayFmt), id.At("att", d), id.At("att", d.Add(day))
	return s.alone(ctx, func(tx *gorm.DB) error {
		var there bool
		if err := tx.Raw("SELECT to_regclass(?) IS NOT NULL", name).Scan(&there).Error; err != nil || there {
			return err
		}
		if err := tx.Exec("LOCK TABLE attempts_rest IN ACCESS EXCLUSIVE MODE").Error; err != nil {
			return err
		}
		var many bool
		if err := tx.Raw("SELECT EXISTS (SELECT FROM attempts_rest WHERE id >= ? AND id < ? OFFSET ?)", from, to, moveMost).Scan(&many).Error; err != nil || many {
			return err
		}
		for _, do := range []string{
			"CREATE TABLE " + name + " (LIKE attempts INCLUDING DEFAULTS)",
			fmt.Sprintf("WITH moved AS (DELETE FROM attempts_rest WHERE id >= '%s' AND id < '%s' RETURNING *) INSERT INTO %s SELECT * FROM moved", from, to, name),
			fmt.Sprintf("ALTER TABLE attempts ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')", name, from, to),
			"SELECT close_partition('" + name + "')",
		} {
			if err := tx.Exec(do).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// alone runs fn in one worker at a time; the others do without.
func (s *Service) alone(ctx context.Context, fn func(tx *gorm.DB) error) error {
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		var mine bool
		if err := tx.Raw("SELECT pg_try_advisory_xact_lock(hashtext('retention'))").Scan(&mine).Error; err != nil || !mine {
			return err
		}
		if err := tx.Exec("SET LOCAL lock_timeout = '2s'").Error; err != nil {
			return err
		}
		return fn(tx)
	})
}
