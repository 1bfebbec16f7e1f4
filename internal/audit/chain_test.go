package audit_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// chained is a workspace with some entries, and whoever may do anything to its database.
type chained struct {
	*audit.Service
	t         *testing.T
	clock     *testkit.Clock
	scope     tenant.Scope
	workspace string
	root      *pgx.Conn
}

func newChained(t *testing.T) *chained {
	t.Helper()
	at := testkit.DatabaseURL(t)
	d, err := db.Open(at, 8)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	super, err := url.Parse(os.Getenv("TEST_DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	here, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	super.Path = here.Path
	root, err := pgx.Connect(t.Context(), super.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close(context.Background()) })
	clock := testkit.NewClock()
	c := &chained{Service: &audit.Service{DB: d, Now: clock.Now}, t: t, clock: clock, scope: testkit.Scope(t, d), root: root}
	c.workspace = workspaceOf(t, d, c.scope)
	return c
}

func (c *chained) record(subjects ...string) {
	c.t.Helper()
	entries := make([]audit.Entry, len(subjects))
	for i, s := range subjects {
		entries[i] = audit.Entry{Action: audit.AccountDeleted, Subject: s, Details: map[string]any{"n": 12345678901234567, "f": 1.50, "text": "<&> ü", "z": nil, "a": []any{true, "x"}}}
	}
	err := c.DB.In(c.t.Context(), c.scope, func(tx *gorm.DB) error { return audit.Record(tx, c.clock.Now(), entries...) })
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *chained) sweep() {
	c.t.Helper()
	if err := c.Sweep(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

func (c *chained) verify(last int64, mark *audit.Mark) *audit.Chain {
	c.t.Helper()
	chain, err := c.Verify(c.t.Context(), c.workspace, last, mark)
	if err != nil {
		c.t.Fatal(err)
	}
	return chain
}

// forge does what only a superuser can: with the database's own guards off.
func (c *chained) forge(statements ...string) {
	c.t.Helper()
	for _, s := range append([]string{"SET session_replication_role = replica"}, statements...) {
		tag, err := c.root.Exec(c.t.Context(), s)
		if err != nil {
			c.t.Fatal(s, err)
		}
		if !strings.HasPrefix(s, "SET") && tag.RowsAffected() == 0 {
			c.t.Fatalf("%s did nothing", s)
		}
	}
}

// What a superuser does to the log behind our back is found, and the first entry
// that does not fit is named.
func TestForgeriesAreFound(t *testing.T) {
	t.Parallel()
	const third = "(SELECT entry_id FROM audit_seals WHERE seq = 3)"
	tests := map[string]struct {
		do   []string
		last int64
		says string
	}{
		"nothing":                  {nil, 0, ""},
		"nothing, of the end":      {nil, 2, ""},
		"a subject is altered":     {[]string{"UPDATE audit_log SET subject = 'apn_9' WHERE id = " + third}, 0, "Entry 3 "},
		"an actor is altered":      {[]string{"UPDATE audit_log SET actor_id = 'u_eve' WHERE id = " + third}, 0, "Entry 3 "},
		"a time is altered":        {[]string{"UPDATE audit_log SET created_at = created_at + interval '1 microsecond' WHERE id = " + third}, 0, "Entry 3 "},
		"details are altered":      {[]string{`UPDATE audit_log SET details = details || '{"n": 12345678901234568}' WHERE id = ` + third}, 0, "Entry 3 "},
		"a hash is altered":        {[]string{"UPDATE audit_seals SET hash = repeat('0', 64) WHERE seq = 3"}, 0, "Entry 3 "},
		"a row is dropped":         {[]string{"DELETE FROM audit_log WHERE id = " + third}, 0, "was taken out"},
		"a row goes with its seal": {[]string{"DELETE FROM audit_log WHERE id = " + third, "DELETE FROM audit_seals WHERE seq = 3"}, 0, "Entry 3 is missing"},
		"the last goes":            {[]string{"DELETE FROM audit_log WHERE id = (SELECT entry_id FROM audit_seals WHERE seq = 5)", "DELETE FROM audit_seals WHERE seq = 5"}, 0, "Entry 5 is missing"},
		"the first goes":           {[]string{"DELETE FROM audit_log WHERE id = (SELECT entry_id FROM audit_seals WHERE seq = 1)", "DELETE FROM audit_seals WHERE seq = 1"}, 0, "Entry 1 is missing"},
		"two rows are swapped": {[]string{
			"UPDATE audit_seals SET entry_id = entry_id || 'x' WHERE seq IN (2, 3)",
			"UPDATE audit_seals a SET entry_id = rtrim(b.entry_id, 'x') FROM audit_seals b WHERE (a.seq, b.seq) IN ((2, 3), (3, 2))",
		}, 0, "Entry 2 "},
		"two subjects are swapped": {[]string{"UPDATE audit_log SET subject = CASE subject WHEN 'apn_2' THEN 'apn_3' ELSE 'apn_2' END WHERE subject IN ('apn_2', 'apn_3')"}, 0, "Entry 2 "},
		"one is put in beside": {[]string{
			"INSERT INTO audit_log SELECT 'aud_0', workspace_id, project_id, environment, actor_kind, actor_id, actor_name, action, 'apn_7', external_user_id, details, address, request_id, created_at FROM audit_log WHERE id = " + third,
		}, 0, "aud_0 is in the log and not in its chain"},
		"the head is altered":             {[]string{"UPDATE audit_heads SET hash = repeat('1', 64)"}, 0, "another hash than its head"},
		"the head goes":                   {[]string{"DELETE FROM audit_heads"}, 0, "no head"},
		"the end, looked at by the end":   {[]string{"UPDATE audit_log SET subject = 'x' WHERE subject = 'apn_5'"}, 2, "Entry 5 "},
		"the begin, looked at by the end": {[]string{"UPDATE audit_log SET subject = 'x' WHERE subject = 'apn_1'"}, 2, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChained(t)
			c.record("apn_1", "apn_2")
			c.sweep()
			c.record("apn_3", "apn_4", "apn_5")
			c.sweep()
			c.forge(tt.do...)
			chain := c.verify(tt.last, nil)
			if tt.says == "" && (chain.Problem != "" || chain.To != 5 || chain.Pending != 0) || !strings.Contains(chain.Problem, tt.says) {
				t.Fatalf("%+v, want %q", chain, tt.says)
			}
		})
	}
}

// An entry that goes before it is sealed is missed, and one that waits is counted.
func TestTakenBeforeItWasSealed(t *testing.T) {
	t.Parallel()
	c := newChained(t)
	c.record("apn_1", "apn_2")
	if chain := c.verify(0, nil); chain.Problem != "" || chain.Pending != 2 {
		t.Fatalf("%+v", chain)
	}
	c.forge("DELETE FROM audit_log WHERE subject = 'apn_1'")
	c.sweep()
	if chain := c.verify(0, nil); !strings.Contains(chain.Problem, "before it was sealed") {
		t.Fatalf("%+v", chain)
	}
}

// Who makes the whole chain anew, or cuts its end off, is found by a mark that
// somebody kept elsewhere.
func TestMark(t *testing.T) {
	t.Parallel()
	c := newChained(t)
	c.record("apn_1", "apn_2", "apn_3")
	c.sweep()
	before := c.verify(0, nil)
	mark := &audit.Mark{WorkspaceID: c.workspace, Seq: before.To, Hash: before.Hash}
	c.record("apn_4")
	c.sweep()
	if chain := c.verify(0, mark); chain.Problem != "" {
		t.Fatal(chain.Problem)
	}
	anew := []string{"DELETE FROM audit_seals", "DELETE FROM audit_heads", "INSERT INTO audit_pending SELECT id, workspace_id FROM audit_log"}
	c.forge(append([]string{"DELETE FROM audit_log WHERE subject IN ('apn_3', 'apn_4')"}, anew...)...)
	c.sweep()
	if chain := c.verify(0, nil); chain.Problem != "" {
		t.Fatalf("a chain made anew fits by itself: %s", chain.Problem)
	}
	if chain := c.verify(0, mark); !strings.Contains(chain.Problem, "its end was cut off") {
		t.Fatalf("%+v", chain)
	}
	c.record("apn_5", "apn_6")
	c.sweep()
	if chain := c.verify(0, mark); !strings.Contains(chain.Problem, "the chain was made anew") {
		t.Fatalf("%+v", chain)
	}
}

// The owner of the database changes nothing either, nor takes away what the
// chain still begins with.
func TestChainIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	c := newChained(t)
	c.record("apn_1", "apn_2")
	c.sweep()
	c.record("apn_3")
	for _, query := range []string{
		"UPDATE audit_log SET subject = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log",
		"UPDATE audit_seals SET hash = 'x'", "DELETE FROM audit_seals", "TRUNCATE audit_seals",
		"UPDATE audit_heads SET hash = 'x'", "UPDATE audit_heads SET seq = 1", "UPDATE audit_heads SET base_seq = 1", "DELETE FROM audit_heads", "TRUNCATE audit_heads",
		"UPDATE audit_pending SET workspace_id = 'x'", "DELETE FROM audit_pending", "TRUNCATE audit_pending",
	} {
		do := func(tx *gorm.DB) error { return tx.Exec(query).Error }
		if c.DB.In(t.Context(), c.scope, do) == nil {
			t.Errorf("a tenant: %s was done", query)
		}
		if c.DB.System(t.Context(), do) == nil {
			t.Errorf("the owner: %s was done", query)
		}
	}
	c.sweep()
	if chain := c.verify(0, nil); chain.Problem != "" || chain.To != 3 {
		t.Fatalf("%+v", chain)
	}
}

// What is too old goes from the beginning, the rest is still checked, and that it
// went is an entry. Nothing that is young goes, whatever stands after it.
func TestExpire(t *testing.T) {
	t.Parallel()
	c := newChained(t)
	c.record("apn_1", "apn_2", "apn_3")
	c.sweep()
	c.clock.Pass(48 * time.Hour)
	c.record("apn_4")
	c.sweep()
	before := c.verify(0, nil)
	if n, err := c.Expire(t.Context(), c.workspace, c.clock.Now().Add(-24*time.Hour)); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := c.Expire(t.Context(), c.workspace, c.clock.Now().Add(-24*time.Hour)); n != 0 || err != nil {
		t.Fatal("twice:", n, err)
	}
	c.sweep()
	if chain := c.verify(0, &audit.Mark{WorkspaceID: c.workspace, Seq: before.To, Hash: before.Hash}); chain.Problem != "" || chain.From != 4 || chain.To != 5 {
		t.Fatalf("%+v", chain)
	}
	page, err := c.List(t.Context(), c.workspace, audit.Filter{}, db.Cursor{})
	if err != nil || page.Total != 2 || page.Items[0].Action != audit.LogExpired || page.Items[0].Details["entries"] != 3.0 || page.Items[1].Subject != "apn_4" {
		t.Fatal(page, err)
	}
	if n, err := c.Expire(t.Context(), c.workspace, c.clock.Now().Add(time.Hour)); n != 2 || err != nil {
		t.Fatal("all of them:", n, err)
	}
	c.sweep()
	c.forge("DELETE FROM audit_log", "DELETE FROM audit_seals")
	if chain := c.verify(0, nil); !strings.Contains(chain.Problem, "Entry 6 is missing") {
		t.Fatalf("%+v", chain)
	}
}

// Each workspace's log goes by its own setting, or by the installation's; by
// neither it stays.
func TestSweepOld(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		keep time.Duration // of the installation
		days int           // of the workspace
		left int           // of two entries, of 100 and of 20 days, with the one that tells what went
	}{
		"for ever":              {0, 0, 2},
		"by the installation":   {90 * day, 0, 2},
		"by the workspace":      {0, 90, 2},
		"the workspace longer":  {30 * day, 200, 2},
		"the workspace shorter": {200 * day, 30, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newChained(t)
			c.Keep = tt.keep
			if err := c.DB.System(t.Context(), func(tx *gorm.DB) error {
				return tx.Exec("UPDATE workspaces SET audit_keep_days = ? WHERE id = ?", tt.days, c.workspace).Error
			}); err != nil {
				t.Fatal(err)
			}
			c.record("apn_old")
			c.sweep()
			c.clock.Pass(80 * day)
			c.record("apn_young")
			c.sweep()
			c.clock.Pass(20 * day)
			for range 2 { // the second look is too early, and does nothing
				if err := c.SweepOld(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			page, err := c.List(t.Context(), c.workspace, audit.Filter{}, db.Cursor{})
			if err != nil || page.Total != tt.left {
				t.Fatal(page, err)
			}
			went := page.Items[0].Action == audit.LogExpired && page.Items[1].Subject == "apn_young"
			if stays := tt.keep == 0 && tt.days == 0 || tt.days == 200; went == stays {
				t.Errorf("%+v", page.Items)
			}
		})
	}
}

// Writers and sealers at once leave one chain with each entry in it once; a
// sealer that dies half-way leaves nothing.
func TestSealedOnce(t *testing.T) {
	t.Parallel()
	c := newChained(t)
	dead, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Sweep(dead); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	var g sync.WaitGroup
	for w := range 4 {
		g.Go(func() {
			for i := range 25 {
				err := c.DB.In(t.Context(), c.scope, func(tx *gorm.DB) error {
					return audit.Record(tx, c.clock.Now(), audit.Entry{Action: audit.AccountDeleted, Subject: fmt.Sprint(w, "_", i)})
				})
				if err != nil {
					t.Error(err)
				}
				if i%5 == 0 {
					if err := c.Sweep(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	g.Wait()
	c.sweep()
	if chain := c.verify(0, nil); chain.Problem != "" || chain.To != 100 || chain.Pending != 0 {
		t.Fatalf("%+v", chain)
	}
}

// BenchmarkRecord is what an entry costs who writes it; without is the same
// without the note that has it sealed.
func BenchmarkRecord(b *testing.B) {
	for _, name := range []string{"with", "without"} {
		b.Run(name, func(b *testing.B) {
			d := testkit.DB(b)
			s := testkit.Scope(b, d)
			if name == "without" {
				if err := d.System(b.Context(), func(tx *gorm.DB) error {
					return tx.Exec("ALTER TABLE audit_log DISABLE TRIGGER note_audit_entries").Error
				}); err != nil {
					b.Fatal(err)
				}
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := d.In(b.Context(), s, func(tx *gorm.DB) error {
						return audit.Record(tx, time.Now(), audit.Entry{Action: audit.CredentialsRead, Subject: "apn_1"})
					}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
