// Package queue is the only door to Asynq. A task is a nudge: it names a row
// to look at and carries no facts, for the facts are in PostgreSQL.
package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"github.com/patchbay-dev/patchbay/internal/telemetry"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

type ref struct {
	Project     string `json:"project"`
	Environment string `json:"environment"`
	Name        string `json:"name"`
	ID          string `json:"id"`
}

// Client sends nudges.
type Client struct{ asynq *asynq.Client }

// NewClient returns a client of the Redis at c.
func NewClient(c Connection) *Client { return &Client{asynq.NewClient(c)} }

// Close ends the connection.
func (c *Client) Close() error { return c.asynq.Close() }

// Ping reports whether Redis answers.
func (c *Client) Ping() error { return c.asynq.Ping() }

// Nudge asks a worker to look at a row now. It is called after the commit and
// returns nothing: a nudge that is lost is made good by a sweep.
func (c *Client) Nudge(ctx context.Context, task string, s tenant.Scope, id string) {
	body, _ := json.Marshal(ref{s.Project(), s.Environment(), s.EnvironmentName(), id}) // strings always marshal
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)       // a caller that hangs up has still committed
	defer cancel()
	_, err := c.asynq.EnqueueContext(ctx, asynq.NewTask(task, body), asynq.MaxRetry(3), asynq.Timeout(10*time.Minute))
	if err != nil {
		slog.WarnContext(ctx, "nudge lost", "task", task, "id", id, "error", err)
	}
}

// Server does tasks.
type Server struct {
	asynq   *asynq.Server
	mux     *asynq.ServeMux
	metrics *telemetry.Metrics
}

// NewServer returns a server that does up to concurrency tasks at once and,
// when it stops, waits drain for those under way.
func NewServer(c Connection, concurrency int, drain time.Duration, m *telemetry.Metrics) *Server {
	return &Server{mux: asynq.NewServeMux(), metrics: m, asynq: asynq.NewServer(c, asynq.Config{
		Concurrency:       concurrency,
		TaskCheckInterval: 10 * time.Millisecond, // when idle; the default of a second is felt by people
		ShutdownTimeout:   drain,
		LogLevel:          asynq.WarnLevel,
		Logger:            logger{},
	})}
}

// Handle registers fn for a task. fn must be idempotent: a task is delivered
// at least once, and two deliveries may run at the same time.
func (s *Server) Handle(task string, fn func(ctx context.Context, s tenant.Scope, id string) error) {
	s.mux.HandleFunc(task, func(ctx context.Context, t *asynq.Task) error {
		var r ref
		if err := json.Unmarshal(t.Payload(), &r); err != nil {
			return fmt.Errorf("decode %s: %w: %w", task, err, asynq.SkipRetry)
		}
		ctx = telemetry.With(ctx, slog.String("task", task), slog.String("id", r.ID))
		began := time.Now() //nolint:forbidigo // measures, decides nothing
		err := fn(ctx, tenant.NewScope(r.Project, r.Environment, r.Name), r.ID)
		s.metrics.Tasks.WithLabelValues(task, fmt.Sprint(err == nil)).Observe(time.Since(began).Seconds())
		if err != nil {
			slog.ErrorContext(ctx, "task failed", "error", err)
		}
		return err
	})
}

// Start begins to take tasks and returns.
func (s *Server) Start() error {
	if err := s.asynq.Start(s.mux); err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	return nil
}

// Shutdown takes no more tasks and waits for those under way.
func (s *Server) Shutdown() { s.asynq.Shutdown() }

// logger writes Asynq's own lines through slog.
type logger struct{}

func (logger) Debug(a ...any) { slog.Debug("asynq", "text", text(a)) }
func (logger) Info(a ...any)  { slog.Info("asynq", "text", text(a)) }
func (logger) Warn(a ...any)  { slog.Warn("asynq", "text", text(a)) }
func (logger) Error(a ...any) { slog.Error("asynq", "text", text(a)) }
func (logger) Fatal(a ...any) { slog.Error("asynq", "text", text(a)) }

func text(a []any) string { return strings.TrimSpace(fmt.Sprint(a...)) }
