package webhook_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/db"
	"github.com/patchbay-dev/patchbay/internal/id"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// A list is narrowed by the endpoint, by what came of the last attempt, and by time.
func TestFilters(t *testing.T) {
	t.Parallel()
	r, receiver := newRig(t), testkit.NewReceiver(t)
	endpoint, _ := r.project(receiver.URL)
	receiver.Status(http.StatusBadGateway)
	began := r.Now()
	r.emit(1, webhook.To{Project: true})
	r.deliver(endpoint)
	r.Pass(20 * time.Minute)
	later := r.Now()
	receiver.Status(http.StatusOK)
	r.emit(2, webhook.To{URL: receiver.URL})
	token := r.all()[2].EndpointID
	r.deliver(token)
	tests := map[string]struct {
		filter webhook.Filter
		want   int
	}{
		"an endpoint's":               {webhook.Filter{EndpointID: endpoint}, 1},
		"another endpoint's":          {webhook.Filter{EndpointID: token}, 2},
		"what failed with a status":   {webhook.Filter{Error: "status"}, 1},
		"what failed otherwise":       {webhook.Filter{Error: "timeout"}, 0},
		"a status":                    {webhook.Filter{Status: "502"}, 1},
		"a class of them":             {webhook.Filter{Status: "5xx"}, 1},
		"what was taken":              {webhook.Filter{Status: "2xx"}, 2},
		"another class":               {webhook.Filter{Status: "4xx"}, 0},
		"since":                       {webhook.Filter{Since: &later}, 2},
		"until":                       {webhook.Filter{Until: &later}, 1},
		"between, without the end":    {webhook.Filter{Since: &began, Until: &later}, 1},
		"some of them":                {webhook.Filter{IDs: []string{r.all()[0].ID, "dlv_x"}}, 1},
		"an event's":                  {webhook.Filter{EventID: r.all()[0].EventID}, 1},
		"none of them":                {webhook.Filter{IDs: []string{}}, 0},
		"an endpoint's that are due":  {webhook.Filter{EndpointID: endpoint, State: webhook.Pending}, 1},
		"a user's of an endpoint":     {webhook.Filter{EndpointID: token, ExternalUserID: "user-1"}, 2},
		"another user's, that failed": {webhook.Filter{Error: "status", ExternalUserID: "user-2"}, 0},
	}
	for name, tt := range tests {
		page, err := r.List(t.Context(), r.scope, tt.filter, db.Cursor{})
		if err != nil || page.Total != tt.want || len(page.Items) != tt.want {
			t.Errorf("%s: %d, want %d, %v", name, page.Total, tt.want, err)
		}
	}
}

// With many rows each filter is answered from an index: none reads the table
// from end to end.
func TestListPlans(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	endpoint, _ := r.project("http://127.0.0.1:9/")
	many(r, endpoint, 30_000)
	since, until := r.Now().Add(-10*24*time.Hour), r.Now().Add(-239*time.Hour)
	const byID = "deliveries_(pkey|environment_id_id_key)" // of one environment both are as good
	tests := map[string]struct {
		filter webhook.Filter
		index  string
	}{
		"all":            {webhook.Filter{}, byID},
		"of an endpoint": {webhook.Filter{EndpointID: "whk_other"}, "deliveries_of_endpoint"},
		"dead":           {webhook.Filter{State: webhook.Exhausted}, "deliveries_dead"},
		"due":            {webhook.Filter{State: webhook.Pending}, "deliveries_due"},
		"being sent":     {webhook.Filter{State: webhook.Sending}, "deliveries_lease"},
		"of a class":     {webhook.Filter{Error: "timeout"}, "deliveries_failed"},
		"of a status":    {webhook.Filter{Status: "503"}, "deliveries_failed"},
		"of a rare type": {webhook.Filter{EventType: "CONNECTION_ERROR"}, "deliveries_rare"},
		"of a user":      {webhook.Filter{ExternalUserID: "user-7"}, "events_of_user"},
		"of a time":      {webhook.Filter{Since: &since, Until: &until}, byID},
	}
	for name, tt := range tests {
		var plan []string
		r.in(func(tx *gorm.DB) error {
			query := tx.ToSQL(func(tx *gorm.DB) *gorm.DB {
				var rows []webhook.Delivery
				return tt.filter.Where(tx).Order("id DESC").Limit(51).Find(&rows)
			})
			return tx.Raw("EXPLAIN " + query).Scan(&plan).Error
		})
		text := strings.Join(plan, "\n")
		if strings.Contains(text, "Seq Scan on deliveries") || strings.Contains(text, "Seq Scan on events") || !regexp.MustCompile("using "+tt.index+"|on "+tt.index).MatchString(text) {
			t.Errorf("%s: not by %s\n%s", name, tt.index, text)
		}
	}
}

// A list of very many is not counted to its end.
func TestCountHasAnEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	endpoint, _ := r.project("http://127.0.0.1:9/")
	many(r, endpoint, 10_500)
	page, err := r.List(t.Context(), r.scope, webhook.Filter{}, db.Cursor{Limit: 2})
	if err != nil || page.Total != 10_001 || len(page.Items) != 2 || page.End == nil {
		t.Fatal(page, err)
	}
	next, err := r.List(t.Context(), r.scope, webhook.Filter{}, db.Cursor{Limit: 2, After: *page.End})
	if err != nil || len(next.Items) != 2 || next.Items[0].ID >= page.Items[1].ID {
		t.Fatal(next, err)
	}
}

// many writes n events, one each 80 seconds until now, with a delivery that
// arrived but for a few.
func many(r *rig, endpoint string, n int) {
	r.t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = strings.TrimPrefix(id.At("", r.Now().Add(-time.Duration(i)*80*time.Second)), "_")
	}
	list, err := json.Marshal(ids)
	if err != nil {
		r.t.Fatal(err)
	}
	r.in(func(tx *gorm.DB) error {
		return tx.Exec(`WITH n AS (SELECT i, id, CASE WHEN i % 1000 = 7 THEN 'CONNECTION_ERROR' ELSE 'trigger.emitted' END AS type, ?::timestamptz - i * interval '80 s' AS at,
				CASE i % 500 WHEN 1 THEN 'exhausted' WHEN 2 THEN 'pending' WHEN 3 THEN 'sending' ELSE 'delivered' END AS state, 'user-' || i % 300 AS who
				FROM jsonb_array_elements_text(?::jsonb) WITH ORDINALITY AS n(id, i)),
			e AS (INSERT INTO events (id, type, subject_id, external_user_id, body, created_at) SELECT 'evt_' || id, type, 'hi_x', who, '{}', at FROM n)
			INSERT INTO deliveries (id, event_id, endpoint_id, event_type, external_user_id, state, attempts, next_attempt_at, lease_until, last_status, last_error, created_at, finished_at)
			SELECT 'dlv_' || id, 'evt_' || id, ?, type, who, state, 1, at, CASE WHEN state = 'sending' THEN at END, CASE WHEN state = 'delivered' THEN 200 ELSE 503 END,
				CASE WHEN state <> 'delivered' THEN CASE WHEN i % 2 = 0 THEN 'status' ELSE 'timeout' END END, at, CASE WHEN state IN ('exhausted', 'delivered') THEN at END FROM n`,
			r.Now(), string(list), endpoint).Error
	})
	if err := r.DB.System(r.t.Context(), func(tx *gorm.DB) error { return tx.Exec("ANALYZE events, deliveries").Error }); err != nil {
		r.t.Fatal(err)
	}
}
