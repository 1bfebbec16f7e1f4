package request

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

// Service is the log. It is written behind the requests' backs: a caller never
// waits for it, and what does not fit is left out.
type Service struct {
	DB      *db.DB
	Box     *secret.Box
	Metrics *telemetry.Metrics
	Keep    time.Duration // how long requests are kept
	Now     func() time.Time

	swept atomic.Int64 // when nothing old was left, in Unix nanoseconds
	once  sync.Once
	log   db.Behind[entry]
}

type entry struct {
	scope  tenant.Scope
	row    Request
	bodies *Bodies
}

// Record takes a request for the log. bodies may be nil.
func (s *Service) Record(scope tenant.Scope, r Request, bodies *Bodies) {
	s.begun().Add(entry{scope, r, bodies})
}

// Close writes what waits, and takes no more.
func (s *Service) Close() { s.begun().Close() }

func (s *Service) begun() *db.Behind[entry] {
	s.once.Do(func() {
		s.log.Copy, s.log.Owner, s.log.Lost = s.copy, func(e entry) tenant.Scope { return e.scope }, s.lost
	})
	return &s.log
}

// lost counts what was not written.
func (s *Service) lost(n int, err error) {
	s.Metrics.Unlogged.Add(float64(n))
	if err != nil {
		slog.Warn("requests are missing in the log", "count", n, "error", err)
	}
}

var columns = []string{
	"id", "environment_id", "request_id", "account_id", "external_user_id", "app", "method", "host", "path", "status", "error",
	"duration_ms", "bytes_in", "bytes_out", "refreshed", "retried", "redirects", "bodies", "created_at",
}

// copy writes entries in the one way that costs the database least. It names the
// owner of each row itself.
func (s *Service) copy(ctx context.Context, group []entry) error {
	return s.DB.Pipe(ctx, func(c *pgx.Conn) error {
		if _, err := c.CopyFrom(ctx, pgx.Identifier{Request{}.TableName()}, columns, s.source(group)); err != nil {
			return fmt.Errorf("insert requests: %w", err)
		}
		return nil
	})
}

// source gives entries to the database.
func (s *Service) source(group []entry) pgx.CopyFromSource {
	values := make([]any, 0, len(columns))
	i := 0
	return pgx.CopyFromFunc(func() ([]any, error) {
		if i == len(group) {
			return nil, nil
		}
		e := &group[i]
		r := &e.row
		i++
		r.ID, r.EnvironmentID = id.New("preq"), e.scope.Environment()
		if e.bodies != nil {
			plain, err := json.Marshal(e.bodies)
			if err != nil {
				return nil, fmt.Errorf("encode bodies: %w", err)
			}
			if r.Bodies, err = s.Box.Seal(plain, associated(r.EnvironmentID, r.ID)); err != nil {
				return nil, fmt.Errorf("seal bodies: %w", err)
			}
		}
		return append(values,
			r.ID, r.EnvironmentID, r.RequestID, r.AccountID, r.ExternalUserID, r.App, r.Method, r.Host, r.Path, r.Status, r.Error,
			r.DurationMs, r.BytesIn, r.BytesOut, r.Refreshed, r.Retried, r.Redirects, r.Bodies, r.CreatedAt), nil
	})
}
