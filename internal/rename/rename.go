// Package rename gives users another id of the customer's own: one who was known by an
// e-mail is known by a number from now on. What they have is found by the new id at
// once, in one transaction; what happened to them follows, batch by batch, each counted
// in its own transaction, so that who is killed on the way leaves nothing done twice or
// passed over. An hour later it looks once more for what was under way.
package rename

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Faults of this package.
var (
	ErrNotFound = fault.New(fault.NotFound, "user_rename_not_found", "There is no such change of a user's id.")
	ErrSame     = fault.New(fault.Invalid, "same_user_id", "The user has this id already.").At("external_user_id")
	ErrTaken    = fault.New(fault.Conflict, "user_id_taken", "Another user of this environment has this id. Two users are not made one.").At("external_user_id")
	ErrErasing  = fault.New(fault.Conflict, "user_being_erased", "A user of one of these ids was deleted, and is still being erased. Try again when that is over: GET /v1/projects/{project}/erasures.")
	ErrMoving   = fault.New(fault.Conflict, "user_id_moving", "What another user left under this id is still being moved to theirs. Try again when that is over: GET /v1/projects/{project}/user_renames.").At("external_user_id")
)

// Rename is a user's change from one id to another, and how far it is.
type Rename struct {
	ID         string // urn_…
	UserID     string // exu_…
	FromID     *string
	FromHash   string
	ToID       string
	CameAt     time.Time      // when the user was made
	Since      time.Time      // what is older belonged to another user
	Moved      map[string]int `gorm:"serializer:json"`
	MovedAt    *time.Time     // when nothing more was found for the first time
	DueAt      *time.Time     // of the next look; nil = over
	CreatedAt  time.Time
	FinishedAt *time.Time
}

// TableName maps the noun to its table.
func (Rename) TableName() string { return "user_renames" }

// Service moves what happened to users, and shows how far it is.
type Service struct {
	DB  *db.DB
	Now func() time.Time
}

// Begin renames what is under way for a user, and has the rest follow. tx is the
// transaction that renames the user's row, which it has locked.
func Begin(tx *gorm.DB, scope tenant.Scope, userID, from, to string, now time.Time) (*Rename, error) {
	if from == to {
		return nil, ErrSame
	}
	r := &Rename{ID: id.New("urn"), UserID: userID, FromID: &from, ToID: to, Moved: map[string]int{}, DueAt: &now, CreatedAt: now}
	// Nobody else gives or takes one of the two ids until tx is over.
	for _, one := range []string{min(from, to), max(from, to)} {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('user ' || ? || ' ' || ?, 0))", scope.Environment(), one).Error; err != nil {
			return nil, fmt.Errorf("lock a user's id: %w", err)
		}
	}
	var at struct {
		Taken, Erasing, Moving bool
		FromHash               string
		CameAt, Since          time.Time
	}
	err := tx.Raw(`SELECT EXISTS (SELECT FROM external_users WHERE external_id = @to) AS taken,
		EXISTS (SELECT FROM erasures WHERE external_user_id IN (@from, @to)) AS erasing,
		EXISTS (SELECT FROM user_renames WHERE from_id = @to AND user_id <> @id) AS moving,
		erasure_hash(@environment, @from) AS from_hash, u.created_at AS came_at,
		CASE WHEN EXISTS (SELECT FROM user_renames WHERE from_hash = erasure_hash(@environment, @from) AND user_id <> @id) THEN u.created_at ELSE 'epoch' END AS since
		FROM external_users u WHERE u.id = @id`,
		map[string]any{"from": from, "to": to, "id": userID, "environment": scope.Environment()}).Scan(&at).Error
	switch {
	case err != nil:
		return nil, fmt.Errorf("look at a user's ids: %w", err)
	case at.Taken:
		return nil, ErrTaken
	case at.Erasing:
		return nil, ErrErasing
	case at.Moving:
		return nil, ErrMoving
	}
	r.FromHash, r.CameAt, r.Since = at.FromHash, at.CameAt, at.Since
	// What is still on its way to the id before goes on to this one; what left it comes back.
	if err := tx.Exec(`UPDATE user_renames SET to_id = ?, due_at = ?, moved_at = NULL WHERE user_id = ? AND finished_at IS NULL AND from_id <> ?`, to, now, userID, to).Error; err != nil {
		return nil, fmt.Errorf("go on to another id: %w", err)
	}
	if err := tx.Exec("UPDATE user_renames SET from_id = NULL, due_at = NULL, finished_at = ? WHERE user_id = ? AND from_id = ?", now, userID, to).Error; err != nil {
		return nil, fmt.Errorf("take a rename back: %w", err)
	}
	args := map[string]any{"from": from, "to": to, "id": userID, "since": r.Since, "until": now.Add(late)}
	for _, p := range atOnce {
		res := tx.Exec("UPDATE "+p.table+" SET "+p.assignment()+" WHERE "+p.where, args)
		if res.Error != nil {
			return nil, fmt.Errorf("rename in %s: %w", p.table, res.Error)
		}
		if p.kind != "" && res.RowsAffected > 0 {
			r.Moved[p.kind] += int(res.RowsAffected)
		}
	}
	if err := tx.Create(r).Error; err != nil {
		return nil, fmt.Errorf("insert rename: %w", err)
	}
	return r, nil
}

// Done returns the rename that brought a user from one id to the other, if they have
// it still; nil when there is none. Who asks twice is told of the first.
func Done(tx *gorm.DB, scope tenant.Scope, from, to string) (*Rename, error) {
	r, err := db.One[Rename](tx.Where(`from_hash = erasure_hash(?, ?) AND to_id = ? AND user_id IN (SELECT id FROM external_users WHERE external_id = ?)`,
		scope.Environment(), from, to, to).Order("id DESC"), ErrNotFound)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return r, err
}

// List returns an environment's renames, newest first; those from or to an id, if one is named.
func (s *Service) List(ctx context.Context, scope tenant.Scope, externalUserID string, c db.Cursor) (page *db.Page[Rename], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx
		if externalUserID != "" {
			q = q.Where("(from_hash = erasure_hash(?, ?) OR to_id = ?)", scope.Environment(), externalUserID, externalUserID)
		}
		page, err = db.List(q, c, func(r *Rename) string { return r.ID })
		return err
	})
	return page, err
}

// Get returns a rename.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, renameID string) (*Rename, error) {
	return db.ByID[Rename](ctx, s.DB, scope, renameID, ErrNotFound)
}
