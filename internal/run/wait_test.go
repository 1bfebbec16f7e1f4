package run_test

import (
	"net/http"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/run"
)

const after = `{"name":"after","type":"http_request","url":"OUT"}`

// A run that waits is a row and nothing else, and goes on when its time has come,
// once, whoever comes meanwhile.
func TestDelay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	until := r.clock.Now().Add(36 * time.Hour).Format(time.RFC3339)
	for name, step := range map[string]string{
		"for":            `{"name":"wait","type":"delay","for":"1d12h"}`,
		"for, filled in": `{"name":"wait","type":"delay","for":"{{ trigger.hours * 3600 }}"}`,
		"until":          `{"name":"wait","type":"delay","until":"{{ trigger.until }}"}`,
	} {
		id, calls := r.start(`{"hours":36,"until":"`+until+`"}`, step, after), len(r.out.Calls())
		for range 2 {
			r.advance(id)
			got, steps := r.get(id)
			if got.Status != run.Waiting || got.LeaseID != "" || len(steps) != 1 || steps[0].Status != run.Waiting || len(r.out.Calls()) != calls {
				t.Fatalf("%s: %+v with %+v", name, got, steps)
			}
		}
		r.clock.Pass(36*time.Hour + time.Second)
		r.advance(id)
		got, steps := r.get(id)
		if got.Status != run.Succeeded || len(steps) != 2 || steps[0].Status != run.Succeeded || steps[0].FinishedAt.Sub(steps[0].StartedAt) < 36*time.Hour || len(r.out.Calls()) != calls+1 {
			t.Fatalf("%s: %+v with %+v", name, got, steps)
		}
		r.clock.Pass(-36*time.Hour - time.Second)
	}
}

// A short delay needs nobody else, and one whose time is past is none.
func TestShortDelay(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got, steps := r.done(`{}`, `{"name":"a","type":"delay","for":"20ms"}`, `{"name":"b","type":"delay","until":"2020-01-01T00:00:00Z"}`, after)
	if got.Status != run.Succeeded || len(steps) != 3 || len(r.out.Calls()) != 1 {
		t.Fatalf("%+v with %+v", got, steps)
	}
}

func TestDelayThatIsNone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for step, code := range map[string]string{
		`{"name":"a","type":"delay","for":"{{ trigger.x }}"}`:        "delay",
		`{"name":"a","type":"delay","until":"{{ trigger.x }}"}`:      "delay",
		`{"name":"a","type":"delay","until":"3000-01-01T00:00:00Z"}`: "delay",
		`{"name":"a","type":"delay","for":"{{ trigger.y.z }}"}`:      "expression",
	} {
		if got, _ := r.done(`{"x":"soon"}`, step, after); got.Status != run.Failed || got.Error.Code != code {
			t.Errorf("%s: %+v", step, got.Error)
		}
	}
}

// A step whose failure may pass is tried as often as it says, and waits as a row
// in between; a failure that will not pass is not tried again.
func TestRetry(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	status := http.StatusServiceUnavailable
	r.out.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	step := `{"name":"a","type":"http_request","url":"OUT","retry":{"attempts":3,"delay":"1m","factor":2}}`
	id := r.start(`{}`, step, after)
	for n, wait := range []time.Duration{time.Minute, 2 * time.Minute} {
		r.advance(id)
		got, steps := r.get(id)
		if got.Status != run.Waiting || got.Error != nil || steps[0].Attempts != n+1 || steps[0].Error == nil || steps[0].Error.Code != "http_status" {
			t.Fatalf("attempt %d: %+v with %+v", n+1, got, steps[0])
		}
		if left := steps[0].WakeAt.Sub(r.clock.Now()); left < wait*9/10-time.Second || left > wait*11/10+time.Second {
			t.Errorf("attempt %d: it waits for %v", n+1, left)
		}
		r.clock.Pass(wait * 12 / 10)
	}
	status = http.StatusOK
	r.advance(id)
	if got, steps := r.get(id); got.Status != run.Succeeded || steps[0].Attempts != 3 || steps[0].Error != nil || len(r.out.Calls()) != 4 {
		t.Fatalf("%+v with %+v", got, steps[0])
	}
	status = http.StatusServiceUnavailable
	id = r.start(`{}`, step, after)
	for range 3 {
		r.advance(id)
		r.clock.Pass(10 * time.Minute)
	}
	if got, steps := r.get(id); got.Status != run.Failed || got.Error.Code != "http_status" || steps[0].Attempts != 3 || len(r.out.Calls()) != 7 {
		t.Fatalf("%+v with %+v", got, steps[0])
	}
	status = http.StatusNotFound
	if got, steps := r.done(`{}`, step, after); got.Status != run.Failed || steps[0].Attempts != 1 {
		t.Fatalf("%+v with %+v", got, steps[0])
	}
}

// A step may name the classes of failures after which it is tried again.
func TestRetryOn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status int
		on     string
		tries  int
	}{
		{http.StatusNotFound, `["other"]`, 2},
		{http.StatusServiceUnavailable, `["other","rate_limited"]`, 1},
		{http.StatusTooManyRequests, `["rate_limited"]`, 2},
		{http.StatusTooManyRequests, `["unavailable","timeout"]`, 1},
		{http.StatusGatewayTimeout, `["timeout"]`, 2},
		{http.StatusBadGateway, `["timeout"]`, 1},
	} {
		r := newRig(t)
		r.out.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(tt.status) })
		id := r.start(`{}`, `{"name":"a","type":"http_request","url":"OUT","retry":{"attempts":2,"delay":"1m","jitter":0,"on":`+tt.on+`}}`)
		r.advance(id)
		r.clock.Pass(time.Minute)
		r.advance(id)
		if got, steps := r.get(id); got.Status != run.Failed || steps[0].Attempts != tt.tries {
			t.Errorf("%d on %s: %s after %d attempts, want %d", tt.status, tt.on, got.Status, steps[0].Attempts, tt.tries)
		}
	}
}

// Who begins a step again after a worker died does not count it as another attempt.
func TestDeadWorkerUsesUpNoAttempt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id := r.start(`{}`, `{"name":"a","type":"http_request","url":"OUT","retry":{"attempts":2}}`)
	r.out.Answer(func(int, http.ResponseWriter, *http.Request) {
		// The worker loses its lease in the middle of the call: what it brings is dropped.
		err := r.DB.In(t.Context(), r.scope, func(tx *gorm.DB) error {
			return tx.Exec("UPDATE runs SET lease_id = 'another', lease_until = ?", r.clock.Now()).Error
		})
		if err != nil {
			t.Error(err)
		}
	})
	r.advance(id)
	if got, steps := r.get(id); got.Status != run.Running || steps[0].Status != run.Running {
		t.Fatalf("%+v with %+v", got, steps[0])
	}
	r.out.Status(http.StatusOK)
	r.advance(id)
	if got, steps := r.get(id); got.Status != run.Succeeded || steps[0].Attempts != 1 || len(r.out.Calls()) != 2 {
		t.Fatalf("%+v with %+v", got, steps[0])
	}
}

// A run can go on after a step that failed; the next finds what was wrong, also
// when another worker does it.
func TestOnErrorContinue(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.out.Answer(func(_ int, w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodGet {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	bad := `{"name":"bad","type":"http_request","url":"OUT","on_error":"continue"}`
	told := `{"name":"told","type":"http_request","method":"POST","url":"OUT","body":"{{ steps.bad.error.code }} {{ steps.bad.output.status }}"}`
	got, steps := r.done(`{}`, bad, told)
	if got.Status != run.Succeeded || got.Error != nil || steps[0].Status != run.Failed || steps[0].Error.Code != "http_status" || r.out.Calls()[1].Body != "http_status 418" {
		t.Fatalf("%+v with %+v, %q", got, steps[0], r.out.Calls()[1].Body)
	}
	id := r.start(`{}`, bad, `{"name":"wait","type":"delay","for":"1h"}`, told)
	r.advance(id)
	r.clock.Pass(2 * time.Hour)
	r.advance(id)
	if got, _ := r.get(id); got.Status != run.Succeeded || r.out.Calls()[3].Body != "http_status 418" {
		t.Fatalf("%+v, %q", got, r.out.Calls()[3].Body)
	}
	if got, steps = r.done(`{}`, bad); got.Status != run.Succeeded || steps[0].Status != run.Failed {
		t.Fatalf("the last step: %+v with %+v", got, steps[0])
	}
}
