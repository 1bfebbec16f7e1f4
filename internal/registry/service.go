package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/document"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/operation"
)

// Upload is an operation file as a developer sends it.
type Upload struct {
	App    string // slug or id
	Source string // YAML
	Dev    bool   // it is being worked on: its version becomes …-dev, which may be written anew
	Author string
	Base   *string // the version that was edited, which has to be the newest; "" = there was none, nil = whatever is there
}

// Save makes a version of an operation of a workspace. A file with problems, or
// with an example that does not come out as it says, is not taken: they are
// returned. Sent twice, the same file is one version.
func (s *Service) Save(ctx context.Context, workspaceID, called string, in Upload) (*Release, []component.Problem, error) {
	c, v, problems, err := s.read(ctx, workspaceID, called, in)
	if err == nil && len(problems) == 0 {
		problems = failed(play(ctx, c, []byte(in.Source)))
	}
	if err != nil || len(problems) > 0 {
		return nil, problems, err
	}
	if in.Dev {
		v.Version += dev
	}
	v.CreatedAt = s.Now()
	err = s.change(ctx, workspaceID, func(tx *gorm.DB) error {
		there, err := releases(tx, v.Key)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(there, func(o Release) bool { return o.Version != v.Version && (o.App != v.App || o.Type != v.Type) }) {
			return ErrKind
		}
		again := slices.ContainsFunc(there, func(o Release) bool { return o.Version == v.Version })
		if again {
			old, err := one(tx, v.Key, v.Version)
			switch {
			case err != nil:
				return err
			case old.Source == nil:
				return ErrPackage
			case *old.Source == *v.Source && old.App == v.App:
				*v = *old
				return nil
			}
		}
		if err := in.begunWith(there); err != nil {
			return err
		}
		if again {
			if !in.Dev {
				return ErrExists
			}
			if err := tx.Where("key = ? AND version = ?", v.Key, v.Version).Delete(&Release{}).Error; err != nil {
				return fmt.Errorf("delete component: %w", err)
			}
		} else if n, err := count(tx); err != nil || n >= maxVersions {
			return orFull(err)
		}
		if err := tx.Create(v).Error; err != nil {
			return fmt.Errorf("insert component: %w", err)
		}
		return audit.RecordOf(tx, v.CreatedAt, workspaceID, audit.Entry{Action: audit.ComponentSaved, Subject: v.Key, Details: map[string]any{"version": v.Version}})
	})
	return v, nil, err
}

// begunWith refuses who has not seen the newest of the versions there are.
func (in *Upload) begunWith(there []Release) error {
	newest := ""
	if len(there) > 0 {
		newest = there[0].Version
	}
	if in.Base != nil && *in.Base != newest {
		return fault.ErrChanged
	}
	return nil
}

func orFull(err error) error {
	if err != nil {
		return err
	}
	return ErrFull
}

// read checks an upload before anything is written.
func (s *Service) read(ctx context.Context, workspaceID, called string, in Upload) (*component.Component, *Release, []component.Problem, error) {
	key, err := keyOf(called)
	if err != nil {
		return nil, nil, nil, err
	}
	if len(in.Source) > maxSource {
		return nil, nil, nil, ErrTooLarge
	}
	apps, err := s.Apps.Of(ctx, workspaceID)
	if err != nil {
		return nil, nil, nil, err //nolint:wrapcheck // says what it did
	}
	app, err := apps.Get(in.App)
	if err != nil {
		return nil, nil, nil, err //nolint:wrapcheck // a fault
	}
	v := &Release{WorkspaceID: workspaceID, Key: key, App: app.Slug, Source: &in.Source, Author: in.Author}
	c, problems := read(apps, v)
	if len(problems) > 0 {
		return nil, nil, problems, nil
	}
	v.Version, v.Type = c.Version, c.Type
	return c, v, nil, nil
}

// change does something to a workspace's components under its lock, and lets this
// process know of it at once.
func (s *Service) change(ctx context.Context, workspaceID string, do func(tx *gorm.DB) error) error {
	err := s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		if err := appfile.Advance(tx); err != nil {
			return err //nolint:wrapcheck // says what it did
		}
		return do(tx)
	})
	if err != nil {
		return err
	}
	return s.Apps.Seen(ctx, workspaceID) //nolint:wrapcheck // says what it did
}

func one(tx *gorm.DB, key, version string) (*Release, error) {
	return db.One[Release](tx.Where("key = ? AND version = ?", key, version), ErrVersion)
}

// Remove takes versions of a component away; version "" is all of them. It is
// refused while triggers are deployed with one, unless it is forced.
func (s *Service) Remove(ctx context.Context, workspaceID, called, version string, force bool) error {
	key, err := keyOf(called)
	if err != nil {
		return err
	}
	return s.change(ctx, workspaceID, func(tx *gorm.DB) error {
		used, err := usage(tx)
		if err != nil {
			return err
		}
		n := 0
		for v, triggers := range used[key] {
			if version == "" || v == version {
				n += triggers
			}
		}
		if n > 0 && !force {
			return inUse(key, n)
		}
		q, missing := tx.Where("key = ?", key), ErrNotFound
		if version != "" {
			q, missing = q.Where("version = ?", version), ErrVersion
		}
		if err := db.Affected(q.Delete(&Release{}), missing); err != nil {
			return err //nolint:wrapcheck // a fault
		}
		entry := audit.Entry{Action: audit.ComponentRemoved, Subject: key}
		if version != "" {
			entry.Details = map[string]any{"version": version}
		}
		return audit.RecordOf(tx, s.Now(), workspaceID, entry)
	})
}

// Played is what became of one example of a file.
type Played struct {
	Name  string
	Line  int
	Wrong []string // what was otherwise than it says; none = it came out
}

// Check says what is wrong with a file, and plays its examples when nothing is.
// Nothing is written, and no app is called.
func (s *Service) Check(ctx context.Context, workspaceID, called string, in Upload) ([]component.Problem, []Played, error) {
	c, _, problems, err := s.read(ctx, workspaceID, called, in)
	if err != nil || len(problems) > 0 {
		return problems, nil, err
	}
	return nil, play(ctx, c, []byte(in.Source)), nil
}

// playFor is how long the examples of a file may take: they call nobody.
const playFor = 10 * time.Second

func play(ctx context.Context, c *component.Component, source []byte) []Played {
	ctx, cancel := context.WithTimeout(ctx, playFor)
	defer cancel()
	out := make([]Played, len(c.Operation.Examples))
	for i := range c.Operation.Examples {
		e := &c.Operation.Examples[i]
		out[i] = Played{Name: e.Name, Line: document.LineOf(source, fmt.Sprintf("examples[%d]", i)), Wrong: operation.Play(ctx, c, e)}
	}
	return out
}

// failed are examples that did not come out, as problems of their file.
func failed(all []Played) (problems []component.Problem) {
	for i, p := range all {
		if len(p.Wrong) > 0 {
			problems = append(problems, component.Problem{Line: p.Line, Path: fmt.Sprintf("examples[%d]", i), Code: "example", Text: "the example does not come out: " + strings.Join(p.Wrong, "; ")})
		}
	}
	return problems
}
