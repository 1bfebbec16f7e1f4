package appfile

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
	"github.com/patchbay-dev/patchbay/internal/project"
)

const (
	// believed is how long a view is used without a look at the database.
	believed = time.Second
	// patience is how long such a look may take. It is the work of all who wait
	// for it, so no one caller's end is its own.
	patience = 5 * time.Second
)

// view is what a workspace sees: never changed, only put in the place of another.
type view struct {
	catalog  *catalog.Catalog
	own      map[string]parsed // by slug
	revision int64
	at       time.Time // when the database was looked at
}

// parsed is a file that was read once. The app is nil when this version of
// Patchbay finds something wrong with it.
type parsed struct {
	version int
	app     *catalog.App
}

// views are the views in use, and which workspace a project is of, which never changes.
type views struct {
	once       sync.Once
	mu         sync.Mutex // of byID, when a view takes the place of an older one
	byID       *lru.Cache[string, *view]
	workspaces *lru.Cache[string, string]
	looks      singleflight.Group
}

func (s *Service) cache() *views {
	s.views.once.Do(func() {
		s.views.byID, _ = lru.New[string, *view](1_000)         // errs on sizes below one only
		s.views.workspaces, _ = lru.New[string, string](10_000) // likewise
	})
	return &s.views
}

// For returns the apps of a project. It may read the database: call it before
// a transaction and not within one.
func (s *Service) For(ctx context.Context, projectID string) (*catalog.Catalog, error) {
	workspaceID, err := s.Workspace(ctx, projectID)
	if err != nil {
		return nil, err
	}
	return s.Of(ctx, workspaceID)
}

// Workspace returns which workspace a project is of. It may read the database, as
// For does.
func (s *Service) Workspace(ctx context.Context, projectID string) (workspaceID string, err error) {
	if workspaceID, ok := s.cache().workspaces.Get(projectID); ok {
		return workspaceID, nil
	}
	err = s.DB.Project(ctx, projectID, func(tx *gorm.DB) error {
		p, err := project.Current(tx)
		if err == nil {
			workspaceID = p.WorkspaceID
		}
		return err
	})
	if err != nil {
		return "", err
	}
	s.cache().workspaces.Add(projectID, workspaceID)
	return workspaceID, nil
}

// App returns an app of a project, by slug or id, as For does.
func (s *Service) App(ctx context.Context, projectID, slugOrID string) (*catalog.App, error) {
	apps, err := s.For(ctx, projectID)
	if err != nil {
		return nil, err
	}
	return apps.Get(slugOrID)
}

// Of returns the apps of a workspace, as For does. It is the same catalogue until
// something changes of which Advance was told.
func (s *Service) Of(ctx context.Context, workspaceID string) (*catalog.Catalog, error) {
	last, ok := s.cache().byID.Get(workspaceID)
	if ok && s.Now().Sub(last.at) < believed {
		return last.catalog, nil
	}
	look := s.views.looks.DoChan(workspaceID, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return s.look(ctx, workspaceID, last)
	})
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("load apps: %w", ctx.Err())
	case got := <-look:
		if got.Err != nil {
			return nil, got.Err
		}
		return got.Val.(*view).catalog, nil //nolint:forcetypeassert // look returns no other
	}
}

// Public returns an app as the world sees it.
func (s *Service) Public(a *catalog.App) catalog.Public { return s.Shipped.Public(a) }

// look asks the database whether the last view still holds, and puts a new one
// in its place. While the database is away the last one holds.
func (s *Service) look(ctx context.Context, workspaceID string, last *view) (*view, error) {
	next, err := s.load(ctx, workspaceID, last)
	switch {
	case err != nil && last == nil:
		return nil, fmt.Errorf("load apps: %w", err)
	case err != nil:
		slog.WarnContext(ctx, "apps are as they were last seen", "workspace", workspaceID, "error", err)
		held := *last
		held.at = s.Now()
		next = &held
	}
	return s.cache().put(workspaceID, next), nil
}

// put keeps the newer of a view and the one that is there.
func (v *views) put(workspaceID string, next *view) *view {
	v.mu.Lock()
	defer v.mu.Unlock()
	if there, ok := v.byID.Get(workspaceID); ok && there.revision > next.revision {
		return there
	}
	v.byID.Add(workspaceID, next)
	return next
}

// load reads a workspace's files, and parses those that the last view has not.
func (s *Service) load(ctx context.Context, workspaceID string, last *view) (*view, error) {
	next := &view{catalog: s.Shipped, own: map[string]parsed{}, at: s.Now()}
	var files []File
	var logos []Logo
	err := s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) (err error) {
		if next.revision, err = revision(tx); err != nil || next.revision == 0 || last != nil && last.revision == next.revision {
			return err
		}
		if files, err = current(tx); err != nil {
			return err
		}
		logos, err = logosOf(tx)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case last != nil && last.revision == next.revision:
		next.catalog, next.own = last.catalog, last.own
		return next, nil
	}
	for _, f := range files {
		if last != nil && last.own[f.Slug].version == f.Version {
			next.own[f.Slug] = last.own[f.Slug]
			continue
		}
		app, problems := s.Shipped.Read([]byte(*f.Source))
		if len(problems) > 0 {
			slog.ErrorContext(ctx, "an app file is not used", "workspace", workspaceID, "app", f.Slug, "version", f.Version, "problem", problems[0].String())
			app = nil
		}
		next.own[f.Slug] = parsed{f.Version, app}
	}
	next.catalog = s.Shipped.With(s.dress(next.own, logos)...)
	return next, nil
}

// dress returns the apps that differ from the shipped ones: own ones, and those
// that have a logo of the workspace's.
func (s *Service) dress(own map[string]parsed, logos []Logo) []*catalog.App {
	apps := map[string]*catalog.App{}
	for slug, p := range own {
		if p.app != nil {
			apps[slug] = p.app
		}
	}
	for _, l := range logos {
		a, ok := apps[l.Slug]
		if !ok {
			var err error
			if a, err = s.Shipped.Get(l.Slug); err != nil {
				continue // of a file that was taken away
			}
		}
		dressed := *a
		dressed.Logo = l.path()
		apps[l.Slug] = &dressed
	}
	out := make([]*catalog.App, 0, len(apps))
	for _, a := range apps {
		out = append(out, a)
	}
	return out
}
