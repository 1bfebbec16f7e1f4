package statistics_test

import (
	"fmt"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/statistics"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

var now = time.Date(2026, 5, 10, 12, 30, 0, 0, time.UTC)

// attempts writes n attempts to renew a token that began at a time.
func attempts(t *testing.T, d *db.DB, scope tenant.Scope, at time.Time, n int, outcome string) {
	t.Helper()
	first := id.At("rfa", at)
	err := d.In(t.Context(), scope, func(tx *gorm.DB) error {
		return tx.Exec(`INSERT INTO refresh_attempts (id, account_id, credential_id, base_version, owner, started_at, finished_at, outcome)
			SELECT left(?, 18) || lpad(i::text, 6, '0') || ?, 'apn_1', 'crd_1', 1, 'o', ?, ?, ? FROM generate_series(1, ?) i`,
			first, id.New("x")[24:], at, at, outcome, n).Error
	})
	if err != nil {
		t.Fatal(err)
	}
}

func of(t *testing.T, d *db.DB, scope tenant.Scope, period string) *statistics.Report {
	t.Helper()
	r, err := (&statistics.Service{DB: d, Now: func() time.Time { return now }}).Of(t.Context(), scope, statistics.Periods[period])
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each attempt is in the bucket in which it began, as good, bad or neither; what
// is older than the period, and what is another tenant's, is in none.
func TestBuckets(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	scope, other := testkit.Scope(t, d), testkit.Scope(t, d)
	hour := now.Truncate(time.Hour)
	attempts(t, d, scope, hour.Add(10*time.Minute), 3, "ok")
	attempts(t, d, scope, hour.Add(11*time.Minute), 1, "running")
	attempts(t, d, scope, hour.Add(-time.Minute), 2, "rejected")
	attempts(t, d, scope, hour.Add(-5*time.Hour), 4, "ok")
	attempts(t, d, scope, hour.Add(-40*24*time.Hour), 9, "ok")
	attempts(t, d, other, hour, 7, "rejected")
	r := of(t, d, scope, "24h")
	got := r.Series["refreshes"]
	if len(got) != 24 || !got[23].Start.Equal(hour) || !r.Since.Equal(got[0].Start) {
		t.Fatalf("%d buckets, the last at %v", len(got), got[len(got)-1].Start)
	}
	counts := map[int]string{23: "3 0 1 true", 22: "0 2 0 true", 18: "4 0 0 true"}
	for i, b := range got {
		want := counts[i]
		if want == "" {
			want = "0 0 0 true"
		}
		if s := fmt.Sprint(b.Good, b.Bad, b.Others, b.Whole); s != want {
			t.Errorf("bucket %d: %s, want %s", i, s, want)
		}
	}
	if s := fmt.Sprint(r.Errors); s != "[{refreshes rejected 2}]" {
		t.Errorf("classes %s", s)
	}
	for period, n := range map[string]int{"7d": 28, "30d": 30} {
		all := 0
		for _, b := range of(t, d, scope, period).Series["refreshes"] {
			all += b.Good + b.Bad + b.Others
		}
		if got := len(of(t, d, scope, period).Series["runs"]); got != n || all != 10 {
			t.Errorf("%s: %d buckets, %d counted", period, got, all)
		}
	}
}

// A bucket with more than is read says so, and no more than that is read of it.
func TestBound(t *testing.T) {
	t.Parallel()
	d := testkit.DB(t)
	scope := testkit.Scope(t, d)
	attempts(t, d, scope, now.Truncate(time.Hour), statistics.Most+100, "ok")
	b := of(t, d, scope, "24h").Series["refreshes"][23]
	if b.Good != statistics.Most || b.Whole {
		t.Errorf("%+v", b)
	}
}
