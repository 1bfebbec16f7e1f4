// Package erasure erases what is kept of users who were deleted, and reports what
// went, what remains, until when and why. What is to become of each table stands
// in one list (places.go), which a test holds against the schema.
//
// A user is deleted in one transaction, which takes what they have: accounts,
// tokens, triggers. What happened to them (events, runs, logs) goes afterwards,
// batch by batch. Each batch is counted in its own transaction, so that who is
// killed on the way has counted what is gone, and anybody goes on.
package erasure

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// ErrNotFound is returned for a report that the environment does not have.
var ErrNotFound = fault.New(fault.NotFound, "erasure_not_found", "There is no such erasure.")

// Erasure is the report of a user who was deleted. It holds nothing of the user
// once it is over: their id is a hash.
type Erasure struct {
	ID             string // era_…
	UserID         string // exu_…
	UserHash       string
	ExternalUserID *string        // nil = over
	Erased         map[string]int `gorm:"serializer:json"`
	Remains        []Rest         `gorm:"serializer:json"`
	Grants         []Grant        `gorm:"serializer:json"`
	DueAt          *time.Time
	CreatedAt      time.Time
	FinishedAt     *time.Time
}

// Rest is what is still there of a user.
type Rest struct {
	Kind   string     `json:"kind"`
	Count  int        `json:"count"`
	Until  *time.Time `json:"until,omitempty"` // nil = it is not known
	Reason string     `json:"reason"`
}

// Grant counts what became of an app's grants at the app itself: of one that is
// not "revoked" something may remain there.
type Grant struct {
	App    string `json:"app"`
	Status string `json:"status"`
	Count  int    `json:"count"`
}

// Service erases, and shows reports.
type Service struct {
	DB  *db.DB
	Now func() time.Time

	// AuditKeep is how long the audit log is kept, where a workspace says nothing else; 0 = for ever.
	AuditKeep time.Duration
}

// Begin counts what goes with a user at once, and has the rest erased. tx is the
// transaction that then deletes the user, before it takes anything away.
func Begin(tx *gorm.DB, scope tenant.Scope, userID, externalID string, now time.Time) (string, error) {
	erased := map[string]int{}
	for _, p := range atOnce {
		var n int
		if err := tx.Raw("SELECT count(*) FROM "+p.table+" WHERE "+p.of, map[string]any{"user": userID}).Scan(&n).Error; err != nil {
			return "", fmt.Errorf("count %s: %w", p.table, err)
		}
		if n > 0 {
			erased[p.kind] = n
		}
	}
	e := &Erasure{ID: id.New("era"), UserID: userID, ExternalUserID: &externalID, Erased: erased, Remains: []Rest{}, Grants: []Grant{}, DueAt: &now, CreatedAt: now}
	if err := tx.Raw("SELECT erasure_hash(?, ?)", scope.Environment(), externalID).Scan(&e.UserHash).Error; err != nil {
		return "", fmt.Errorf("hash a user's id: %w", err)
	}
	if err := tx.Create(e).Error; err != nil {
		return "", fmt.Errorf("insert erasure: %w", err)
	}
	return e.ID, nil
}

// List returns an environment's reports, newest first; of one user, if one is named.
func (s *Service) List(ctx context.Context, scope tenant.Scope, externalUserID string, c db.Cursor) (page *db.Page[Erasure], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx
		if externalUserID != "" {
			q = q.Where("user_hash = erasure_hash(?, ?)", scope.Environment(), externalUserID)
		}
		page, err = db.List(q, c, func(e *Erasure) string { return e.ID })
		return err
	})
	return page, err
}

// Get returns a report.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, erasureID string) (*Erasure, error) {
	return db.ByID[Erasure](ctx, s.DB, scope, erasureID, ErrNotFound)
}
