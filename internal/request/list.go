package request

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Filter narrows the list; empty fields do not.
type Filter struct {
	AccountID      string
	ExternalUserID string
	App            string // slug
	From, To       int    // of statuses, inclusive; 0 and 0 = all
	After, Before  *time.Time
}

// List returns requests, newest first, without their bodies.
func (s *Service) List(ctx context.Context, scope tenant.Scope, f Filter, c db.Cursor) (page *db.Page[Request], err error) {
	err = s.DB.Read(ctx, scope, func(tx *gorm.DB) error {
		q := tx.Omit("bodies")
		for column, v := range map[string]string{"account_id": f.AccountID, "external_user_id": f.ExternalUserID, "app": f.App} {
			if v != "" {
				q = q.Where(column+" = ?", v)
			}
		}
		if f.To > 0 {
			q = q.Where("status BETWEEN ? AND ?", f.From, f.To)
		}
		if f.After != nil {
			q = q.Where("created_at >= ?", *f.After)
		}
		if f.Before != nil {
			q = q.Where("created_at < ?", *f.Before)
		}
		page, err = db.List(q, c, func(r *Request) string { return r.ID })
		return err
	})
	return page, err
}

// Get returns a request, and its bodies if they were kept.
func (s *Service) Get(ctx context.Context, scope tenant.Scope, requestID string) (*Request, *Bodies, error) {
	var r *Request
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) (err error) {
		r, err = db.One[Request](tx.Where("id = ?", requestID), ErrNotFound)
		return err
	})
	if err != nil || r.Bodies == nil {
		return r, nil, err
	}
	plain, err := s.Box.Open(r.Bodies, associated(scope.Environment(), r.ID))
	if err != nil {
		return nil, nil, fmt.Errorf("open bodies of %s: %w", r.ID, err)
	}
	var b Bodies
	if err := json.Unmarshal(plain, &b); err != nil {
		return nil, nil, fmt.Errorf("decode bodies of %s: %w", r.ID, err)
	}
	return r, &b, nil
}
