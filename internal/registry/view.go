package registry

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
)

// patience is how long it may take to load a workspace's components. It is the
// work of all who wait for it, so no one caller's end is its own.
const patience = 5 * time.Second

// view is what a workspace has: never changed, only put in the place of another.
// It holds as long as the catalogue beside which it was read.
type view struct {
	apps     *catalog.Catalog
	registry *component.Registry
}

type views struct {
	once  sync.Once
	byID  *lru.Cache[string, *view] // by workspace
	loads singleflight.Group
}

func (s *Service) cache() *views {
	s.views.once.Do(func() { s.views.byID, _ = lru.New[string, *view](1_000) }) // errs on sizes below one only
	return &s.views
}

// For returns the components of a project. It may read the database: call it
// before a transaction and not within one.
func (s *Service) For(ctx context.Context, projectID string) (*component.Registry, error) {
	workspaceID, err := s.Apps.Workspace(ctx, projectID)
	if err != nil {
		return nil, err //nolint:wrapcheck // a fault
	}
	return s.Of(ctx, workspaceID)
}

// Of returns the components of a workspace, as For does.
func (s *Service) Of(ctx context.Context, workspaceID string) (*component.Registry, error) {
	apps, err := s.Apps.Of(ctx, workspaceID)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what it did
	}
	if last, ok := s.cache().byID.Get(workspaceID); ok && last.apps == apps {
		return last.registry, nil
	}
	load := s.views.loads.DoChan(fmt.Sprintf("%s %p", workspaceID, apps), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return s.load(ctx, workspaceID, apps)
	})
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("load components: %w", ctx.Err())
	case got := <-load:
		if got.Err != nil {
			return nil, got.Err
		}
		return got.Val.(*component.Registry), nil //nolint:forcetypeassert // load returns no other
	}
}

// Component returns a component of a project. version "" is the newest.
func (s *Service) Component(ctx context.Context, projectID string, of component.Type, key, version string) (*component.Component, error) {
	r, err := s.For(ctx, projectID)
	if err != nil {
		return nil, err
	}
	return r.Of(of, key, version) //nolint:wrapcheck // a fault
}

// Kept returns the component that something was deployed with, as Registry.Kept
// does.
func (s *Service) Kept(ctx context.Context, projectID string, of component.Type, key, version string) (*component.Component, error) {
	r, err := s.For(ctx, projectID)
	if err != nil {
		return nil, err
	}
	return r.Kept(of, key, version) //nolint:wrapcheck // a fault
}

func (s *Service) load(ctx context.Context, workspaceID string, apps *catalog.Catalog) (*component.Registry, error) {
	var rows []Release
	err := s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error { return tx.Find(&rows).Error })
	if err != nil {
		return nil, fmt.Errorf("load components: %w", err)
	}
	all := s.Shipped()
	if len(rows) > 0 {
		var own []*component.Component
		for i := range rows {
			c, problems := read(apps, &rows[i])
			if len(problems) > 0 {
				slog.ErrorContext(ctx, "a component is not used", "workspace", workspaceID, "component", rows[i].Key, "version", rows[i].Version, "problem", problems[0].String())
				continue
			}
			own = append(own, plain(c))
		}
		all = all.With(own...)
	}
	s.cache().byID.Add(workspaceID, &view{apps, all})
	return all, nil
}

// read makes a component of its row. What is wrong with it depends on its app,
// which may have changed since.
func read(apps *catalog.Catalog, v *Release) (*component.Component, []component.Problem) {
	if d := v.Described; d != nil {
		return &component.Component{
			Key: v.Key, App: v.App, Type: v.Type, Version: v.Version, Name: d.Name, Desc: d.Desc, Effect: d.Effect, Props: d.Props, Code: d.Code, Tool: d.Tool,
		}, nil
	}
	app, err := apps.Get(v.App)
	if err != nil {
		return nil, []component.Problem{{Code: "app_unknown", Text: fmt.Sprintf("there is no app %q", v.App)}}
	}
	shared, err := component.SharedOf(app.Slug)
	if err != nil {
		return nil, []component.Problem{{Code: "shared", Text: err.Error()}}
	}
	c, problems := component.Lint(app, shared, v.Key, []byte(*v.Source))
	if c != nil {
		c.Key = v.Key
		if v.Version != "" {
			c.Version = v.Version
		}
	}
	return c, problems
}

// plain returns a component without the examples of its file: nobody plays them
// when it is used.
func plain(c *component.Component) *component.Component {
	if c.Operation == nil {
		return c
	}
	one, o := *c, *c.Operation
	o.Examples = nil
	one.Operation = &o
	return &one
}
