package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/patchbay-dev/patchbay/internal/appfile"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/component"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/operation"
)

// Registration is a server as a member names it.
type Registration struct {
	URL    string
	Name   string // of the app that is made; "" = its slug
	Auth   string // how it is signed in to, of an app that is made: none | bearer; "" = the app is there
	Token  string // a bearer token with which the tools are read; it is not kept
	Author string
}

// Save registers a server, or registers it anew: its tools are what it says now. An
// app that is not there is made. Sent twice, nothing else becomes of it.
func (s *Service) Save(ctx context.Context, workspaceID, app string, in Registration) (*Server, []catalog.Problem, error) {
	at, err := s.address(in.URL)
	if err != nil {
		return nil, nil, err
	}
	apps, err := s.Apps.Of(ctx, workspaceID)
	if err != nil {
		return nil, nil, err //nolint:wrapcheck // says what it did
	}
	known, err := apps.Get(app)
	switch {
	case err == nil:
		app = known.Slug
	case in.Auth == "":
		return nil, nil, ErrApp
	}
	open := in.Auth == "none"
	if known != nil && !open {
		if _, ok := known.Target(in.URL, nil); !ok {
			return nil, nil, ErrHost
		}
	}
	row, err := s.read(ctx, app, in.URL, in.Token)
	if err != nil {
		return nil, nil, err
	}
	if known == nil {
		_, problems, err := s.Apps.Save(ctx, workspaceID, app, appfile.Upload{Source: fileOf(app, at, in, row.speaks), Author: in.Author})
		if err != nil || len(problems) > 0 {
			return nil, problems, err //nolint:wrapcheck // a fault
		}
	}
	row.WorkspaceID, row.Open, row.Author, row.CreatedAt, row.AcceptedAt = workspaceID, open, in.Author, s.Now(), s.Now()
	return row, nil, s.pin(ctx, row)
}

// pin makes a server's tools actions, and writes the server down.
func (s *Service) pin(ctx context.Context, row *Server) error {
	tools := make([]*component.Component, len(row.Tools))
	for i := range row.Tools {
		tools[i] = row.Tools[i].component(row.App, row.URL, row.Open)
	}
	return s.Components.Pin(ctx, row.WorkspaceID, row.App, row.Author, tools, func(tx *gorm.DB) error { //nolint:wrapcheck // a fault
		old, err := one(tx, row.App)
		switch {
		case err == nil:
			row.CreatedAt = old.CreatedAt
		case !errors.Is(err, ErrNotFound):
			return err
		default:
			var n int64
			if err := tx.Model(&Server{}).Count(&n).Error; err != nil {
				return fmt.Errorf("count servers: %w", err)
			}
			if n >= maxServers {
				return ErrFull
			}
		}
		if err := tx.Clauses(clause.OnConflict{UpdateAll: true, Columns: []clause.Column{{Name: "workspace_id"}, {Name: "app"}}}).Create(row).Error; err != nil {
			return fmt.Errorf("insert server: %w", err)
		}
		return audit.RecordOf(tx, row.AcceptedAt, row.WorkspaceID, audit.Entry{Action: audit.MCPServerAccepted, Subject: row.App, Details: map[string]any{"url": row.URL, "tools": len(row.Tools), "digest": digest(row.Tools)}})
	})
}

// address reads the address of a server.
func (s *Service) address(text string) (*url.URL, error) {
	at, err := url.Parse(text)
	if err != nil || len(text) > 2000 || at.Hostname() == "" || at.User != nil || at.Fragment != "" || at.Scheme != "https" && (at.Scheme != "http" || !s.Insecure) {
		return nil, ErrURL
	}
	return at, nil
}

// direct sends requests of a server that no account is used with.
func (s *Service) direct(token string) operation.Do {
	return func(ctx context.Context, req *http.Request, target string) (*http.Response, error) {
		at, err := url.Parse(target)
		if err != nil {
			return nil, ErrURL
		}
		out := req.Clone(ctx)
		out.URL, out.Host, out.RequestURI = at, at.Host, ""
		if token != "" {
			out.Header.Set("Authorization", "Bearer "+token)
		}
		return s.Client.Do(out) //nolint:wrapcheck,gosec // door words it; a member named the server, and the guard keeps from what is private
	}
}

// read asks a server what it has.
func (s *Service) read(ctx context.Context, app, at, token string) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	v, err := s.visit(ctx, at, s.direct(token), nil)
	if err != nil {
		return nil, refused(err)
	}
	defer v.leave()
	tools, cannot, err := v.listed(ctx, app)
	if err != nil {
		return nil, refused(err)
	}
	out := &Server{App: app, URL: at, Tools: tools, Refused: cannot, LookedAt: s.Now()}
	if i := v.InitializeResult(); i != nil && i.ServerInfo != nil {
		out.Name, out.Version, out.speaks = clip(i.ServerInfo.Name), clip(i.ServerInfo.Version), i.ProtocolVersion
	}
	if len(tools) == 0 {
		return nil, emptied(cannot)
	}
	return out, nil
}

func emptied(cannot []Refused) error {
	if len(cannot) == 0 {
		return ErrNoTools
	}
	f := *ErrNoTools
	f.Message = fmt.Sprintf("The server has no tool that can be an action. Of %s: %s.", cannot[0].Name, cannot[0].Why)
	return &f
}

// refused is a fault from what went wrong on a visit.
func refused(err error) error {
	e, ok := errors.AsType[*operation.Error](err)
	if !ok {
		return err
	}
	f := *ErrFailed
	f.Message = e.Message
	if e.Status != 0 {
		return f.With(map[string]any{"status": e.Status})
	}
	return &f
}

// Look asks a server whether its tools are still those that were accepted. What is
// otherwise is kept beside them; why nothing was learned, too.
func (s *Service) Look(ctx context.Context, workspaceID, app, token string) (*Server, error) {
	row, err := s.Get(ctx, workspaceID, app)
	if err != nil {
		return nil, err
	}
	now, err := s.read(ctx, row.App, row.URL, token)
	if err != nil && !errors.Is(err, ErrNoTools) && !errors.Is(err, ErrFailed) {
		return nil, err
	}
	failure := ""
	if err != nil {
		failure, now = fault.Of(err).Message, &Server{Tools: nil}
	}
	return s.note(ctx, workspaceID, app, now.Tools, now.Refused, failure, true)
}

// note writes down what a look found. Where not all that a server has was to be seen,
// what is missing is not gone.
func (s *Service) note(ctx context.Context, workspaceID, app string, tools []Definition, cannot []Refused, failure string, all bool) (row *Server, err error) {
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		if row, err = one(tx.Clauses(clause.Locking{Strength: "UPDATE"}), app); err != nil {
			return err
		}
		row.LookedAt, row.Failure = s.Now(), nil
		if failure != "" {
			row.Failure = &failure
		} else {
			if !all {
				seen := byName(tools)
				for _, t := range row.Tools {
					if seen[t.Name] == nil {
						tools = append(tools, t)
					}
				}
				slices.SortFunc(tools, func(a, b Definition) int { return strings.Compare(a.Name, b.Name) })
			} else {
				row.Refused = cannot
			}
			had := row.Digest()
			row.Found = tools
			if len(row.Changes()) == 0 {
				row.Found = nil
			} else if is := row.Digest(); is != had {
				if err := audit.RecordOf(tx, row.LookedAt, workspaceID, audit.Entry{Action: audit.MCPServerChanged, Subject: app, Details: map[string]any{"changes": len(row.Changes()), "digest": is}}); err != nil {
					return err
				}
			}
		}
		if err := tx.Where("app = ?", app).Select("found", "refused", "failure", "looked_at").Updates(row).Error; err != nil {
			return fmt.Errorf("update server: %w", err)
		}
		return nil
	})
	return row, err
}

// Accept takes over what a look found: what was looked at, and nothing else.
func (s *Service) Accept(ctx context.Context, workspaceID, app, seen, author string) (*Server, error) {
	row, err := s.Get(ctx, workspaceID, app)
	if err != nil {
		return nil, err
	}
	if d := row.Digest(); d == "" || d != seen {
		return nil, ErrChanged
	}
	row.Tools, row.Found, row.Declined, row.Author, row.AcceptedAt = row.Found, nil, nil, author, s.Now()
	return row, s.pin(ctx, row)
}

// Decline notes that a member did not want what a look found, which is what was looked
// at. What was accepted goes on, and the same is not waited for again; declined twice,
// it is declined once.
func (s *Service) Decline(ctx context.Context, workspaceID, app, seen string) (row *Server, err error) {
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		if row, err = one(tx.Clauses(clause.Locking{Strength: "UPDATE"}), app); err != nil {
			return err
		}
		if d := row.Digest(); d == "" || d != seen {
			return ErrChanged
		}
		if !row.Waits() {
			return nil
		}
		row.Declined = &seen
		if err := tx.Where("app = ?", app).Select("declined").Updates(row).Error; err != nil {
			return fmt.Errorf("update server: %w", err)
		}
		return audit.RecordOf(tx, s.Now(), workspaceID, audit.Entry{Action: audit.MCPServerDeclined, Subject: app, Details: map[string]any{"changes": len(row.Changes()), "digest": seen}})
	})
	return row, err
}

// List returns a workspace's servers, by app.
func (s *Service) List(ctx context.Context, workspaceID string) (all []Server, err error) {
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		if err := tx.Order("app").Find(&all).Error; err != nil {
			return fmt.Errorf("load servers: %w", err)
		}
		return nil
	})
	return all, err
}

// Get returns a server.
func (s *Service) Get(ctx context.Context, workspaceID, app string) (row *Server, err error) {
	err = s.DB.Workspace(ctx, workspaceID, func(tx *gorm.DB) error {
		row, err = one(tx, app)
		return err
	})
	return row, err
}

// Remove takes a server and its actions away. Its app stays.
func (s *Service) Remove(ctx context.Context, workspaceID, app string) error {
	return s.Components.Unpin(ctx, workspaceID, app, func(tx *gorm.DB) error { //nolint:wrapcheck // a fault
		if err := db.Affected(tx.Where("app = ?", app).Delete(&Server{}), ErrNotFound); err != nil {
			return err //nolint:wrapcheck // a fault
		}
		return audit.RecordOf(tx, s.Now(), workspaceID, audit.Entry{Action: audit.MCPServerRemoved, Subject: app})
	})
}

func one(tx *gorm.DB, app string) (*Server, error) {
	return db.One[Server](tx.Where("app = ?", app), ErrNotFound)
}
