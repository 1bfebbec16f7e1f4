package event

import (
	"context"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "event_not_found", "There is no such event.")
	ErrType     = fault.New(fault.Invalid, "event_type", "There is no such type of events.")
)

// Service shows what happened.
type Service struct {
	DB *db.DB

	mu      sync.Mutex
	waiting map[string]int // feeds that are being waited on, by environment
	resting chan struct{}
}

// Filter narrows a list of events; empty fields do not.
type Filter struct {
	Types          []string
	ExternalUserID string
	Since, Until   time.Time // when it happened: at Since or later, before Until
}

// Masked returns the body with stars where a secret stands.
func (e *Event) Masked() string { return strings.ReplaceAll(e.Body, SecretMark, "********") }

// skew is how far the clock of the machine that made an id may be from the database's.
const skew = 15 * time.Minute

// List returns events, newest first.
func (s *Service) List(ctx context.Context, scope tenant.Scope, f Filter, c db.Cursor) (page *db.Page[Event], err error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, scope, func(tx *gorm.DB) error {
		q := tx
		if len(f.Types) > 0 {
			q = q.Where("type IN ?", f.Types)
		}
		if f.ExternalUserID != "" {
			q = q.Where("external_user_id = ?", f.ExternalUserID)
		}
		if !f.Since.IsZero() { // the ids are what is indexed
			q = q.Where("id >= ? AND created_at >= ?", id.At("evt", f.Since.Add(-skew)), f.Since)
		}
		if !f.Until.IsZero() {
			q = q.Where("id < ? AND created_at < ?", id.At("evt", f.Until.Add(skew)), f.Until)
		}
		page, err = db.List(q, c, func(e *Event) string { return e.ID })
		return err
	})
	return page, err
}

// Get returns one event.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, eventID string) (*Event, error) {
	return db.ByID[Event](ctx, s.DB, scope, eventID, ErrNotFound)
}

func (f *Filter) check() error {
	for _, t := range f.Types {
		if _, ok := KindOf(t); !ok {
			return ErrType
		}
	}
	return nil
}

// takes reports whether an event passes the filter, times aside.
func (f *Filter) takes(eventType, externalUserID string) bool {
	if f.ExternalUserID != "" && f.ExternalUserID != externalUserID {
		return false
	}
	for _, t := range f.Types {
		if t == eventType {
			return true
		}
	}
	return len(f.Types) == 0
}
