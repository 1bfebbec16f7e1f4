package webhook_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// An event that is emitted by itself and delivered costs five rows (itself, its
// delivery, an attempt, and of the first two a note that they were used, which no index
// has) and two changes of one (it is claimed, it is delivered), however many there are.
func TestDeliveryKeepsToItsBudget(t *testing.T) {
	t.Parallel()
	r, to, beside := newRig(t), testkit.NewReceiver(t), testkit.DB(t)
	endpoint := r.quick(to.URL)
	var name string
	r.in(func(tx *gorm.DB) error { return tx.Raw("SELECT current_database()").Scan(&name).Error })
	wrote := func() (inserts, updates int) {
		if err := r.DB.Close(); err != nil { // a connection that ends has told what it did
			t.Fatal(err)
		}
		testkit.Eventually(t, "all connections are gone", func() (gone bool) {
			err := beside.System(t.Context(), func(tx *gorm.DB) error {
				return tx.Raw("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = ?)", name).Scan(&gone).Error
			})
			return err == nil && gone
		})
		err := beside.System(t.Context(), func(tx *gorm.DB) error {
			return tx.Raw("SELECT tup_inserted, tup_updated FROM pg_stat_database WHERE datname = ?", name).Row().Scan(&inserts, &updates)
		})
		if err != nil {
			t.Fatal(err)
		}
		return inserts, updates
	}
	const n = 1000
	r.emit(n, webhook.To{Project: true})
	r.deliver(endpoint)
	if got := len(to.Calls()); got < n {
		t.Fatalf("%d calls", got)
	}
	const fixtures = 50 // the tenant, the endpoint and what made it quick
	if inserts, updates := wrote(); inserts < 5*n || inserts > 5*n+fixtures || updates < 2*n || updates > 2*n+n/10+fixtures {
		t.Errorf("%d rows were written and %d changed for %d events", inserts, updates, n)
	}
}
