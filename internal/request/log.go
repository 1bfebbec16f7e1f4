package request

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

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
	for first := range s.in {
		group, open := []entry{first}, true
		enough := time.NewTimer(pause)
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
	}
}

// insert writes a group, each environment's part in its own transaction.
func (s *Service) insert(group []entry) {
	byScope := map[tenant.Scope][]entry{}
	for _, e := range group {
		byScope[e.scope] = append(byScope[e.scope], e)
	}
	for scope, part := range byScope {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		err := s.DB.In(ctx, scope, func(tx *gorm.DB) error { return s.rows(tx, scope, part) })
		cancel()
		if err != nil { // such as a project that was just deleted
			s.Metrics.Unlogged.Add(float64(len(part)))
			slog.WarnContext(ctx, "requests are missing in the log", "count", len(part), "error", err)
		}
	}
}

// rows inserts requests by columns, which costs a fraction of inserting them
// one by one.
func (s *Service) rows(tx *gorm.DB, scope tenant.Scope, part []entry) error {
	n := len(part)
	texts := make([][]string, 8) // id, request, account, user, app, method, host, path
	for i := range texts {
		texts[i] = make([]string, n)
	}
	status, redirects, ms := make([]int, n), make([]int, n), make([]int64, n)
	in, out := make([]int64, n), make([]int64, n)
	refreshed, retried := make([]bool, n), make([]bool, n)
	faults, bodies, at := make([]*string, n), make([][]byte, n), make([]time.Time, n)
	for i := range part {
		r := &part[i].row
		r.ID = id.New("preq")
		for j, v := range []string{r.ID, r.RequestID, r.AccountID, r.ExternalUserID, r.App, r.Method, r.Host, r.Path} {
			texts[j][i] = v
		}
		status[i], redirects[i], ms[i], in[i], out[i] = r.Status, r.Redirects, r.DurationMs, r.BytesIn, r.BytesOut
		refreshed[i], retried[i], faults[i], at[i] = r.Refreshed, r.Retried, r.Error, r.CreatedAt
		if part[i].bodies != nil {
			plain, err := json.Marshal(part[i].bodies)
			if err != nil {
				return fmt.Errorf("encode bodies: %w", err)
			}
			if bodies[i], err = s.Box.Seal(plain, associated(scope.Environment(), r.ID)); err != nil {
				return fmt.Errorf("seal bodies: %w", err)
			}
		}
	}
	_, err := tx.Statement.ConnPool.ExecContext(tx.Statement.Context, `INSERT INTO proxy_requests (id, request_id, account_id, external_user_id, app,
			method, host, path, status, redirects, duration_ms, bytes_in, bytes_out, refreshed, retried, error, bodies, created_at)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::int[],
			$11::bigint[], $12::bigint[], $13::bigint[], $14::boolean[], $15::boolean[], $16::text[], $17::bytea[], $18::timestamptz[])`,
		texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], texts[7], status, redirects, ms, in, out, refreshed, retried, faults, bodies, at)
	if err != nil {
		return fmt.Errorf("insert requests: %w", err)
	}
	return nil
}
