package datastore

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Service keeps stores.
type Service struct {
	DB  *db.DB
	Now func() time.Time
}

// Open returns the store of a place, which is made if it is not there. It is
// ErrName if there is a data store of the name and fresh asks for a new one.
func (s *Service) Open(ctx context.Context, scope tenant.Scope, p Place, fresh bool) (st *Store, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		var made bool
		if st, made, err = s.open(tx, p); err == nil && fresh && !made {
			return ErrName
		}
		if err != nil || !made || !fresh { // those of runs come and go
			return err
		}
		return audit.Record(tx, s.Now(), audit.Entry{Action: audit.StoreCreated, Subject: st.ID, Details: map[string]any{"name": st.Subject}})
	})
	return st, err
}

// List returns stores, newest first, of a kind and a subject; kind "" = of every
// kind, subject nil = whosever they are.
func (s *Service) List(ctx context.Context, scope tenant.Scope, kind Kind, subject *string, c db.Cursor) (page *db.Page[Store], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx
		if kind != "" {
			q = q.Where("scope = ?", kind)
		}
		if subject != nil {
			q = q.Where("subject = ?", *subject)
		}
		page, err = db.List(q, c, func(st *Store) string { return st.ID })
		return err
	})
	return page, err
}

// Store returns a store, or ErrNoStore.
func (s *Service) Store(ctx context.Context, scope tenant.Scope, p Place) (st *Store, err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		st, err = find(tx, p)
		return err
	})
	return st, err
}

// Drop removes a store with its records, or returns ErrNoStore.
func (s *Service) Drop(ctx context.Context, scope tenant.Scope, p Place) error {
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		st, err := find(tx, p)
		if err != nil {
			return err
		}
		if err := db.Affected(tx.Where("id = ?", st.ID).Delete(&Store{}), ErrNoStore); err != nil {
			return err
		}
		return s.record(tx, p, st, audit.StoreDeleted)
	})
}

// record notes what was done to a store by its id, and so by people: what runs do
// to those that they name is theirs.
func (s *Service) record(tx *gorm.DB, p Place, st *Store, action string) error {
	if p.ID == "" {
		return nil
	}
	return audit.Record(tx, s.Now(), audit.Entry{Action: action, Subject: st.ID, Details: map[string]any{"scope": st.Scope, "name": st.Subject}})
}

// find loads a store and holds it in place: it does not go before the
// transaction ends. Whoever writes records does so after it, which is the order
// of all locks here.
func find(tx *gorm.DB, p Place) (*Store, error) {
	q := tx.Clauses(clause.Locking{Strength: "KEY SHARE"})
	if p.ID != "" {
		return db.One[Store](q.Where("id = ?", p.ID), ErrNoStore)
	}
	st, err := p.store(tx)
	if err != nil {
		return nil, err
	}
	return db.One[Store](q.Where("scope = ? AND subject = ?", st.Scope, st.Subject), ErrNoStore)
}

// store returns the store of a place as it is when it is made.
func (p Place) store(tx *gorm.DB) (*Store, error) {
	st := &Store{Scope: p.Kind, Subject: p.Of}
	length := utf8.RuneCountInString(p.Of)
	switch p.Kind {
	case Project:
		if length != 0 {
			return nil, ErrPlace
		}
		return st, nil
	case Data, Execution:
		if length == 0 || length > MaxName {
			return nil, ErrPlace
		}
		return st, nil
	case Trigger:
		if !id.Is("dc", p.Of) && !id.Is("hi", p.Of) && !id.Is("ti", p.Of) {
			return nil, ErrNoTrigger
		}
		st.TriggerID = &st.Subject
		return st, nil
	case Workflow:
		// Both environments share it, so that no key says that it is the owner's.
		var there bool
		if err := tx.Raw("SELECT EXISTS (SELECT FROM workflows WHERE id = ?)", p.Of).Scan(&there).Error; err != nil {
			return nil, fmt.Errorf("find workflow: %w", err)
		}
		if !there {
			return nil, ErrNoFlow
		}
		st.WorkflowID = &st.Subject
		return st, nil
	case Instance:
		if !id.Is("inst", p.Of) {
			return nil, ErrNoneOf
		}
		st.InstanceID = &st.Subject
		return st, nil
	case User:
		if length == 0 {
			return nil, ErrPlace
		}
		u, err := account.UserByExternalID(tx, p.Of)
		if err != nil {
			return nil, err
		}
		st.Subject = u.ID
		st.UserID = &st.Subject
		return st, nil
	default:
		return nil, ErrPlace
	}
}

// missing is the fault of a place whose owner is not there.
func (p Place) missing() error {
	switch p.Kind {
	case Workflow:
		return ErrNoFlow
	case Instance:
		return ErrNoneOf
	default:
		return ErrNoTrigger
	}
}

// open is find for a store that is to be written to.
func (s *Service) open(tx *gorm.DB, p Place) (st *Store, made bool, err error) {
	st, err = find(tx, p)
	if p.ID != "" || !errors.Is(err, ErrNoStore) {
		return st, false, err
	}
	if st, err = p.store(tx); err != nil {
		return nil, false, err
	}
	if p.Kind == Data {
		var n int64
		if err := tx.Model(&Store{}).Where("scope = ?", Data).Count(&n).Error; err != nil {
			return nil, false, fmt.Errorf("count stores: %w", err)
		}
		if n >= MaxStores {
			return nil, false, ErrTooMany
		}
	}
	st.ID, st.CreatedAt = id.New("ds"), s.Now()
	if p.Kind == Execution {
		until := st.CreatedAt.Add(executionFor)
		st.ExpiresAt = &until
	}
	res := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(st)
	switch {
	case errors.Is(res.Error, gorm.ErrForeignKeyViolated):
		return nil, false, p.missing()
	case res.Error != nil:
		return nil, false, fmt.Errorf("insert store: %w", res.Error)
	case res.RowsAffected == 0: // another made it at this moment
		st, err = find(tx, p)
		return st, false, err
	}
	return st, true, nil
}

// grow counts what a store holds now, or returns ErrFull.
func grow(tx *gorm.DB, st *Store, records, bytes int) error {
	if records == 0 && bytes == 0 {
		return nil
	}
	q := tx.Model(&Store{}).Where("id = ?", st.ID)
	if records > 0 {
		q = q.Where("records + ? <= ?", records, MaxRecords)
	}
	if bytes > 0 {
		q = q.Where("bytes + ? <= ?", bytes, MaxBytes)
	}
	return db.Affected(q.Updates(map[string]any{"records": gorm.Expr("records + ?", records), "bytes": gorm.Expr("bytes + ?", bytes)}), ErrFull)
}

const sweepMost = 2000

// Sweep removes records and stores whose time is over. Every worker process
// calls it on a ticker; that two do so at once does no harm.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("DELETE FROM stores WHERE id IN (SELECT id FROM stores WHERE expires_at <= ? LIMIT 100 FOR UPDATE SKIP LOCKED)", now).Error; err != nil {
			return err
		}
		return tx.Exec(`WITH over AS (
				DELETE FROM store_records WHERE ctid IN (SELECT ctid FROM store_records WHERE expires_at <= ? LIMIT ? FOR UPDATE SKIP LOCKED) AND expires_at <= ?
				RETURNING store_id, size),
			sums AS (SELECT store_id, count(*) AS records, sum(size) AS bytes FROM over GROUP BY store_id)
			UPDATE stores s SET records = s.records - sums.records, bytes = s.bytes - sums.bytes FROM sums WHERE s.id = sums.store_id`, now, sweepMost, now).Error
	})
	if err != nil {
		return fmt.Errorf("sweep stores: %w", err)
	}
	return nil
}
