package access

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Wish is what somebody wants of a client or a key. What is nil is left as it is,
// or as it begins: for everything, everywhere, for ever.
type Wish struct {
	Name         *string
	Scopes       *[]string
	Projects     *[]string // none = all
	Environments *[]string // none = both
	Rate         *int      // requests in Window; 0 = no limit of its own
	Window       time.Duration
	ExpiresAt    *time.Time // the zero time = never
	Disabled     *bool
}

// words are how the two kinds are called.
var words = map[Kind]struct {
	prefix                    string
	missing                   *fault.Error
	created, changed, deleted string
}{
	OAuth: {"cli", ErrClientNotFound, audit.APIClientCreated, audit.APIClientChanged, audit.APIClientDeleted},
	Key:   {"pak", ErrKeyNotFound, audit.APIKeyCreated, audit.APIKeyChanged, audit.APIKeyRevoked},
}

// Create makes a client of a kind. The secret, or the key, is returned here and
// nowhere else.
func (s *Service) Create(ctx context.Context, workspaceID string, kind Kind, w Wish) (*Client, secret.Text, error) {
	raw := token.Hex("pbs_", 32)
	now := s.Now()
	c := &Client{ID: id.New(words[kind].prefix), WorkspaceID: workspaceID, Kind: kind, Scopes: []string{"*"}, ProjectIDs: []string{}, Environments: []string{}, CreatedAt: now, UpdatedAt: now}
	if kind == Key {
		raw = newKey()
		c.Hint = raw[:hintLen]
	}
	c.SecretHash = token.Hash(raw)
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := c.take(tx, w, now); err != nil {
			return err
		}
		if err := tx.Create(c).Error; err != nil {
			return fmt.Errorf("insert client: %w", err)
		}
		return audit.RecordOf(tx, c.CreatedAt, workspaceID, audit.Entry{Action: words[kind].created, Subject: c.ID, Details: c.shown()})
	})
	if err != nil {
		return nil, "", err
	}
	return c, secret.Text(raw), nil
}

// shown is what the audit log says of a client.
func (c *Client) shown() audit.View {
	return audit.View{
		"name": c.Name, "scopes": c.Scopes, "project_ids": c.ProjectIDs, "environments": c.Environments, "rate_requests": c.RateRequests, "rate_window_seconds": c.RateWindowSeconds,
		"expires_at": c.ExpiresAt, "disabled": c.DisabledAt != nil,
	}
}

// take fulfils a wish.
func (c *Client) take(tx *gorm.DB, w Wish, now time.Time) error {
	if w.Name != nil {
		c.Name = *w.Name
	}
	if w.Scopes != nil {
		if len(*w.Scopes) == 0 {
			return ErrNoScopes
		}
		for _, sc := range *w.Scopes {
			if !slices.Contains(Scopes, sc) {
				return ErrInvalidScope
			}
		}
		c.Scopes = distinct(*w.Scopes)
	}
	if w.Projects != nil {
		c.ProjectIDs = distinct(*w.Projects)
		if err := checkProjects(tx, c); err != nil {
			return err
		}
	}
	if w.Environments != nil {
		c.Environments = distinct(*w.Environments)
		for _, e := range c.Environments {
			if e != tenant.Development && e != tenant.Production {
				return ErrEnvironments
			}
		}
	}
	if w.Rate != nil {
		if c.RateRequests, c.RateWindowSeconds = *w.Rate, int(w.Window/time.Second); *w.Rate == 0 {
			c.RateWindowSeconds = 0
		}
	}
	if w.ExpiresAt != nil {
		switch c.ExpiresAt = w.ExpiresAt; {
		case w.ExpiresAt.IsZero():
			c.ExpiresAt = nil
		case !w.ExpiresAt.After(now):
			return ErrExpiry
		}
	}
	switch {
	case w.Disabled != nil && !*w.Disabled:
		c.DisabledAt = nil
	case w.Disabled != nil && c.DisabledAt == nil:
		c.DisabledAt = &now
	}
	return nil
}

// distinct returns a list in order, each once, and never nil.
func distinct(list []string) []string {
	return slices.Compact(append([]string{}, slices.Sorted(slices.Values(list))...))
}

// checkProjects checks that a client is bound to projects of its workspace.
func checkProjects(tx *gorm.DB, c *Client) error {
	if len(c.ProjectIDs) == 0 {
		return nil
	}
	var n int
	if err := tx.Raw("SELECT count(*) FROM projects WHERE workspace_id = ? AND id IN ?", c.WorkspaceID, c.ProjectIDs).Scan(&n).Error; err != nil {
		return fmt.Errorf("find projects: %w", err)
	}
	if n != len(c.ProjectIDs) {
		return ErrProjects
	}
	return nil
}

// Clients returns a workspace's clients of a kind, newest first.
func (s *Service) Clients(ctx context.Context, workspaceID string, kind Kind) (rows []Client, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		return tx.Where("workspace_id = ? AND kind = ?", workspaceID, kind).Order("id DESC").Find(&rows).Error
	})
	return rows, err
}

// Client returns a client of a workspace.
func (s *Service) Client(ctx context.Context, workspaceID string, kind Kind, clientID string) (c *Client, err error) {
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		c, err = one(tx, workspaceID, kind, clientID)
		return err
	})
	return c, err
}

func one(tx *gorm.DB, workspaceID string, kind Kind, clientID string) (*Client, error) {
	return db.One[Client](tx.Where("workspace_id = ? AND kind = ? AND id = ?", workspaceID, kind, clientID), words[kind].missing)
}

// change does something to a client while nobody else does. Other processes see
// it within half a minute, this one at once.
func (s *Service) change(ctx context.Context, workspaceID string, kind Kind, clientID string, do func(tx *gorm.DB, c *Client) error) (c *Client, err error) {
	defer s.cache().Purge() // after: what is verified meanwhile must not be remembered
	err = s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec("SELECT FROM clients WHERE id = ? FOR UPDATE", clientID).Error; err != nil {
			return fmt.Errorf("lock client: %w", err)
		}
		if c, err = one(tx, workspaceID, kind, clientID); err != nil {
			return err
		}
		if err := do(tx, c); err != nil {
			return err
		}
		return tx.Model(c).Select("*").UpdateColumns(c).Error
	})
	return c, err
}

// Update changes a client. may says whether who asks has what the client has and
// is to have: nobody gives or takes over more than they hold. seen is when what
// they saw had been changed last.
func (s *Service) Update(ctx context.Context, workspaceID string, kind Kind, clientID string, w Wish, may func(*Client) error, seen ...time.Time) (*Client, error) {
	return s.change(ctx, workspaceID, kind, clientID, func(tx *gorm.DB, c *Client) error {
		before, now := c.shown(), s.Now()
		if err := may(c); err != nil {
			return err
		}
		if err := fault.Unchanged(c.UpdatedAt, seen...); err != nil {
			return err
		}
		if err := c.take(tx, w, now); err != nil {
			return err
		}
		c.UpdatedAt = now
		if err := may(c); err != nil {
			return err
		}
		return audit.RecordOf(tx, now, workspaceID, audit.Entry{Action: words[kind].changed, Subject: c.ID, Details: audit.Changes(before, c.shown())})
	})
}

// Rotate gives a client a new secret, which is good at once. The old one is good
// for overlap longer; one that was older still is over.
func (s *Service) Rotate(ctx context.Context, workspaceID, clientID string, overlap time.Duration, may func(*Client) error) (*Client, secret.Text, error) {
	if overlap < 0 || overlap > MaxOverlap {
		return nil, "", ErrOverlap
	}
	raw := token.Hex("pbs_", 32)
	c, err := s.change(ctx, workspaceID, OAuth, clientID, func(tx *gorm.DB, c *Client) error {
		if err := may(c); err != nil {
			return err
		}
		now := s.Now()
		until := now.Add(overlap)
		c.PreviousHash, c.PreviousUntil = c.SecretHash, &until
		if overlap == 0 {
			c.PreviousHash, c.PreviousUntil = nil, nil
		}
		c.SecretHash = token.Hash(raw)
		return audit.RecordOf(tx, now, workspaceID, audit.Entry{Action: audit.APIClientRotated, Subject: c.ID, Details: map[string]any{"previous_secret_until": c.PreviousUntil}})
	})
	if err != nil {
		return nil, "", err
	}
	return c, secret.Text(raw), nil
}

// EndPrevious ends the secret before, whose time is not over yet.
func (s *Service) EndPrevious(ctx context.Context, workspaceID, clientID string) error {
	_, err := s.change(ctx, workspaceID, OAuth, clientID, func(tx *gorm.DB, c *Client) error {
		if c.Previous(s.Now()) == nil {
			return ErrNoPrevious
		}
		c.PreviousHash, c.PreviousUntil = nil, nil
		return audit.RecordOf(tx, s.Now(), workspaceID, audit.Entry{Action: audit.APIClientSecretOver, Subject: c.ID})
	})
	return err
}

// Delete removes a client, or revokes a key. What it had is refused within half a
// minute.
func (s *Service) Delete(ctx context.Context, workspaceID string, kind Kind, clientID string) error {
	defer s.cache().Purge() // after: a token that is verified meanwhile must not be remembered
	return s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := db.Affected(tx.Where("workspace_id = ? AND kind = ? AND id = ?", workspaceID, kind, clientID).Delete(&Client{}), words[kind].missing); err != nil {
			return err
		}
		return audit.RecordOf(tx, s.Now(), workspaceID, audit.Entry{Action: words[kind].deleted, Subject: clientID})
	})
}
