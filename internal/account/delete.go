package account

import (
	"context"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/erasure"
	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// chunk is how many accounts are deleted by one statement.
const chunk = 500

// Delete removes an account and its credential, tells of it, and has the
// credential revoked where the app can.
func (s *Service) Delete(ctx context.Context, scope tenant.Scope, accountID, onlyUser string) error {
	return s.deleting(ctx, scope, func(tx *gorm.DB, d *deletion) error {
		a, err := owned(tx, accountID, onlyUser)
		if err != nil {
			return err
		}
		d.cause = AccountDeleted
		if err := d.accounts(tx.Where("accounts.id = ?", a.ID)); err != nil {
			return err
		}
		if len(d.ids) == 0 {
			return ErrNotFound // another call was first
		}
		return nil
	})
}

// DeleteByApp removes every account of an app (a slug), of one user or of all,
// as Delete does.
func (s *Service) DeleteByApp(ctx context.Context, scope tenant.Scope, app, onlyUser string) error {
	return s.deleting(ctx, scope, func(tx *gorm.DB, d *deletion) error {
		q := tx.Where("app = ?", app)
		if onlyUser != "" {
			q = q.Where("user_id = (SELECT id FROM external_users WHERE external_id = ?)", onlyUser)
		}
		d.cause = AppDeleted
		return d.accounts(q)
	})
}

// DeleteUser removes a user with their accounts, as Delete does, and with their
// tokens, triggers and flows. What happened to them is erased afterwards, of
// which the report tells whose id it returns.
func (s *Service) DeleteUser(ctx context.Context, scope tenant.Scope, externalID string) (report string, err error) {
	err = s.deleting(ctx, scope, func(tx *gorm.DB, d *deletion) error {
		// The row is locked: an account that is connected at this moment waits for it, and finds no user.
		u, err := db.One[User](tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("external_id = ?", externalID), ErrUserNotFound)
		if err != nil {
			return err
		}
		d.cause = UserDeleted
		if report, err = erasure.Begin(tx, scope, u.ID, externalID, s.Now()); err != nil {
			return err //nolint:wrapcheck // it says what it is
		}
		if err := d.accounts(tx.Where("user_id = ?", u.ID)); err != nil {
			return err
		}
		entry := audit.Entry{Action: audit.UserDeleted, Subject: u.ID, ExternalUserID: externalID, Details: map[string]any{"accounts": len(d.ids), "erasure": report}}
		if err := audit.Record(tx, s.Now(), entry); err != nil {
			return err
		}
		return db.Affected(tx.Where("id = ?", u.ID).Delete(&User{}), ErrUserNotFound)
	})
	return report, err
}

// deletion takes accounts away and notes what is to be done afterwards.
type deletion struct {
	s         *Service
	scope     tenant.Scope
	apps      *catalog.Catalog
	cause     Cause
	ids       []string
	revoke    []string // ids of revocations
	endpoints []string // which hear of it
}

func (s *Service) deleting(ctx context.Context, scope tenant.Scope, fn func(tx *gorm.DB, d *deletion) error) error {
	apps, err := s.Catalog.For(ctx, scope.Project())
	if err != nil {
		return err
	}
	d := &deletion{s: s, scope: scope, apps: apps}
	if err := s.DB.In(ctx, scope, func(tx *gorm.DB) error { return fn(tx, d) }); err != nil {
		return err
	}
	s.Changed(ctx, d.ids...)
	s.Webhooks.Nudge(ctx, scope, d.endpoints)
	for _, id := range d.revoke[:min(len(d.revoke), 16)] { // the sweep comes to the others
		s.Queue.Nudge(ctx, TaskRevoke, scope, id)
	}
	return nil
}

// accounts deletes the accounts that q selects. Each is locked before its
// credential is read, so that a refresh is over or finds no account.
func (d *deletion) accounts(q *gorm.DB) error {
	q = q.Session(&gorm.Session{})
	for {
		var rows []Account
		err := selectAccounts(q).Clauses(clause.Locking{Strength: "UPDATE", Table: clause.Table{Name: "accounts"}}).Order("accounts.id").Limit(chunk).Find(&rows).Error
		if err != nil {
			return fmt.Errorf("load accounts: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		tx := q.Session(&gorm.Session{NewDB: true})
		revocations, err := d.s.handOver(tx, d.scope, d.apps, rows, d.cause)
		if err != nil {
			return err
		}
		if err := d.tell(tx, rows, revocations); err != nil {
			return err
		}
		ids, entries := make([]string, len(rows)), make([]audit.Entry, len(rows))
		for i := range rows {
			a := &rows[i]
			ids[i] = a.ID
			entries[i] = audit.Entry{Action: audit.AccountDeleted, Subject: a.ID, ExternalUserID: a.ExternalID, Details: map[string]any{"app": a.App, "cause": d.cause}}
			if revocations[i].Status == RevocationPending {
				d.revoke = append(d.revoke, revocations[i].ID)
			}
		}
		if err := audit.Record(tx, d.s.Now(), entries...); err != nil {
			return err
		}
		if err := db.Affected(tx.Where("id IN ?", ids).Delete(&Account{}), ErrNotFound); err != nil {
			return err
		}
		d.ids = append(d.ids, ids...)
	}
}

// tell writes one event for each account, with what becomes of its credential.
func (d *deletion) tell(tx *gorm.DB, rows []Account, revocations []Revocation) error {
	now := d.s.Now()
	events := []*event.Event{}
	for i := range rows {
		a := &rows[i]
		e := &event.Event{Type: Deleted, SubjectID: a.ID, ExternalUserID: a.ExternalID, CreatedAt: now}
		err := e.Fill(d.scope.EnvironmentName(), map[string]any{
			"account": d.s.Tell(a, d.apps.Shown(a.App)), "cause": d.cause,
			"revocation": map[string]any{"id": revocations[i].ID, "status": revocations[i].Status},
		})
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	endpoints, err := webhook.EmitAll(tx, events, webhook.To{Project: true})
	if len(d.endpoints) == 0 {
		d.endpoints = endpoints // the same for all
	}
	return err
}
