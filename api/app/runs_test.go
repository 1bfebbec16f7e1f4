package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// A run is followed to its end: it, its steps and that it is over, each an event of
// its own with the data of the API; and it is exported as what the list shows.
func TestRunIsFollowed(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	_, made := w.workflow(t, "name: Hook\ntriggers: [{type: http, auth: none}]\nsteps: [{name: go, type: filter, if: '{{ true }}'}]")
	g.do(t, http.MethodPost, made.text(t, "endpoint", "url"), `{"note":"=1+1"}`, "Content-Type", "application/json",
		"Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "X-Pd-Environment", "development").is(t, http.StatusOK)
	g.work()
	runs := w.call(t, http.MethodGet, "/v1/projects/{p}/runs?trace_id=4bf92f3577b34da6a3ce929d0e0e4736", "").is(t, http.StatusOK)
	var list struct{ Data []struct{ ID string } }
	if err := json.Unmarshal([]byte(runs.Body), &list); err != nil || len(list.Data) != 1 {
		t.Fatalf("%v %s", err, runs.Body)
	}
	r := w.call(t, http.MethodGet, "/v1/projects/{p}/runs/"+list.Data[0].ID+"/stream", "").is(t, http.StatusOK)
	if kind := r.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("it is %s", kind)
	}
	var kinds []string
	for line := range strings.Lines(r.Body) {
		if kind, ok := strings.CutPrefix(line, "event: "); ok {
			kinds = append(kinds, strings.TrimSpace(kind))
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok && !json.Valid([]byte(data)) {
			t.Errorf("no JSON: %s", data)
		}
	}
	if len(kinds) < 3 || kinds[0] != "run" || kinds[len(kinds)-1] != "end" || !strings.Contains(r.Body, "event: step") {
		t.Errorf("%v\n%s", kinds, r.Body)
	}
	lines := w.call(t, http.MethodGet, "/v1/projects/{p}/runs/export", "").is(t, http.StatusOK)
	var line struct {
		ID    string
		Input struct{ Body struct{ Note string } }
	}
	if err := json.Unmarshal([]byte(lines.Body), &line); err != nil || line.ID != list.Data[0].ID || line.Input.Body.Note != "=1+1" {
		t.Errorf("%v %s", err, lines.Body)
	}
}
