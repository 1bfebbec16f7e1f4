package bench

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100-i) * time.Millisecond // unsorted
	}
	for _, c := range []struct {
		times []time.Duration
		p     float64
		want  float64
	}{
		{nil, 50, 0},
		{[]time.Duration{7 * time.Millisecond}, 50, 7},
		{[]time.Duration{7 * time.Millisecond}, 99, 7},
		{[]time.Duration{2 * time.Millisecond, time.Millisecond}, 50, 1},
		{hundred, 0, 1},
		{hundred, 50, 50},
		{hundred, 99, 99},
		{hundred, 99.1, 100},
		{hundred, 100, 100},
		{[]time.Duration{1234567 * time.Nanosecond}, 50, 1.23},
		{[]time.Duration{123456 * time.Nanosecond}, 50, 0.123},
	} {
		if got := percentile(c.times, c.p); got != c.want {
			t.Errorf("percentile of %d times, %v%% = %v, want %v", len(c.times), c.p, got, c.want)
		}
	}
}

// Others read the report by these names.
func TestReportKeepsItsShape(t *testing.T) {
	t.Parallel()
	full := Report{
		TokenRequests: &Rate{CPU: &CPU{}}, AccountReads: &Rate{}, AppsList: &Pair{}, Proxied: &Proxied{}, Actions: &Actions{}, Coded: &Coded{}, Polling: &Polling{}, EventsAccepted: &Rate{},
		EventsBulk: &Bulk{}, EventsPaced: &Delivered{}, EventsDelivered: &Delivered{CPU: &CPU{}}, EventsHalfLoad: &Delivered{}, EventsBesideSnapshot: &Delivered{}, Runs: &Runs{CPU: &CPU{}}, Growth: &Growth{},
	}
	delivered := "accepted accepted_per_second bad_signatures delivered duplicates errors lost p50_ms p99_ms per_second wal_bytes_each"
	for path, want := range map[string]string{
		"":                             "account_reads actions apps_list coded events_accepted events_beside_snapshot events_bulk events_delivered events_half_load events_paced growth meta polling proxied runs server token_requests",
		"meta":                         "commit concurrency cores endpoints go_version seconds",
		"token_requests":               "cpu_ms_each errors p50_ms p99_ms per_second requests",
		"token_requests.cpu_ms_each":   "postgres redis server",
		"account_reads":                "errors p50_ms p99_ms per_second requests",
		"proxied":                      "direct nginx ours ours_to_nginx stream",
		"proxied.ours":                 "alone full",
		"proxied.ours_to_nginx":        "p50_alone p50_full per_second",
		"proxied.stream":               "errors mib mib_per_second rss_growth_mib",
		"actions":                      "answered to_app",
		"coded":                        "cold full process_mib processes warm",
		"polling":                      "late_p50_ms late_p99_ms looked missed triggers",
		"events_accepted":              "errors p50_ms p99_ms per_second requests",
		"events_bulk":                  "errors events_per_second p50_ms p99_ms per_second requests",
		"events_paced":                 delivered,
		"events_delivered.cpu_ms_each": "postgres redis server",
		"runs":                         "cpu_ms_each errors failed lost p50_ms p99_ms per_second started started_per_second succeeded",
		"growth":                       "concurrency curves",
		"server":                       "peak_rss_mib resting_rss_mib",
	} {
		if got := keys(t, full, path); got != want {
			t.Errorf("keys of %q:\n got %s\nwant %s", path, got, want)
		}
	}
	if got, want := keys(t, Report{}, ""), "meta server"; got != want {
		t.Errorf("keys of a report without phases: %s, want %s", got, want)
	}
}

// keys returns the sorted keys of the object at path.
func keys(t *testing.T, r Report, path string) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var at map[string]any
	if err := json.Unmarshal(b, &at); err != nil {
		t.Fatal(err)
	}
	for part := range strings.SplitSeq(path, ".") {
		if part != "" {
			at, _ = at[part].(map[string]any)
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(at)), " ")
}

// Only what went wrong fails a run; what is slow, or came twice, does not.
func TestFailure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		report Report
		fails  bool
	}{
		"nothing was run": {Report{}, false},
		"slow":            {Report{TokenRequests: &Rate{Requests: 1, P99: 1e6}}, false},
		"a duplicate":     {Report{EventsDelivered: &Delivered{Duplicates: 1}}, false},
		"an error":        {Report{AccountReads: &Rate{Errors: 1}}, true},
		"a lost event":    {Report{EventsPaced: &Delivered{Lost: 1}}, true},
		"a bad signature": {Report{EventsDelivered: &Delivered{BadSignatures: 1}}, true},
		"a broken stream": {Report{Proxied: &Proxied{Stream: Stream{Errors: 1}}}, true},
		"a failed run":    {Report{Runs: &Runs{Failed: 1}}, true},
		"a lost run":      {Report{Runs: &Runs{Lost: 1}}, true},
		"a steep curve":   {Report{Growth: &Growth{Curves: []Curve{{Ratio: 9}}}}, false},
		"a wrong answer":  {Report{Growth: &Growth{Curves: []Curve{{Points: []Point{{Rate: Rate{Errors: 1}}}}}}}, true},
	} {
		if err := c.report.failure(); (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEventHasItsSize(t *testing.T) {
	t.Parallel()
	at := time.UnixMicro(1767225600123456)
	for _, n := range []int64{0, 7, 1 << 40} {
		var got struct{ N, At int64 }
		b := event(n, at)
		if err := json.Unmarshal(b, &got); err != nil || len(b) != eventSize {
			t.Errorf("event %d has %d bytes (%v), want JSON of %d", n, len(b), err, eventSize)
		}
		if got.N != n || !time.UnixMicro(got.At).Equal(at) {
			t.Errorf("event %d reads back as %+v", n, got)
		}
	}
}

// An arrival counts once, however often it comes, and its signature is checked.
func TestInbox(t *testing.T) {
	t.Parallel()
	body := []byte(`{"body":{"n":1,"at":1000}}`)
	head := http.Header{"Webhook-Id": {"evt_1"}, "X-Pd-Emitter-Id": {"hi_1"}}
	b := &inbox{keys: map[string]string{"hi_1": "key"}, seen: map[string]bool{}}
	// The second is what Python's hmac makes of "5." and the body.
	head.Set("X-Pd-Signature", "t=5,v1=00,v1=ee788e7bd967c1ef30e38da489e51c626d67c98d32eb90ae6908884ade367f4b")
	b.take(head, body, time.UnixMicro(3000))
	b.take(head, body, time.UnixMicro(9000))
	if len(b.seen) != 1 || b.duplicates != 1 || b.bad != 0 || b.lags[0] != 2*time.Millisecond {
		t.Errorf("inbox is %+v, want one arrival after 2 ms and one duplicate", b)
	}
	other := &inbox{keys: map[string]string{"hi_1": "another key"}, seen: map[string]bool{}}
	other.take(head, body, time.UnixMicro(3000))
	if other.bad != 1 {
		t.Errorf("a signature of another key was believed")
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	do := func(_ context.Context, n int64) error {
		sent.Add(1)
		time.Sleep(time.Millisecond)
		if n == 3 {
			return errors.New("the fourth fails")
		}
		return nil
	}
	for name, l := range map[string]load{
		"closed": closed(t.Context(), 4, time.Second, do),
		"paced":  paced(t.Context(), 100, time.Second, do),
	} {
		if l.fails != 1 || len(l.times) < 4 || l.took < 900*time.Millisecond || slices.Min(l.times) < time.Millisecond {
			t.Errorf("%s: %d ok, %d failed in %v", name, len(l.times), l.fails, l.took)
		}
		sent.Add(-int64(len(l.times) + l.fails))
	}
	if n := sent.Load(); n != 0 {
		t.Errorf("%d jobs were not counted", n)
	}
}

// What a process used can be read wherever there is a /proc.
func TestFamily(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("there is no /proc")
	}
	before := family(os.Getpid())
	for began := time.Now(); time.Since(began) < 100*time.Millisecond; {
		_ = strings.Repeat("x", 1000)
	}
	if used := family(os.Getpid()) - before; used <= 0 {
		t.Errorf("a busy process used %v", used)
	}
	if got := family(0); got != 0 {
		t.Errorf("no process used %v", got)
	}
}
