package component

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// Shipped are the components that ship, in the order of their keys: the files
// actions/*.yaml and triggers/*.yaml of the apps' folders, and the triggers that
// need no app. They are read once and side by side.
var Shipped = sync.OnceValues(func() ([]*Component, error) {
	files := catalog.Files()
	apps, err := catalog.Load("", "http://127.0.0.1") // which apps there are; nothing is asked of the address
	if err != nil {
		return nil, fmt.Errorf("load components: %w", err)
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	var mu sync.Mutex
	all := native()
	for _, app := range apps.List(catalog.Filter{}) {
		g.Go(func() error {
			of, err := ofApp(files, app)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, of...)
			return err
		})
	}
	err = g.Wait()
	slices.SortFunc(all, func(a, b *Component) int { return strings.Compare(a.Key, b.Key) })
	return all, err
})

func ofApp(files fs.FS, app *catalog.App) ([]*Component, error) {
	shared, of, err := sharedBy(files, app.Slug)
	if err != nil {
		return nil, err
	}
	var out []*Component
	for _, kind := range []Type{Action, Trigger} {
		folder := path.Join(of, string(kind)+"s")
		entries, err := fs.ReadDir(files, folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", folder, err)
		}
		for _, e := range entries {
			name, ok := strings.CutSuffix(e.Name(), ".yaml")
			if !ok {
				continue
			}
			src, err := fs.ReadFile(files, path.Join(folder, e.Name()))
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", e.Name(), err)
			}
			c, problems := Lint(app, shared, name, src)
			if len(problems) > 0 {
				return nil, fmt.Errorf("%s/%s: %s", folder, e.Name(), problems[0])
			}
			if c.Type != kind {
				return nil, fmt.Errorf("%s/%s: it is a %s", folder, e.Name(), c.Type)
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// SharedOf returns what the operations that ship with an app have in common:
// nothing for an app that does not ship.
func SharedOf(slug string) (*Shared, error) {
	shared, _, err := sharedBy(catalog.Files(), slug)
	return shared, err
}

// sharedBy is sharedOf for an app that may have its operations from another: of.
func sharedBy(files fs.FS, slug string) (shared *Shared, of string, err error) {
	if shared, err = sharedOf(files, slug); err != nil || shared.Of == "" {
		return shared, slug, err
	}
	of = shared.Of
	shared, err = sharedOf(files, of)
	return shared, of, err
}

// sharedOf reads what the operations of an app have in common.
func sharedOf(files fs.FS, slug string) (*Shared, error) {
	at := path.Join(slug, "shared.yaml")
	src, err := fs.ReadFile(files, at)
	if err != nil {
		return &Shared{}, nil //nolint:nilerr // nothing is in common
	}
	s, problems := LintShared(src)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%s: %s", at, problems[0])
	}
	return s, nil
}

// native are the triggers that need no app.
func native() []*Component {
	return []*Component{
		{
			Key: HTTPNewRequests, Type: Trigger, Name: "New HTTP Requests", Version: "0.1.0",
			Desc:  "Emit an event for each request to an address of its own.",
			Props: []Prop{{Name: "http", Type: "$.interface.http"}},
		},
		{
			Key: EmailNewEmail, Type: Trigger, Name: "New E-mail", Version: "0.1.0",
			Desc:  "Emit an event for each e-mail to an address of its own.",
			Props: []Prop{},
		},
		{
			Key: ScheduleCustomInterval, Type: Trigger, Name: "Custom Interval", Version: "0.1.0",
			Desc:  "Emit an event at an interval, or at the times of a cron expression.",
			Props: []Prop{{Name: "timer", Type: "$.interface.timer", Label: "When", Default: map[string]any{"intervalSeconds": float64(DefaultEvery)}}},
		},
	}
}
