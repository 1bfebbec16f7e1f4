package webhook_test

import (
	"testing"

	"gorm.io/gorm"

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
	read := func(tx *gorm.DB) (n int) {
		if err := tx.Raw("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname IN ('deliveries', 'events')").Scan(&n).Error; err != nil {
			t.Fatal(err)
		}
		return n
	}
	r.in(func(tx *gorm.DB) error {
		e, err := webhook.Lock(tx, endpoint)
		if err != nil {
			return err
		}
		claimed, err := webhook.Claim(tx, e, "lease_1", webhook.InFlight, r.Now())
		if err != nil || len(claimed) != webhook.InFlight {
			t.Fatalf("%d claimed, %v", len(claimed), err)
		}
		if n := read(tx); n > 10*webhook.InFlight {
			t.Errorf("%d rows read to claim %d", n, webhook.InFlight)
		}
		before := read(tx)
		if events, err := webhook.EventsOf(tx, claimed); err != nil || len(events) != len(claimed) {
			t.Fatalf("%d events, %v", len(events), err)
		}
		if n := read(tx) - before; n > 2*webhook.InFlight {
			t.Errorf("%d rows read for %d events", n, webhook.InFlight)
		}
		before = read(tx)
		done := make([]webhook.Outcome, len(claimed))
		for i, d := range claimed {
			done[i] = webhook.Outcome{ID: d.ID, LeaseID: "lease_1", State: webhook.Delivered, AttemptID: id.New("att"), Number: 1, StartedAt: r.Now()}
		}
		if err := webhook.Complete(tx, done, r.Now()); err != nil {
			return err
		}
		if n := read(tx) - before; n > 10*webhook.InFlight {
			t.Errorf("%d rows read to write down %d", n, webhook.InFlight)
		}
		return nil
	})
}
