package app_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// held blocks the app's answer to a few requests until whoever asked is gone,
// and tells of each.
type held struct {
	n       atomic.Int64
	at      map[int64]bool // which requests, from 1
	reached chan int64
}

// hold answers a path of the app with body, but not the requests of the given numbers.
func (g *rig) hold(path, body string, at ...int64) *held {
	h := &held{at: map[int64]bool{}, reached: make(chan int64, len(at))}
	for _, n := range at {
		h.at[n] = true
	}
	g.app.on(path, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a connection that ends is noticed only after its request was read
		if n := h.n.Add(1); h.at[n] {
			h.reached <- n
			<-r.Context().Done() // until the worker is gone
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, body)
	})
	return h
}

// next waits for the next request that is held.
func (h *held) next(t *testing.T) {
	t.Helper()
	select {
	case <-h.reached:
	case <-time.After(long):
		t.Fatal("the app was not asked")
	}
}

// A worker that is killed between two rows' claim and end leaves an import that
// the next one finishes: no row is lost, and none becomes two accounts.
func TestChaosImportKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	const rows = 8
	g := newRig(t)
	w := g.home
	app := g.hold("/api/me", `{"id":"1","name":"Ada"}`, 1, 4, 7)
	var file strings.Builder
	for i := range rows {
		_, _ = fmt.Fprintf(&file, `{"external_user_id":"u%d","app":"acme_crm_key","fields":{"api_key":"acme_demo_key_ada"}}`+"\n", i)
	}
	id := w.sendImport(t, "format=jsonl&test=true", file.String()).is(t, http.StatusAccepted).text(t, "id")
	for range 3 {
		worker := g.start(t, "work")
		app.next(t)
		worker.kill(t)
		if r := w.call(t, http.MethodGet, "/v1/projects/{p}/imports/"+id, ""); r.at(t, "status") != "running" {
			t.Fatal(r.Body)
		}
		g.query(t, "UPDATE imports SET lease_until = now() - interval '1 second' WHERE id = $1", id) // a minute later
	}
	g.start(t, "work")
	var last reply
	soon(t, "the import", func() bool {
		last = w.call(t, http.MethodGet, "/v1/projects/{p}/imports/"+id, "").is(t, http.StatusOK)
		return last.at(t, "status") == "finished"
	})
	if last.at(t, "imported") != float64(rows) || last.at(t, "failed") != 0.0 || last.at(t, "skipped") != 0.0 {
		t.Error(last.Body)
	}
	for i := range rows {
		if r := w.call(t, http.MethodGet, fmt.Sprintf("/v1/connect/{p}/accounts?external_user_id=u%d", i), "").is(t, http.StatusOK); r.at(t, "page_info", "total_count") != 1.0 {
			t.Errorf("of row %d came %s", i, r.Body)
		}
	}
	if n := app.n.Load(); n != rows+3 {
		t.Errorf("the app was asked %d times: once for each row, and once more for each death, is %d", n, rows+3)
	}
}

// A worker that is killed while it revokes leaves what it had to do to the next
// one. Each deletion is told once.
func TestChaosRevocationKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes and waits for leases")
	}
	t.Parallel()
	const accounts = 5
	g := newRig(t)
	w, s := g.home, newSink(t, nil)
	app := g.hold("/oauth/revoke", `{}`, 1, 3)
	w.call(t, http.MethodPut, "/v1/connect/{p}/webhook", `{"url":"`+s.URL+`"}`).is(t, http.StatusOK)
	var file strings.Builder
	for i := range accounts {
		_, _ = fmt.Fprintf(&file, `{"external_user_id":"ada","app":"acme_crm","access_token":"at%d","refresh_token":"rt%d","expires_at":"2099-01-01"}`+"\n", i, i)
	}
	id := w.sendImport(t, "format=jsonl", file.String()).is(t, http.StatusAccepted).text(t, "id")
	importer := g.start(t, "work")
	soon(t, "the accounts", func() bool {
		return w.call(t, http.MethodGet, "/v1/projects/{p}/imports/"+id, "").is(t, http.StatusOK).at(t, "imported") == float64(accounts)
	})
	importer.kill(t)
	w.call(t, http.MethodDelete, "/v1/connect/{p}/users/ada", "").is(t, http.StatusNoContent)
	for range 2 {
		worker := g.start(t, "work", "PATCHBAY_WORKER_CONCURRENCY=1")
		app.next(t)
		worker.kill(t)
		if list := w.call(t, http.MethodGet, "/v1/projects/{p}/revocations?status=pending", "").is(t, http.StatusOK); list.at(t, "page_info", "total_count") == 0.0 {
			t.Fatalf("what was not answered counts as done: %s", list.Body)
		}
		g.query(t, "UPDATE revocations SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL") // a while later
	}
	g.start(t, "work")
	var list reply
	soon(t, "the revocations", func() bool {
		list = w.call(t, http.MethodGet, "/v1/projects/{p}/revocations", "").is(t, http.StatusOK)
		return strings.Count(list.Body, `"revoked"`) == accounts
	})
	if list.at(t, "page_info", "total_count") != float64(accounts) {
		t.Errorf("there are more revocations than accounts: %s", list.Body)
	}
	if n := app.n.Load(); n != accounts+2 {
		t.Errorf("the app was asked %d times: once for each account, and once more for each death, is %d", n, accounts+2)
	}
	told := map[string]int{}
	soon(t, "every deletion to be told", func() bool {
		clear(told)
		for _, h := range s.all() {
			if h.json().at(t, "event") == "ACCOUNT_DELETED" {
				told[h.json().at(t, "account", "id").(string)]++
			}
		}
		return len(told) == accounts
	})
	events := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries?event_type=ACCOUNT_DELETED", "").is(t, http.StatusOK)
	if n, _ := events.at(t, "page_info", "total_count").(float64); n > accounts { // a user's are erased when they are over
		t.Errorf("deletions are told %v times", n)
	}
}
