package connect

import (
	"context"
	"errors"
	"net/url"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/account"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
)

// Standing is how a flow stands, for the page that began it.
type Standing struct {
	Flow      string       // "" = none was begun
	Status    string       // none | open | testing | asking | succeeded | failed
	Question  *Question    // while it asks
	Account   *Mine        // once it succeeded
	Problem   *fault.Error // once it failed
	RequestID string       // of the call in which it did
	Bearer    *Bearer
}

// Latest says how the flow stands that was begun last with the token, which may
// be used up by now.
func (s *Service) Latest(ctx context.Context, raw string) (*Standing, error) {
	b, err := s.resolve(ctx, raw)
	if err != nil {
		return nil, err
	}
	apps, err := s.Catalog.Of(ctx, b.Project.WorkspaceID)
	if err != nil {
		return nil, err
	}
	return s.standing(ctx, b, apps, func(tx *gorm.DB) *gorm.DB { return tx.Where("token_id = ?", b.ID).Order("id DESC") })
}

// standing says how the flow stands that is found.
func (s *Service) standing(ctx context.Context, b *Bearer, apps *catalog.Catalog, find func(tx *gorm.DB) *gorm.DB) (*Standing, error) {
	out := &Standing{Status: "none", Bearer: b}
	err := s.DB.In(ctx, b.Scope, func(tx *gorm.DB) error {
		f, err := db.One[flow](find(tx), ErrFlow)
		if errors.Is(err, ErrFlow) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.stand(tx, out, apps, f)
	})
	return out, err
}

// stand fills in how a flow stands.
func (s *Service) stand(tx *gorm.DB, out *Standing, apps *catalog.Catalog, f *flow) error {
	out.Flow, out.RequestID = f.ID, f.RequestID
	late := !s.Now().Before(f.ExpiresAt)
	switch {
	case f.Status == succeeded:
		a, err := account.ByID(tx, *f.AccountID)
		if errors.Is(err, account.ErrNotFound) { // deleted since
			out.Status, out.Problem = "failed", ErrSession
			return nil
		}
		if err != nil {
			return err
		}
		m := Owned(apps, a)
		out.Status, out.Account = "succeeded", &m
	case f.Status == failed:
		out.Status, out.Problem = "failed", fault.New(kindOf(*f.Code), *f.Code, "%s", *f.Error)
	case late:
		out.Status, out.Problem = "failed", ErrSession
	case f.Status == exchanging:
		out.Status = "testing"
	case f.Status == asking:
		t := &try{f: f}
		if err := s.unseal(t); err != nil {
			return err
		}
		out.Status, out.Question = "asking", t.held.Question
	default:
		out.Status = "open"
	}
	return nil
}

// kindOf is the kind of a fault that a flow keeps by its code.
func kindOf(code string) fault.Kind {
	if code == ErrFailed.Code {
		return fault.Unavailable
	}
	return fault.Invalid
}

// Back returns one of the customer's redirect URIs with what is told by it, and
// with the state that the page was opened with. "" = there is none.
func Back(uri *string, state string, pairs ...string) string {
	if uri == nil {
		return ""
	}
	u, err := url.Parse(*uri)
	if err != nil {
		return ""
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if state != "" {
		q.Set("state", state)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
