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

// ListApps lists the catalogue. No app has components yet, so that the filters
// that ask for some find none.
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
		apps = nil
	}
	page, err := cut(apps, cursor(q.After, q.Before, q.Limit))
	if err != nil {
		return nil, err
	}
	data := each(page.Items, func(a **catalog.App) gen.App { return s.app(*a) })
	return gen.ListApps200JSONResponse{Data: data, PageInfo: pageInfo(page)}, nil
}

// cut returns a page of a list in memory. A cursor is the slug of an app.
func cut(apps []*catalog.App, c db.Cursor) (*db.Page[*catalog.App], error) {
	limit := c.Limit
	if limit == 0 {
		limit = db.DefaultLimit
	}
	at := func(slug string) (int, error) {
		i := slices.IndexFunc(apps, func(a *catalog.App) bool { return a.Slug == slug })
		if i < 0 {
			return 0, db.ErrCursor
		}
		return i, nil
	}
	from, to := 0, min(limit, len(apps))
	switch {
	case c.After != "":
		i, err := at(c.After)
		if err != nil {
			return nil, err
		}
		from, to = i+1, min(i+1+limit, len(apps))
	case c.Before != "":
		i, err := at(c.Before)
		if err != nil {
			return nil, err
		}
		from, to = max(0, i-limit), i
	}
	p := &db.Page[*catalog.App]{Items: apps[from:to], Total: len(apps)}
	if from < to {
		p.Start = &apps[from].Slug
		if to < len(apps) {
			p.End = &apps[to-1].Slug
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
