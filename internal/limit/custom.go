package limit

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/fault"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/token"
)

// Header names a custom limit in a request.
const Header = "X-Pd-Rate-Limit"

// ErrUnknown is returned for a token that is no limit of the workspace.
var ErrUnknown = fault.New(fault.Invalid, "rate_limit_unknown", "The header x-pd-rate-limit is not a token from POST /v1/connect/rate_limits.")

// custom is a limit that a customer made, to hold back its own users: a caller
// that sends its token is counted.
type custom struct {
	ID            string
	WorkspaceID   string
	TokenHash     []byte
	WindowSeconds int
	Requests      int
	CreatedAt     time.Time
}

// TableName maps the noun to its table.
func (custom) TableName() string { return "rate_limits" }

// Create makes a limit for a workspace and returns the token that names it.
func (s *Service) Create(ctx context.Context, workspaceID string, r Rate) (secret.Text, error) {
	raw := token.Hex("rl_", 16)
	c := &custom{
		ID: id.New("rl"), WorkspaceID: workspaceID, TokenHash: token.Hash(raw), WindowSeconds: int(r.Window / time.Second), Requests: r.Requests, CreatedAt: s.Now(),
	}
	err := s.DB.System(ctx, func(tx *gorm.DB) error {
		if err := tx.Create(c).Error; err != nil {
			return fmt.Errorf("insert rate limit: %w", err)
		}
		return audit.RecordOf(tx, c.CreatedAt, workspaceID, audit.Entry{Action: audit.RateLimitCreated, Subject: c.ID, Details: map[string]any{"requests": c.Requests, "window_seconds": c.WindowSeconds}})
	})
	return secret.Text(raw), err
}

// TakeCustom counts one request under the limit that a token names; "" names
// none. A limit does not change, so what was read once is known.
func (s *Service) TakeCustom(ctx context.Context, workspaceID, raw string) (Standing, error) {
	if s == nil || raw == "" {
		return Standing{}, nil
	}
	s.caches()
	hash := token.Hash(raw)
	c, ok := s.customs.Get(string(hash))
	if !ok {
		err := s.DB.Look(ctx, func(q *gorm.DB) error {
			row, err := db.One[custom](q.Where("token_hash = ?", hash), ErrUnknown)
			if err == nil {
				c = *row
			}
			return err
		})
		if err != nil {
			return Standing{}, err
		}
		s.customs.Add(string(hash), c)
	}
	if c.WorkspaceID != workspaceID {
		return Standing{}, ErrUnknown
	}
	return s.Count(ctx, c.ID, Rate{c.Requests, time.Duration(c.WindowSeconds) * time.Second})
}
