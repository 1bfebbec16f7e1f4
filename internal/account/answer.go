package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/provider"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/spool"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// answer is a provider's answer to a refresh with all that is needed to write it
// down, by this process or by another one after this one died.
type answer struct {
	Project, Environment, Name string // of the tenant
	AccountID, RowID, Token    string // Token is the row's name
	Version                    int64  // on which it stands
	Attempt                    string
	App, Auth, User            string // of the account, in case that it is gone; User is the external id
	OauthAppID, IdentityID     *string
	Contents                   contents
	Expires, Renewable         *time.Time
	Vars                       map[string]string
	Scopes                     []string // nil = not told
	At                         time.Time
}

// answer makes what is written of what a provider said. What its answer left
// out stays as it was: not every provider sends the refresh token again.
func (s *Service) answer(c *claim, conn *provider.Connection, got *provider.Grant) (*answer, error) {
	now, old := s.Now(), c.held.contents[c.row.Name]
	out := &answer{
		Project: c.scope.Project(), Environment: c.scope.Environment(), Name: c.scope.EnvironmentName(),
		AccountID: c.row.AccountID, RowID: c.row.ID, Token: c.row.Name, Version: c.row.Version, Attempt: c.attempt,
		App: conn.App.Slug, Auth: conn.Auth.ID, User: c.held.account.ExternalID, OauthAppID: c.held.account.OauthAppID, IdentityID: c.held.account.IdentityID,
		Contents: contents{Parts: map[string]string{}}, Vars: got.Vars, Scopes: got.Scopes, At: now,
	}
	for part, v := range old.Parts {
		out.Contents.Parts[part] = v
	}
	for name, v := range got.Tokens {
		if part, ok := strings.CutPrefix(name, c.row.Name+"."); ok && v != "" {
			out.Contents.Parts[part] = v
		}
	}
	if out.Contents.Parts["access"] == "" {
		return nil, fmt.Errorf("the answer holds no token %q", c.row.Name)
	}
	if grace := policyOf(conn.Auth).grace; grace > 0 && out.Contents.Parts["refresh"] != old.Parts["refresh"] {
		until := now.Add(grace)
		out.Contents.Previous, out.Contents.Until = old.Parts["refresh"], &until
	}
	if at, ok := got.Expires[c.row.Name]; ok {
		out.Expires = &at
	}
	if at, ok := got.Renewable[c.row.Name]; ok {
		out.Renewable = &at
	}
	return out, nil
}

// name tells which token it is of, and nothing secret.
func (a *answer) name() string { return a.RowID + "." + strconv.FormatInt(a.Version, 10) }

func spoolAssociated(name string) string { return "spool|" + name }

func (a *answer) seal(box *secret.Box) ([]byte, error) {
	plain, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return box.Seal(plain, spoolAssociated(a.name()))
}

// commit writes an answer down if the token is still the one that it was given
// for, and tells of an account that works again. It may be called twice, and by
// two processes. An answer for what is gone is dropped.
func (s *Service) commit(ctx context.Context, a *answer) error {
	scope := tenant.NewScope(a.Project, a.Environment, a.Name)
	apps, err := s.Catalog.For(ctx, a.Project)
	if err != nil {
		return err
	}
	var endpoints []string
	var late *Revocation
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		account, err := lock(tx, a.AccountID)
		if errors.Is(err, ErrNotFound) {
			late, err = s.discard(tx, scope, apps, a)
			return err
		}
		if err != nil {
			return err
		}
		r, err := db.One[row](tx.Where("id = ?", a.RowID), errGone)
		switch {
		case errors.Is(err, errGone): // it was connected again; to some providers the two are one grant, so nothing is revoked
			return s.finish(tx, a.Attempt, fenced, nil)
		case err != nil:
			return err
		case r.LastAttempt == a.Attempt:
			return nil // it is written: by the process that died, or by the spool
		case r.Version != a.Version:
			return s.finish(tx, a.Attempt, fenced, nil)
		}
		endpoints, err = s.write(tx, scope, apps, account, r, a)
		return err
	})
	if err != nil {
		return err
	}
	s.Changed(ctx, a.AccountID)
	s.Webhooks.Nudge(ctx, scope, endpoints)
	if late != nil {
		s.Queue.Nudge(ctx, TaskRevoke, scope, late.ID)
	}
	return nil
}

// discard hands the answer to a refresh whose account was deleted meanwhile to
// be revoked: nobody will use it.
func (s *Service) discard(tx *gorm.DB, scope tenant.Scope, apps *catalog.Catalog, a *answer) (*Revocation, error) {
	if err := s.finish(tx, a.Attempt, fenced, nil); err != nil {
		return nil, err
	}
	gone := &Account{ID: a.AccountID, App: a.App, Auth: a.Auth, OauthAppID: a.OauthAppID, IdentityID: a.IdentityID, Vars: a.Vars, ExternalID: a.User}
	var c Credential
	for part, v := range a.Contents.Parts {
		c.put(a.Token+"."+part, true, v)
	}
	return s.RevokeLater(tx, scope, apps, gone, c, RefreshedTooLate)
}

// write puts an answer into its row, whose version moves on.
func (s *Service) write(tx *gorm.DB, scope tenant.Scope, apps *catalog.Catalog, account *Account, r *row, a *answer) ([]string, error) {
	app, err := apps.Get(account.App)
	if err != nil {
		return nil, err
	}
	auth, ok := app.Method(account.Auth)
	if !ok {
		return nil, fmt.Errorf("%s has no method %q any more", account.App, account.Auth)
	}
	if err := s.seal(scope.Environment(), r, &a.Contents); err != nil {
		return nil, err
	}
	g := &Grant{Expires: map[string]time.Time{}, Renewable: map[string]time.Time{}}
	if a.Expires != nil {
		g.Expires[r.Name] = *a.Expires
	}
	if a.Renewable != nil {
		g.Renewable[r.Name] = *a.Renewable
	}
	told := r.WarnAt == nil && r.RefreshExpiresAt != nil
	r.plan(auth, &a.Contents, g, a.At)
	if told && a.Renewable == nil {
		r.WarnAt = nil // the end has not moved
	}
	res := tx.Model(&row{}).Where("id = ? AND version = ?", r.ID, a.Version).Updates(map[string]any{
		"version": a.Version + 1, "sealed": r.Sealed, "expires_at": r.ExpiresAt, "refresh_expires_at": r.RefreshExpiresAt, "warn_at": r.WarnAt,
		"next_refresh_at": r.NextRefreshAt, "failures": 0, "dead": false, "last_ok_at": a.At, "last_attempt": a.Attempt,
		"lease_owner": "", "lease_until": nil, "updated_at": a.At,
	})
	if err := db.Affected(res, errBusy); err != nil {
		return nil, err
	}
	if err := s.finish(tx, a.Attempt, succeeded, nil); err != nil {
		return nil, err
	}
	if err := s.move(tx, account, a); err != nil {
		return nil, err
	}
	endpoints, err := s.accepted(tx, scope, r)
	if err != nil {
		return nil, err
	}
	if !r.Main || account.Cause != nil && *account.Cause == CauseOptional {
		return endpoints, nil // another token is what is wrong, if anything
	}
	more, err := s.judge(tx, scope, apps, account, health{Healthy: true}, a.At)
	return append(endpoints, more...), err
}

// move writes what a refresh told of the connection: the instance, which may
// move, and the scopes, which an administrator may narrow.
func (s *Service) move(tx *gorm.DB, account *Account, a *answer) error {
	set := &Account{ID: account.ID, Vars: mergeVars(account.Vars, a.Vars), Scopes: account.Scopes, UpdatedAt: a.At}
	if a.Scopes != nil {
		set.Scopes = a.Scopes
	}
	if err := tx.Model(set).Select("Vars", "Scopes", "UpdatedAt").Updates(set).Error; err != nil {
		return fmt.Errorf("update account: %w", err)
	}
	account.Vars, account.Scopes, account.UpdatedAt = set.Vars, set.Scopes, a.At
	return nil
}

// finish ends an attempt's row. An attempt that has ended stays as it is.
func (s *Service) finish(tx *gorm.DB, attempt, outcome string, r *provider.Refusal) error {
	set := map[string]any{"finished_at": s.Now(), "outcome": outcome}
	if r != nil {
		set["http_status"], set["provider_code"] = r.Status, r.Code
	}
	if err := tx.Model(&Attempt{}).Where("id = ? AND finished_at IS NULL", attempt).Updates(set).Error; err != nil {
		return fmt.Errorf("finish attempt: %w", err)
	}
	return nil
}

// Replay writes down the answers that lie in the spool: those of processes that
// died and those that the database would not take. Every process calls it when
// it starts and then on a ticker.
func (s *Service) Replay(ctx context.Context) error {
	if s.Spool == nil {
		return nil
	}
	names, err := s.Spool.Names(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, name := range names {
		if _, mine := s.engine().spooled.Load(name); mine {
			continue
		}
		if err := s.replay(ctx, name); err != nil {
			failed = errors.Join(failed, fmt.Errorf("replay %s: %w", name, err))
		}
	}
	return failed
}

func (s *Service) replay(ctx context.Context, name string) error {
	kept, err := s.Spool.Get(ctx, name)
	if errors.Is(err, spool.ErrMissing) {
		return nil // another process has just written it down
	}
	if err != nil {
		return err
	}
	plain, err := s.Box.Open(kept.Sealed, spoolAssociated(name))
	if err != nil {
		return err
	}
	var a answer
	if err := json.Unmarshal(plain, &a); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	if err := s.commit(ctx, &a); err != nil {
		return err
	}
	slog.InfoContext(ctx, "a spooled answer was replayed", "account", a.AccountID)
	return s.Spool.Remove(ctx, name)
}
