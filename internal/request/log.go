package request

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

const (
	waiting = 8192                   // requests that wait to be written; more are dropped and counted
	batch   = 500                    // written at once
	pause   = 250 * time.Millisecond // how long one may wait for company
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
	begin sync.Once
	mu    sync.RWMutex
	over  bool // after Close
	in    chan entry
	done  chan struct{}
}

type entry struct {
	scope  tenant.Scope
	row    Request
	bodies *Bodies
}

// Record takes a request for the log. bodies may be nil.
func (s *Service) Record(scope tenant.Scope, r Request, bodies *Bodies) {
	s.begin.Do(func() {
		s.in, s.done = make(chan entry, waiting), make(chan struct{})
		go s.write()
	})
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !s.over {
		select {
		case s.in <- entry{scope, r, bodies}:
			return
		default:
		}
	}
	s.Metrics.Unlogged.Inc()
}

// Close writes what waits, and takes no more.
func (s *Service) Close() {
	s.begin.Do(func() { s.in, s.done = make(chan entry), make(chan struct{}); close(s.done) })
	s.mu.Lock()
	over := s.over
	s.over = true
	s.mu.Unlock()
	if !over {
		close(s.in)
	}
	<-s.done
}

// write puts down what comes, some hundreds at a time.
func (s *Service) write() {
	defer close(s.done)
	group := make([]entry, 0, batch)
	for first := range s.in {
		group = append(group[:0], first)
		open, enough := true, time.NewTimer(pause)
	gather:
		for len(group) < batch && open {
			select {
			case e, ok := <-s.in:
				if open = ok; ok {
					group = append(group, e)
				}
			case <-enough.C:
				break gather
			}
		}
		enough.Stop()
		s.insert(group)
		clear(group) // what was written is nobody's any more
	}
}

// insert writes a group, whoever's its entries are. One that is refused, such as
// of a project that was just deleted, takes its environment's with it and no others.
func (s *Service) insert(group []entry) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := s.copy(ctx, group)
	if _, refused := errors.AsType[*pgconn.PgError](err); !refused {
		s.missing(ctx, len(group), err)
		return
	}
	byOwner := map[tenant.Scope][]entry{}
	for _, e := range group {
		byOwner[e.scope] = append(byOwner[e.scope], e)
	}
	for _, part := range byOwner {
		s.missing(ctx, len(part), s.copy(ctx, part))
	}
}

// missing counts what was not written.
func (s *Service) missing(ctx context.Context, n int, err error) {
	if err != nil {
		s.Metrics.Unlogged.Add(float64(n))
		slog.WarnContext(ctx, "requests are missing in the log", "count", n, "error", err)
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
