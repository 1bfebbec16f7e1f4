package authorization

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/limit"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
	"github.com/patchbay-dev/patchbay/internal/toolprofile"
)

// ProgramsPath is the page on which users see which programs act for them, and take
// them back. A user comes to it as to a question: through the customer's page.
const ProgramsPath = "/connect/programs"

// mostPrograms is how many a page shows; a user who has more sees the others once they
// have taken some back.
const mostPrograms = 100

// ProgramsURL is where an environment's users find that page.
func (s *Service) ProgramsURL(projectID, environment string) string {
	return s.Pages + ProgramsPath + "/" + projectID + "/" + environment
}

// Visit begins a user's way to their programs, and returns where to send the browser:
// to the customer's page, which knows who it is. It is a request of no client.
func (s *Service) Visit(ctx context.Context, projectID, environment, browser, address string) (to string, err error) {
	if err := s.Limits.Take(ctx, "mcp_authorize:"+address, limit.Rate{Requests: 60, Window: time.Minute}); err != nil {
		return "", err //nolint:wrapcheck // a fault
	}
	scope, _, err := s.scopeOf(ctx, s.Resource(projectID, environment, ""))
	if err != nil {
		return "", err
	}
	now, raw := s.Now(), token.Hex("mcpq_", 32)
	r := &request{ID: id.New("mcpr"), Scopes: []string{}, BrowserHash: token.Hash(browser), RequestHash: token.Hash(raw), Status: asked, CreatedAt: now, ExpiresAt: now.Add(askLife)}
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		to, err = take(tx, scope, r, "", raw)
		return err
	})
	return to, err
}

// visits reports whether a request is a user's way to their programs, and no client's.
func (r *request) visits() bool { return r.ClientID == "" }

// Programs are what a user allowed, in the browser in which they are known.
type Programs struct {
	Scope tenant.Scope
	All   []Authorization // newest first
	Tools map[string]*toolprofile.Profile
	Again string // not known any more: where they are asked for anew; "" = known
}

// Programs returns the programs of the user whom a key stands for.
func (s *Service) Programs(ctx context.Context, key, browser string) (*Programs, error) {
	out := &Programs{Tools: map[string]*toolprofile.Profile{}}
	requestID, scope, err := s.found(ctx, "key_hash", key, ErrVisitOver)
	if err != nil {
		return nil, err
	}
	out.Scope = scope
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err := s.asking(tx, requestID, browser, true)
		if err != nil {
			return err
		}
		page, err := db.List(read(tx).Where("mcp_authorizations.user_id = ?", *r.UserID), db.Cursor{Limit: mostPrograms}, func(a *Authorization) string { return a.ID })
		if err != nil {
			return err //nolint:wrapcheck // says what it did
		}
		out.All = page.Items
		return out.profiles(tx)
	})
	if errors.Is(err, ErrVisitOver) {
		out.Again = s.ProgramsURL(scope.Project(), scope.EnvironmentName())
		return out, nil
	}
	return out, err
}

// profiles loads which tools programs may use that may not use all.
func (p *Programs) profiles(tx *gorm.DB) error {
	ids := []string{}
	for _, a := range p.All {
		if a.ProfileID != nil {
			ids = append(ids, *a.ProfileID)
		}
	}
	var all []toolprofile.Profile
	if err := tx.Where("id IN ?", ids).Find(&all).Error; err != nil {
		return fmt.Errorf("load tool profiles: %w", err)
	}
	for i := range all {
		p.Tools[all[i].ID] = &all[i]
	}
	return nil
}

// TakeBack ends what a user allowed a program. What is not theirs, or ended before, is
// left as it is.
func (s *Service) TakeBack(ctx context.Context, key, browser, authorizationID string) error {
	requestID, scope, err := s.found(ctx, "key_hash", key, ErrVisitOver)
	if err != nil {
		return err
	}
	return s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		r, err := s.asking(tx, requestID, browser, true)
		if err != nil {
			return err
		}
		a, err := db.One[Authorization](read(tx).Where("mcp_authorizations.id = ? AND mcp_authorizations.user_id = ?", authorizationID, *r.UserID), ErrNotFound)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		u, err := account.UserByID(tx, *r.UserID)
		if err != nil {
			return err //nolint:wrapcheck // a fault
		}
		by := audit.By(ctx)
		by.Kind, by.ID, by.Name = audit.ConnectToken, r.ID, u.ExternalID
		return s.revoke(tx.WithContext(audit.With(ctx, by)), a)
	})
}
