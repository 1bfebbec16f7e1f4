package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// What a receiver never took is exported with all that is known of it, and
// arrives once its receiver is well and it is replayed.
func TestDeadLettersComeBack(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w, receiver := g.home, testkit.NewReceiver(t)
	receiver.Status(http.StatusNotFound)
	w.call(t, http.MethodPut, "/v1/connect/{p}/webhook", `{"url":"`+receiver.URL+`"}`).is(t, http.StatusOK)
	_, endpoint, _ := w.trigger(t, user, "")
	for range 3 {
		g.do(t, http.MethodPost, endpoint, `{"order":1}`).is(t, http.StatusOK)
	}
	g.query(t, "UPDATE deliveries SET state = 'exhausted', attempts = 9, last_status = 404, last_error = 'status', finished_at = now()")
	dead := w.call(t, http.MethodGet, "/v1/projects/{p}/dead_letters?status=4xx", "").is(t, http.StatusOK)
	if dead.at(t, "page_info", "total_count") != 3.0 {
		t.Fatal(dead.Body)
	}
	export := w.call(t, http.MethodGet, "/v1/projects/{p}/dead_letters/export", "").is(t, http.StatusOK)
	lines := strings.Split(strings.TrimSuffix(export.Body, "\n"), "\n")
	if len(lines) != 3 {
		t.Fatal(export.Body)
	}
	var letter struct {
		ID, URL, Error, Payload string
		Status, Attempts        int
	}
	if err := json.Unmarshal([]byte(lines[2]), &letter); err != nil || letter.ID != dead.text(t, "data", 0, "id") || letter.URL != receiver.URL || letter.Error != "status" || letter.Status != 404 ||
		letter.Attempts != 9 || !strings.Contains(letter.Payload, `"order":1`) {
		t.Fatalf("%s, %v", lines[2], err)
	}
	one := w.call(t, http.MethodPost, "/v1/projects/{p}/dead_letters/discard", `{"filter":{"delivery_ids":["`+letter.ID+`"]}}`).is(t, http.StatusOK)
	if one.at(t, "discarded") != 1.0 {
		t.Fatal(one.Body)
	}
	const all = `{"filter":{"state":"exhausted"}}`
	if n := w.call(t, http.MethodPost, "/v1/projects/{p}/replays/count", all).is(t, http.StatusOK); n.at(t, "total") != 2.0 {
		t.Fatal(n.Body)
	}
	receiver.Status(http.StatusOK)
	id := w.call(t, http.MethodPost, "/v1/projects/{p}/replays", all).is(t, http.StatusAccepted).text(t, "id")
	g.work()
	soon(t, "the replay", func() bool {
		return w.call(t, http.MethodGet, "/v1/projects/{p}/replays/"+id, "").is(t, http.StatusOK).at(t, "status") == "finished"
	})
	soon(t, "what was dead", func() bool {
		return w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries?state=delivered", "").at(t, "page_info", "total_count") == 2.0
	})
	w.call(t, http.MethodPost, "/v1/projects/{p}/replays/"+id+"/pause", "").refused(t, http.StatusConflict, "replay_over")
	if n := len(receiver.Calls()); n != 2 {
		t.Fatalf("%d calls", n)
	}
}
