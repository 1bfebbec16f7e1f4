package retention_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// log writes a request, a run of an action and one that is under way, now.
func (r *rig) log(s tenant.Scope) {
	r.t.Helper()
	now := r.clock.Now()
	err := r.DB.In(r.t.Context(), s, func(tx *gorm.DB) error {
		if err := tx.Exec(`INSERT INTO proxy_requests (id, request_id, account_id, external_user_id, app, method, host, path, status, duration_ms, bytes_in, bytes_out, refreshed, retried, redirects, created_at)
			VALUES (?, 'r', 'a', 'u', 'acme', 'GET', 'h', '/', 200, 1, 0, 0, false, false, 0, ?)`, id.At("preq", now)[:21]+id.New("x")[19:28], now).Error; err != nil {
			return err
		}
		for status, over := range map[string]any{"failed": now, "running": nil} {
			err := tx.Exec(`INSERT INTO action_runs (id, component_key, component_version, app, account_id, external_user_id, status, background, input_hash, attempts, lease_id, repeatable, created_at, started_at, finished_at, lease_until)
				VALUES (?, 'k', '1', 'acme', '', 'u', ?, false, '', 1, '', false, ?, ?, ?, ?)`, id.At("arun", now)[:21]+id.New("x")[19:28], status, now, now, over, now).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// What a project keeps for less time than the installation goes when it says, in
// both kinds by itself; others' stays, and so does what is not over.
func TestProjectsKeepLess(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	mine, other := r.scope, testkit.Scope(t, r.DB)
	r.set("UPDATE projects SET event_keep_days = 3, log_keep_days = 5 WHERE id = ?", mine.Project())
	count := func(s tenant.Scope) (n struct{ Events, Deliveries, Attempts, Requests, Actions int }) {
		t.Helper()
		err := r.DB.In(t.Context(), s, func(tx *gorm.DB) error {
			return tx.Raw(`SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM deliveries) AS deliveries, (SELECT count(*) FROM attempts) AS attempts,
				(SELECT count(*) FROM proxy_requests) AS requests, (SELECT count(*) FROM action_runs) AS actions`).Scan(&n).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, s := range []tenant.Scope{mine, other} {
		r.scope = s
		r.emit(webhook.Delivered)
		r.emit(webhook.Pending)
		r.log(s)
	}
	all := count(other)
	r.sweepRuns()
	if diff := cmp.Diff(all, count(mine)); diff != "" {
		t.Error("at once:", diff)
	}
	r.clock.Pass(4 * day)
	r.sweepRuns()
	want := all
	want.Events, want.Deliveries, want.Attempts = 1, 1, 1
	if diff := cmp.Diff(want, count(mine)); diff != "" {
		t.Error("after four days:", diff)
	}
	r.clock.Pass(2 * day)
	r.sweepRuns()
	want.Requests, want.Actions = 0, 1
	if diff := cmp.Diff(want, count(mine)); diff != "" {
		t.Error("after six days:", diff)
	}
	if diff := cmp.Diff(all, count(other)); diff != "" {
		t.Error("another project's:", diff)
	}
}
