package notify

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Filter narrows a list of notices; empty fields do not.
type Filter struct {
	RouteID string
	State   State
}

// Listed is a notice as a list shows it.
type Listed struct {
	Notice

	Route string // its name
	Held  bool   // it waits for a route that is paused or off
	Times int    // how often its group was heard of; 0 = it has none
}

// Notices returns notices, newest first.
func (s *Service) Notices(ctx context.Context, scope tenant.Scope, f Filter, c db.Cursor) (*db.Page[Listed], error) {
	var out *db.Page[Listed]
	err := s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		q := tx
		if f.RouteID != "" {
			q = q.Where("route_id = ?", f.RouteID)
		}
		if f.State != "" {
			q = q.Where("state = ?", f.State)
		}
		page, err := db.List(q, c, func(n *Notice) string { return n.ID })
		if err != nil {
			return err
		}
		out = &db.Page[Listed]{Total: page.Total, Start: page.Start, End: page.End}
		out.Items, err = describe(tx, page.Items)
		return err
	})
	return out, err
}

// describe adds to notices what a list shows of their routes and groups.
func describe(tx *gorm.DB, rows []Notice) ([]Listed, error) {
	out := make([]Listed, len(rows))
	if len(rows) == 0 {
		return out, nil
	}
	routeIDs, groupIDs := make([]string, len(rows)), []string{}
	for i := range rows {
		routeIDs[i] = rows[i].RouteID
		if rows[i].GroupID != nil {
			groupIDs = append(groupIDs, *rows[i].GroupID)
		}
	}
	var routes []Route
	if err := tx.Where("id IN ?", routeIDs).Find(&routes).Error; err != nil {
		return nil, fmt.Errorf("load notification routes: %w", err)
	}
	var found []Group
	if err := tx.Where("id IN ?", groupIDs).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("load notice groups: %w", err)
	}
	routeByID, times := map[string]*Route{}, map[string]int{}
	for i := range routes {
		routeByID[routes[i].ID] = &routes[i]
	}
	for i := range found {
		times[found[i].ID] = found[i].Count
	}
	for i := range rows {
		l := Listed{Notice: rows[i]}
		if r := routeByID[l.RouteID]; r != nil {
			l.Route, l.Held = r.Name, l.State == Pending && (r.Breaker == Open || !r.Enabled)
			if open := CircuitOpen; l.Held && r.Enabled {
				l.Code = &open
			}
		}
		if l.GroupID != nil {
			l.Times = times[*l.GroupID]
		}
		out[i] = l
	}
	return out, nil
}

// Groups returns faults that were heard of more than once, newest first.
func (s *Service) Groups(ctx context.Context, scope tenant.Scope, c db.Cursor) (page *db.Page[Group], err error) {
	err = s.DB.In(ctx, scope, func(tx *gorm.DB) error {
		page, err = db.List(tx, c, func(g *Group) string { return g.ID })
		return err
	})
	return page, err
}
