package rest

import (
	"context"
	"slices"
	"strings"

	"github.com/patchbay-dev/patchbay/api/rest/gen"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/db"
)

// apps are those of the caller's workspace.
func (s *Server) apps(ctx context.Context) (*catalog.Catalog, error) {
	return s.Catalog.Of(ctx, principal(ctx).Workspace)
}

// ListApps lists the catalogue.
func (s *Server) ListApps(ctx context.Context, req gen.ListAppsRequestObject) (gen.ListAppsResponseObject, error) {
	q := req.Params
	f := catalog.Filter{Q: value(q.Q), SortKey: string(value(q.SortKey)), Descending: value(q.SortDirection) == "desc"}
	for _, ids := range value(q.CategoryIds) {
		f.Categories = append(f.Categories, strings.Split(ids, ",")...)
	}
	all, err := s.apps(ctx)
	if err != nil {
		return nil, err
	}
	apps := all.List(f)
	if yes(q.HasComponents) || yes(q.HasActions) || yes(q.HasTriggers) {
		components, err := s.components(ctx)
		if err != nil {
			return nil, err
		}
		apps = slices.DeleteFunc(apps, func(a *catalog.App) bool {
			actions, triggers := components.Has(a.Slug)
			return yes(q.HasActions) && !actions || yes(q.HasTriggers) && !triggers || !actions && !triggers
		})
	}
	page, err := cut(apps, cursor(q.After, q.Before, q.Limit), func(a *catalog.App) *string { return &a.Slug })
	if err != nil {
		return nil, err
	}
	data := each(page.Items, func(a **catalog.App) gen.App { return s.app(*a) })
	return gen.ListApps200JSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}

// cut returns a page of a list in memory. A cursor is the key of an item.
func cut[T any](items []T, c db.Cursor, key func(T) *string) (*db.Page[T], error) {
	limit := c.Limit
	if limit == 0 {
		limit = db.DefaultLimit
	}
	at := func(cursor string) (int, error) {
		i := slices.IndexFunc(items, func(item T) bool { return *key(item) == cursor })
		if i < 0 {
			return 0, db.ErrCursor
		}
		return i, nil
	}
	from, to := 0, min(limit, len(items))
	switch {
	case c.After != "":
		i, err := at(c.After)
		if err != nil {
			return nil, err
		}
		from, to = i+1, min(i+1+limit, len(items))
	case c.Before != "":
		i, err := at(c.Before)
		if err != nil {
			return nil, err
		}
		from, to = max(0, i-limit), i
	}
	p := &db.Page[T]{Items: items[from:to], Total: len(items)}
	if from < to {
		p.Start = key(items[from])
		if to < len(items) {
			p.End = key(items[to-1])
		}
	}
	return p, nil
}

// GetApp returns an app by slug or id.
func (s *Server) GetApp(ctx context.Context, req gen.GetAppRequestObject) (gen.GetAppResponseObject, error) {
	apps, err := s.apps(ctx)
	if err != nil {
		return nil, err
	}
	a, err := apps.Get(req.AppID)
	if err != nil {
		return nil, err
	}
	return gen.GetApp200JSONResponse{Data: s.app(a)}, nil
}
