package notify_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/notify"
)

// happened writes down what ended, or came, at a time.
func (r *rig) happened(at time.Time, of string, n int) {
	r.t.Helper()
	began := at.Add(-48 * time.Hour) // what counts is the end
	err := r.DB.In(r.t.Context(), r.scope, func(tx *gorm.DB) error {
		for i := range n {
			key := fmt.Sprintf("%s_%d_%d", of, at.UnixNano(), i)
			var err error
			switch of {
			case "user":
				err = tx.Exec("INSERT INTO external_users (id, external_id, created_at, updated_at) VALUES (?, ?, ?, ?)", key, key, at, at).Error
			case "succeeded", "failed", "running":
				end, problem := any(at), any(nil)
				switch of {
				case "running":
					end = nil
				case "failed":
					problem = `{"code":"call_timeout","message":"The call was not answered in time."}`
				}
				err = tx.Exec(`INSERT INTO runs (id, workflow_id, workflow_name, version, status, input, error, lease_until, created_at, finished_at)
					VALUES (?, 'p_digest', 'Welcome', 1, ?, '{}', ?, ?, ?, ?)`, key, of, problem, at, began, end).Error
			default:
				end := any(at)
				if of == "pending" {
					end = nil
				}
				if err = tx.Exec("INSERT INTO events (id, type, subject_id, body, created_at) VALUES (?, 'trigger.emitted', 'hi_1', '{}', ?)", key, began).Error; err == nil {
					err = tx.Exec(`INSERT INTO deliveries (id, event_id, endpoint_id, event_type, state, next_attempt_at, created_at, finished_at)
						VALUES (?, ?, 'whk_digest', 'trigger.emitted', ?, ?, ?, ?)`, key, key, of, at, began, end).Error
				}
			}
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

// digestAt lets the time of a route's digest come and returns the fields of the
// one that is sent, or nil.
func (r *rig) digestAt(route *notify.Route, due time.Time) []string {
	r.t.Helper()
	r.Pass(due.Sub(r.Now()))
	before := len(r.Calls())
	if err := r.SweepDigests(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	r.send(route.ID)
	calls := r.Calls()[before:]
	if len(calls) == 0 {
		return nil
	}
	var m struct {
		Embeds []struct {
			Description string
			Fields      []struct{ Name, Value string }
		}
	}
	if err := json.Unmarshal([]byte(calls[0].Body), &m); err != nil || len(calls) != 1 || len(m.Embeds) != 1 {
		r.t.Fatalf("%v: %d messages, %d embeds", err, len(calls), len(m.Embeds))
	}
	out := []string{m.Embeds[0].Description}
	for _, f := range m.Embeds[0].Fields {
		switch f.Name {
		case "Runs", "Failed runs", "New users", "Deliveries", "Deliveries given up", "Top error":
			out = append(out, f.Name+" "+f.Value)
		}
	}
	return out
}

// Each thing that ended is counted by one digest, and by one only, also over the
// days on which the clocks change: a day of a digest is one of its time zone, of
// 23 hours or of 25.
func TestDigestCountsOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ made, first, second string }{
		"the clocks go on":   {"2027-03-27T12:00:00Z", "2027-03-28T07:00:00Z", "2027-03-29T07:00:00Z"},
		"the clocks go back": {"2026-10-24T12:00:00Z", "2026-10-25T08:00:00Z", "2026-10-26T08:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var at [3]time.Time
			for i, text := range []string{tt.made, tt.first, tt.second} {
				var err error
				if at[i], err = time.Parse(time.RFC3339, text); err != nil {
					t.Fatal(err)
				}
			}
			berlin, err := time.LoadLocation("Europe/Berlin")
			if err != nil {
				t.Fatal(err)
			}
			from := at[1].In(berlin).AddDate(0, 0, -1) // the same hour of the day before
			if hours := at[1].Sub(from).Hours(); hours == 24 {
				t.Fatalf("the clocks do not change in %s", name)
			}
			r := newRig(t)
			r.Pass(at[0].Sub(r.Now()))
			r.owners()
			in := r.all(notify.Discord)
			in.TimeZone, in.Digest = "Europe/Berlin", notify.Digest{Every: "daily", At: "09:00"}
			route := r.create(in)

			for _, of := range []string{"user", "succeeded", "failed", "delivered", "exhausted"} {
				r.happened(from.Add(-time.Microsecond), of, 1)  // before it began
				r.happened(from, of, 2)                         // at its beginning
				r.happened(at[1].Add(-time.Microsecond), of, 3) // at its very end
				r.happened(at[1], of, 7)                        // the next one's
			}
			r.happened(from.Add(time.Hour), "running", 4)
			r.happened(from.Add(time.Hour), "pending", 4)

			first := r.digestAt(route, at[1])
			want := []string{"Runs 10", "Failed runs 5", "New users 5", "Deliveries 5", "Deliveries given up 5", "Top error Welcome\\: The call was not answered in time\\. \\(×5\\)"}
			if len(first) == 0 || !slices.Equal(first[1:], want) {
				t.Errorf("the first: %q", first)
			}
			second := r.digestAt(route, at[2])
			want = []string{"Runs 14", "Failed runs 7", "New users 7", "Deliveries 7", "Deliveries given up 7", "Top error Welcome\\: The call was not answered in time\\. \\(×7\\)"}
			if len(second) == 0 || !slices.Equal(second[1:], want) {
				t.Errorf("the second: %q", second)
			}
			if third := r.digestAt(route, at[2].In(berlin).AddDate(0, 0, 1)); third != nil {
				t.Errorf("a day on which nothing was: %q", third)
			}
		})
	}
}

// owners makes the workflow and the endpoint that runs and deliveries hang on.
func (r *rig) owners() {
	r.t.Helper()
	err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error {
		err := tx.Exec(`INSERT INTO workflows (id, project_id, name, draft, endpoint_id, created_at, updated_at) VALUES ('p_digest', ?, 'Welcome', '{}', 'en1', now(), now())`, r.scope.Project()).Error
		if err != nil {
			return err
		}
		return tx.Exec(`INSERT INTO webhook_endpoints (id, environment_id, level, url, created_at, updated_at) VALUES ('whk_digest', ?, 'project', 'https://example.com', now(), now())`, r.scope.Environment()).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
}
