package webhook_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// However many deliveries wait at an endpoint, to claim some and to write them
// down reads these and no others, before the planner knows the table and after.
func TestTurnReadsWhatItTakes(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"a table that the planner does not know": false, "one that it knows": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			turnReadsWhatItTakes(t, known)
		})
	}
}

func turnReadsWhatItTakes(t *testing.T, known bool) {
	r, to := newRig(t), testkit.NewReceiver(t)
	endpoint, _ := r.project(to.URL)
	for range 8 {
		r.emit(500, webhook.To{Trigger: "hi_x"})
	}
	if known {
		if err := r.DB.System(t.Context(), func(tx *gorm.DB) error { return tx.Exec("ANALYZE deliveries, events").Error }); err != nil {
			t.Fatal(err)
		}
	}
	read := func(b *db.Batch) (n int) {
		b.Queue("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname IN ('deliveries', 'events')").Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, pgx.RowTo[int])
			for _, f := range found {
				n += f
			}
			return err
		})
		if err := b.Send(); err != nil {
			t.Fatal(err)
		}
		return n
	}
	err := r.DB.Batch(t.Context(), r.scope, func(b *db.Batch) error {
		e := webhook.Lock(b, endpoint)
		before := read(b)
		claimed, err := webhook.Claim(b, e, "lease_1", webhook.InFlight, r.Now())
		if err != nil || len(claimed) != webhook.InFlight {
			t.Fatalf("%d claimed, %v", len(claimed), err)
		}
		if n := read(b) - before; n > 10*webhook.InFlight {
			t.Errorf("%d rows read to claim %d", n, webhook.InFlight)
		}
		before = read(b)
		done := make([]webhook.Outcome, len(claimed))
		for i, d := range claimed {
			done[i] = webhook.Outcome{ID: d, LeaseID: "lease_1", State: webhook.Delivered, AttemptID: id.New("att"), Number: 1, StartedAt: r.Now()}
		}
		webhook.Complete(b, done, r.Now())
		if n := read(b) - before; n > 10*webhook.InFlight {
			t.Errorf("%d rows read to write down %d", n, webhook.InFlight)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
