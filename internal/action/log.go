package action

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/operation"
	"github.com/patchbay-dev/patchbay/internal/tenant"
)

type entry struct {
	scope tenant.Scope
	run   *Run
	logs  *Record
}

// note takes a run for the log that its caller has waited for.
func (s *Service) note(ctx context.Context, scope tenant.Scope, r *Run, u *Use, j *operation.Job, out *Outcome) {
	now := s.Now()
	rules := s.rules(ctx, scope)
	r.Status, r.Failure, r.FinishedAt = out.status(), out.Failure.logged(rules), &now
	s.begun().Add(entry{scope, r, out.record(u, secretProps(j), true, rules)})
}

// Close writes what waits of the log, and takes no more.
func (s *Service) Close() { s.begun().Close() }

func (s *Service) begun() *db.Behind[entry] {
	s.logging.Do(func() {
		s.log.Copy, s.log.Owner, s.log.Lost = s.copy, func(e entry) tenant.Scope { return e.scope }, s.lost
	})
	return &s.log
}

func (s *Service) lost(n int, err error) {
	s.Metrics.Unnoted.Add(float64(n))
	if err != nil {
		slog.Warn("runs of actions are missing in the log", "count", n, "error", err)
	}
}

var columns = []string{
	"id", "environment_id", "component_key", "component_version", "app", "account_id", "external_user_id", "status", "background", "repeatable",
	"input_hash", "failure", "logs", "attempts", "created_at", "started_at", "finished_at",
	"caller_kind", "caller_id", "caller_name", "via", "arguments_hash", "approval_id",
}

// copy writes entries in the one way that costs the database least. It names the
// owner of each row itself.
func (s *Service) copy(ctx context.Context, group []entry) error {
	return s.DB.Pipe(ctx, func(c *pgx.Conn) error {
		values, i := make([]any, 0, len(columns)), -1
		from := pgx.CopyFromFunc(func() ([]any, error) {
			if i++; i == len(group) {
				return nil, nil
			}
			r := group[i].run
			logs, err := s.seal(ofLogs, r, group[i].logs)
			if err != nil {
				return nil, err
			}
			var failure any
			if r.Failure != nil {
				words, _ := json.Marshal(r.Failure) // texts and a number always marshal
				failure = string(words)
			}
			return append(values, r.ID, group[i].scope.Environment(), r.ComponentKey, r.ComponentVersion, r.App, r.AccountID, r.ExternalUserID, string(r.Status), false, r.Repeatable,
				r.InputHash, failure, logs, 1, r.CreatedAt, r.StartedAt, r.FinishedAt,
				r.CallerKind, r.CallerID, r.CallerName, string(r.Via), r.ArgumentsHash, r.ApprovalID), nil
		})
		if _, err := c.CopyFrom(ctx, pgx.Identifier{Run{}.TableName()}, columns, from); err != nil {
			return fmt.Errorf("insert runs: %w", err)
		}
		return nil
	})
}
