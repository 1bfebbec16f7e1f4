package datastore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Get returns a record, or ErrNoRecord: also where there is no store yet that
// would be made when it is written to.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, p Place, key string) (r *Record, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err = s.Within(tx).Get(p, key)
		return err
	})
	return r, err
}

// Within is the service in a transaction of its caller's, of the scope whose stores
// are meant. A fault that it returns has changed nothing.
func (s *Service) Within(tx *gorm.DB) *Within { return &Within{s, tx} }

// Within reads and writes in somebody's transaction.
type Within struct {
	s  *Service
	tx *gorm.DB
}

// Get is Service.Get.
func (w *Within) Get(p Place, key string) (*Record, error) {
	st, err := find(w.tx, p)
	if errors.Is(err, ErrNoStore) && p.ID == "" {
		return nil, ErrNoRecord
	}
	if err != nil {
		return nil, err
	}
	return db.One[Record](w.s.there(w.tx, st).Where("key = ?", key), ErrNoRecord)
}

// there are a store's records that are not over.
func (s *Service) there(tx *gorm.DB, st *Store) *gorm.DB {
	return tx.Where("store_id = ? AND (expires_at IS NULL OR expires_at > ?)", st.ID, s.Now())
}

// Set writes a value, which is JSON. It is ErrChanged if the record has not the
// version that put asks for.
func (s *Service) Set(ctx context.Context, scope tenant.Scope, p Place, key, value string, put Put) (r *Record, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err = s.Within(tx).Set(p, key, value, put)
		return err
	})
	return r, err
}

// Set is Service.Set.
func (w *Within) Set(p Place, key, value string, put Put) (*Record, error) {
	switch {
	case !json.Valid([]byte(value)) || !utf8.ValidString(value):
		return nil, ErrValue
	case len(value) > MaxValue:
		return nil, ErrTooLarge
	}
	return w.write(p, key, func(old *Record, now time.Time) (next *Record, err error) {
		if v := put.IfVersion; v != nil && (old == nil && *v != 0 || old != nil && *v != old.Version) {
			return nil, ErrChanged
		}
		next = &Record{Value: value}
		next.ExpiresAt, err = until(put.TTL, now)
		return next, err
	})
}

// Add counts a record up, or down, and returns what it is then. One that is not
// there begins at 0; how long it lives is as it was.
func (s *Service) Add(ctx context.Context, scope tenant.Scope, p Place, key string, by int64) (r *Record, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err = s.Within(tx).Add(p, key, by)
		return err
	})
	return r, err
}

// Add is Service.Add.
func (w *Within) Add(p Place, key string, by int64) (*Record, error) {
	return w.write(p, key, func(old *Record, _ time.Time) (*Record, error) {
		next, n := &Record{}, int64(0)
		if old != nil {
			var err error
			if n, err = strconv.ParseInt(old.Value, 10, 64); err != nil {
				return nil, ErrNumber
			}
			next.ExpiresAt = old.ExpiresAt
		}
		if by > maxNumber || by < -maxNumber || n > maxNumber || n < -maxNumber || n+by > maxNumber || n+by < -maxNumber {
			return nil, ErrNumber
		}
		next.Value = strconv.FormatInt(n+by, 10)
		return next, nil
	})
}

// SetTTL says from now on how long a record lives; nil = it stays.
func (s *Service) SetTTL(ctx context.Context, scope tenant.Scope, p Place, key string, ttl *time.Duration) (r *Record, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err = s.Within(tx).write(p, key, func(old *Record, now time.Time) (next *Record, err error) {
			if old == nil {
				return nil, ErrNoRecord
			}
			next = &Record{Value: old.Value}
			next.ExpiresAt, err = until(ttl, now)
			return next, err
		})
		return err
	})
	return r, err
}

func until(ttl *time.Duration, now time.Time) (*time.Time, error) {
	if ttl == nil {
		return nil, nil
	}
	if *ttl < time.Second || *ttl > MaxTTL {
		return nil, ErrTTL
	}
	at := now.Add(*ttl)
	return &at, nil
}

// write puts down what change makes of the record that is there; nil = none is.
// Nobody else changes the record meanwhile.
func (w *Within) write(p Place, key string, change func(old *Record, now time.Time) (*Record, error)) (r *Record, err error) {
	if n := utf8.RuneCountInString(key); n == 0 || n > MaxKey || !utf8.ValidString(key) || strings.ContainsRune(key, 0) {
		return nil, ErrKey
	}
	err = w.tx.Transaction(func(tx *gorm.DB) error { // what is refused at its end leaves nothing behind
		st, _, err := w.s.open(tx, p)
		if err != nil {
			return err
		}
		for { // once more if another wrote the key first
			done, err := w.s.replace(tx, st, key, change, &r)
			if err != nil || done {
				return err
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (s *Service) replace(tx *gorm.DB, st *Store, key string, change func(*Record, time.Time) (*Record, error), out **Record) (done bool, err error) {
	now := s.Now()
	old, err := db.One[Record](tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("store_id = ? AND key = ?", st.ID, key), ErrNoRecord)
	if err != nil && !errors.Is(err, ErrNoRecord) {
		return false, err
	}
	lives := old
	if old != nil && old.ExpiresAt != nil && !old.ExpiresAt.After(now) {
		lives = nil
	}
	r, err := change(lives, now)
	if err != nil {
		return false, err
	}
	r.StoreID, r.Key, r.Size, r.Version, r.UpdatedAt = st.ID, key, len(key)+len(r.Value), now.UnixMicro(), now
	if old == nil {
		res := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(r)
		if res.Error != nil || res.RowsAffected == 0 {
			return false, res.Error
		}
		*out = r
		return true, grow(tx, st, 1, r.Size)
	}
	r.Version = max(r.Version, old.Version+1)
	err = tx.Model(&Record{}).Where("store_id = ? AND key = ?", st.ID, key).
		Updates(map[string]any{"value": r.Value, "size": r.Size, "version": r.Version, "expires_at": r.ExpiresAt, "updated_at": now}).Error
	if err != nil {
		return false, fmt.Errorf("write record: %w", err)
	}
	*out = r
	return true, grow(tx, st, 0, r.Size-old.Size)
}

// Delete removes a record and reports whether there was one. It is ErrChanged if
// the record has not the version that ifVersion names; nil = any.
func (s *Service) Delete(ctx context.Context, scope tenant.Scope, p Place, key string, ifVersion *int64) (was bool, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		was, err = s.Within(tx).Delete(p, key, ifVersion)
		return err
	})
	return was && err == nil, err
}

// Delete is Service.Delete.
func (w *Within) Delete(p Place, key string, ifVersion *int64) (was bool, err error) {
	st, err := find(w.tx, p)
	if errors.Is(err, ErrNoStore) && p.ID == "" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	old, err := db.One[Record](w.tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("store_id = ? AND key = ?", st.ID, key), ErrNoRecord)
	if errors.Is(err, ErrNoRecord) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	was = old.ExpiresAt == nil || old.ExpiresAt.After(w.s.Now())
	if was && ifVersion != nil && *ifVersion != old.Version {
		return false, ErrChanged
	}
	if err := w.tx.Where("store_id = ? AND key = ?", st.ID, key).Delete(&Record{}).Error; err != nil {
		return false, fmt.Errorf("delete record: %w", err)
	}
	return was, grow(w.tx, st, -1, -old.Size)
}

// Clear removes all records of a store.
func (s *Service) Clear(ctx context.Context, scope tenant.Scope, p Place) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		st, err := find(tx, p)
		if errors.Is(err, ErrNoStore) && p.ID == "" {
			return nil
		}
		if err != nil {
			return err
		}
		err = tx.Exec(`WITH gone AS (DELETE FROM store_records WHERE store_id = @id RETURNING size)
			UPDATE stores SET records = records - (SELECT count(*) FROM gone), bytes = bytes - (SELECT COALESCE(sum(size), 0) FROM gone) WHERE id = @id`,
			map[string]any{"id": st.ID}).Error
		if err != nil {
			return fmt.Errorf("clear store: %w", err)
		}
		return s.record(tx, p, st, audit.StoreCleared)
	})
}
