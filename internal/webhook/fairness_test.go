package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/queue"
	"github.com/patchbay-dev/patchbay/internal/tenant"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// backlog lays down n due deliveries of one event for each of some endpoints,
// which are made, with one statement: what an hour's outage leaves.
func (r *rig) backlog(scope tenant.Scope, url string, endpoints, n int) {
	r.t.Helper()
	err := r.DB.In(r.t.Context(), scope, func(tx *gorm.DB) error {
		prefix := id.New("x")
		return tx.Exec(`WITH w AS (INSERT INTO webhook_endpoints (id, level, subject_id, url, created_at, updated_at)
				SELECT 'whk_' || ?::text || to_char(g, 'FM00000'), 'trigger', 'hi_' || g, ?, now(), now() FROM generate_series(1, ?) g RETURNING id),
			e AS (INSERT INTO events (id, type, subject_id, body, created_at)
				SELECT 'evt_' || ?::text || to_char(g, 'FM0000000'), 'trigger.emitted', 'hi_x', '{}', now() FROM generate_series(1, ?) g RETURNING id)
			INSERT INTO deliveries (id, event_id, endpoint_id, event_type, state, next_attempt_at, created_at)
			SELECT 'dlv_' || md5(e.id || w.id), e.id, w.id, 'trigger.emitted', 'pending', ?::timestamptz - interval '1 hour', now() FROM e CROSS JOIN w`,
			prefix, url, endpoints, prefix, n, r.Now()).Error
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// A tenant whose twenty receivers all hang, with more due than it may send at
// once, holds no more than its share: twenty others get all of theirs while it hangs.
func TestTarpitKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	r, tarpit, good := newRig(t), testkit.NewReceiver(t), testkit.NewReceiver(t)
	redis := testkit.Redis(t)
	r.Queue = queue.NewClient(redis)
	t.Cleanup(func() { _ = r.Queue.Close() })
	release := make(chan struct{})
	tarpit.Answer(func(_ int, w http.ResponseWriter, req *http.Request) {
		select {
		case <-release:
		case <-req.Context().Done():
		}
		w.WriteHeader(http.StatusOK)
	})
	r.Client = testkit.Guard().Narrow(time.Minute, 64)
	r.backlog(r.scope, tarpit.URL, 20, 40)
	s := queue.NewServer(redis, 4, time.Second, r.Metrics)
	s.Handle(webhook.TaskDeliver, r.Dispatch)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	r.sweep()
	testkit.Eventually(t, "the tarpits hold what they can get", func() bool { return len(tarpit.Calls()) >= webhook.AtOnceProject })
	const others, each = 20, 5
	for range others {
		r.backlog(testkit.Scope(t, r.DB), good.URL, 1, each)
	}
	r.sweep()
	testkit.Eventually(t, "the others have all of theirs", func() bool { return len(good.Calls()) == others*each })
	if n := len(tarpit.Calls()); n != webhook.AtOnceProject {
		t.Errorf("meanwhile %d were sent to the tarpits, want %d that all hang", n, webhook.AtOnceProject)
	}
	close(release)
	r.Drain()
}

// However many endpoints have something due, each is told of in its turn, and
// one with a great deal is told of once.
func TestSweepReachesAll(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const many = webhook.MostDue + 500
	r.backlog(r.scope, "http://127.0.0.1:1/", many, 1)
	r.backlog(testkit.Scope(t, r.DB), "http://127.0.0.1:1/", 1, 3000)
	redis := testkit.Redis(t)
	r.Queue = queue.NewClient(redis)
	t.Cleanup(func() { _ = r.Queue.Close() })
	look := asynq.NewInspector(redis)
	t.Cleanup(func() { _ = look.Close() })
	told := func() map[string]int {
		tasks, err := look.ListPendingTasks("default", asynq.PageSize(10_000))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]int{}
		for _, task := range tasks {
			var ref struct{ ID string }
			if err := json.Unmarshal(task.Payload, &ref); err != nil {
				t.Fatal(err)
			}
			out[ref.ID]++
		}
		return out
	}
	r.sweep()
	if n := len(told()); n != webhook.MostDue {
		t.Errorf("the first sweep told of %d", n)
	}
	r.sweep()
	all := told()
	if len(all) != many+1 {
		t.Errorf("two sweeps told of %d endpoints, want %d", len(all), many+1)
	}
	for endpoint, n := range all {
		if n != 1 {
			t.Errorf("%s was told of %d times", endpoint, n)
		}
	}
	r.sweep() // from the beginning
	again := 0
	for _, n := range told() {
		again += n - 1
	}
	if again != webhook.MostDue {
		t.Errorf("the third sweep told of %d that were told of before", again)
	}
}

// What a sweep reads grows with the endpoints that have something due, and not
// with how much they have.
func TestSweepReadsLittle(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for range 5 {
		r.backlog(testkit.Scope(t, r.DB), "http://127.0.0.1:1/", 1, 4000)
	}
	var plan []struct{ Plan node }
	err := r.DB.System(t.Context(), func(tx *gorm.DB) error {
		if err := tx.Exec("ANALYZE deliveries").Error; err != nil {
			return err
		}
		var text string
		if err := tx.Raw("EXPLAIN (ANALYZE, FORMAT JSON) "+webhook.DueQuery, "", r.Now(), r.Now(), 1000).Scan(&text).Error; err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), &plan)
	})
	if err != nil {
		t.Fatal(err)
	}
	if read := plan[0].Plan.read("deliveries"); read == 0 || read > 100 {
		t.Errorf("it read %.0f deliveries to find five endpoints with 4000 each", read)
	}
}

// node is a step of PostgreSQL's plan.
type node struct {
	Relation string  `json:"Relation Name"`
	Rows     float64 `json:"Actual Rows"`
	Loops    float64 `json:"Actual Loops"`
	Removed  float64 `json:"Rows Removed by Filter"`
	Plans    []node
}

func (n node) read(table string) (rows float64) {
	if n.Relation == table {
		rows = (n.Rows + n.Removed) * max(n.Loops, 1)
	}
	for _, p := range n.Plans {
		rows += p.read(table)
	}
	return rows
}

// A receiver that is dead for a day, with a great deal waiting for it, is asked
// a few hundred times, and not one delivery is used up; when it is back all arrive.
func TestDeadForADay(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	const n = 300
	to.Status(http.StatusServiceUnavailable)
	r.backlog(r.scope, to.URL, 1, n)
	r.Ladder = webhook.Ladder
	endpoint := r.all()[0].EndpointID
	until := r.Now().Add(24 * time.Hour)
	for r.Now().Before(until) {
		r.sweep()
		r.deliver(endpoint)
		next := r.Now().Add(10 * time.Second)
		if e := r.endpoint(endpoint); e.OpenUntil != nil && e.OpenUntil.After(next) {
			next = *e.OpenUntil
		}
		r.Pass(next.Sub(r.Now()))
	}
	asked := len(to.Calls())
	if asked == 0 || asked > 400 {
		t.Errorf("it was asked %d times in a day", asked)
	}
	t.Logf("asked %d times in a day, %d deliveries waiting", asked, n)
	to.Status(http.StatusOK)
	for range 20 {
		r.deliver(endpoint)
		r.Pass(24 * time.Hour)
	}
	states, ids := map[webhook.State]int{}, []string{}
	r.in(func(tx *gorm.DB) error {
		var rows []webhook.Delivery
		err := tx.Find(&rows).Error
		for _, d := range rows {
			states[d.State]++
		}
		return err
	})
	for _, c := range to.Calls()[asked:] {
		ids = append(ids, c.Header.Get("Webhook-Id"))
	}
	slices.Sort(ids)
	if states[webhook.Delivered] != n || len(slices.Compact(ids)) != n {
		t.Errorf("after it was back: %v, %s", fmt.Sprint(states), fmt.Sprint(len(ids)))
	}
}
