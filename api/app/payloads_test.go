package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/testkit"
)

// A large payload goes all the way: it is taken, kept outside of the database,
// sent by reference, and fetched with the link, whole and in part, by whoever has
// it and while it is as it was made.
func TestLargePayloadByReference(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := newRig(t, func(c *app.Config) { c.Blobs, c.PayloadMost = "file://"+dir, 100_000 })
	w, receiver := g.home, testkit.NewReceiver(t)
	w.call(t, http.MethodPost, "/v1/projects/{p}/endpoints", `{"url":"`+receiver.URL+`","inline_limit":1000}`).is(t, http.StatusCreated)
	_, endpoint, _ := w.trigger(t, user, "")
	text := strings.Repeat("patchbay ", 40_000)
	g.do(t, http.MethodPost, endpoint, `{"text":"`+text+`"}`).is(t, http.StatusOK)
	if n := len(testkit.Blobs(t, dir)); n != 1 {
		t.Fatalf("%d blobs", n)
	}
	g.work()
	soon(t, "the reference", func() bool { return len(receiver.Calls()) == 1 })
	c := receiver.Calls()[0]
	var told struct {
		Reference struct {
			URL  string
			Size int
		} `json:"payload_reference"`
	}
	if err := json.Unmarshal([]byte(c.Body), &told); err != nil {
		t.Fatal(err)
	}
	link := told.Reference.URL
	if c.Header.Get("X-Patchbay-Payload") != "reference" || !strings.HasPrefix(link, g.config.PublicURL+"/payloads/") || told.Reference.Size < len(text) {
		t.Fatal(c.Body)
	}
	whole := g.do(t, http.MethodGet, link, "").is(t, http.StatusOK)
	if len(whole.Body) != told.Reference.Size || !strings.Contains(whole.Body, text) {
		t.Errorf("%d bytes came", len(whole.Body))
	}
	for header, want := range map[string]string{
		"Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox", "Cache-Control": "private, no-store",
	} {
		if got := whole.Header.Get(header); got != want {
			t.Errorf("%s: %s", header, got)
		}
	}
	if part := g.do(t, http.MethodGet, link, "", "Range", "bytes=0-9").is(t, http.StatusPartialContent); part.Body != whole.Body[:10] {
		t.Error(part.Body)
	}
	if head := g.do(t, http.MethodHead, link, "").is(t, http.StatusOK); head.Body != "" {
		t.Error(head.Body)
	}
	g.do(t, http.MethodGet, link[:len(link)-3]+"AAA", "").refused(t, http.StatusForbidden, "link_invalid")
	g.do(t, http.MethodGet, g.config.PublicURL+"/payloads/none", "").refused(t, http.StatusForbidden, "link_invalid")
	g.do(t, http.MethodGet, g.config.PublicURL+"/v1/event_types", "", "Authorization", "Bearer "+link[strings.LastIndex(link, "/")+1:]).refused(t, http.StatusUnauthorized, "unauthenticated")

	// The API tells of it as well, and a stranger of nothing.
	delivery := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries", "").is(t, http.StatusOK).text(t, "data", 0, "id")
	shown := w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries/"+delivery, "").is(t, http.StatusOK)
	if shown.text(t, "payload") != "" || shown.at(t, "payload_reference", "size") != float64(told.Reference.Size) {
		t.Error(shown.Body)
	}
	g.do(t, http.MethodGet, shown.text(t, "payload_reference", "url"), "").is(t, http.StatusOK)
	event := w.call(t, http.MethodGet, "/v1/projects/{p}/events/"+shown.text(t, "delivery", "event_id"), "").is(t, http.StatusOK)
	if event.text(t, "body") != "" || event.at(t, "payload_reference", "size") != float64(told.Reference.Size) {
		t.Error(event.Body)
	}

	soon(t, "the delivery to be over", func() bool {
		return w.call(t, http.MethodGet, "/v1/projects/{p}/deliveries?state=delivered", "").at(t, "page_info", "total_count") == 1.0
	})
	soon(t, "the tables of days, whose making locks others out", func() bool {
		return len(g.heads(t, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'attempts'::regclass")) == 9
	})
	// With the event goes the payload, and with both the link.
	g.query(t, "DELETE FROM events")
	g.do(t, http.MethodGet, link, "").refused(t, http.StatusNotFound, "event_not_found")
	soon(t, "the blob to go", func() bool { return len(testkit.Blobs(t, dir)) == 0 })
}

// What a step brings that is too large for its row is shown by reference; the next step
// has it whole, whoever has the link does, too, and it goes with the run.
func TestLargeOutputByReference(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := newRig(t, func(c *app.Config) { c.Blobs, c.PayloadMost = "file://"+dir, 100_000 })
	g.work()
	w, receiver := g.home, testkit.NewReceiver(t)
	text := strings.Repeat("patchbay ", 40_000)
	receiver.Answer(func(_ int, w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
	r := w.invoked(t, `{"name":"Large","triggers":[{"type":"http","response":{"mode":"workflow"}}],"steps":[
		{"name":"get","type":"http_request","url":"`+receiver.URL+`"},
		{"name":"say","type":"respond","body":{"length":"{{ len(steps.get.body) }}"}}]}`, "", `{}`).is(t, http.StatusOK)
	if r.at(t, "length") != float64(len(text)) {
		t.Fatal(r.Body)
	}
	runs := w.call(t, http.MethodGet, "/v1/projects/{p}/runs", "").is(t, http.StatusOK)
	at := "/v1/projects/{p}/runs/" + runs.text(t, "data", 0, "id")
	shown := w.call(t, http.MethodGet, at, "").is(t, http.StatusOK)
	if shown.at(t, "steps", 0, "output") != nil || len(shown.Body) > 20_000 {
		t.Fatalf("%d bytes: %.500s", len(shown.Body), shown.Body)
	}
	link := shown.text(t, "steps", 0, "output_reference", "url")
	whole := g.do(t, http.MethodGet, link, "").is(t, http.StatusOK)
	if !strings.Contains(whole.Body, text) || shown.at(t, "steps", 0, "output_reference", "size") != float64(len(whole.Body)) {
		t.Errorf("%d bytes came", len(whole.Body))
	}
	g.do(t, http.MethodGet, link[:len(link)-3]+"AAA", "").refused(t, http.StatusForbidden, "link_invalid")
	g.query(t, "DELETE FROM runs")
	if gone := g.do(t, http.MethodGet, link, ""); gone.Status != http.StatusNotFound {
		t.Error(gone.Status, gone.Body)
	}
	soon(t, "the blob to go", func() bool { return len(testkit.Blobs(t, dir)) == 0 })
}

// What cannot be the place for large payloads is said at the start and by the doctor.
func TestPlaceForPayloads(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	for setting, says := range map[string]string{"ftp://x": "no kind of store", "file:///proc/patchbay": "PATCHBAY_BLOBS"} {
		c := g.config
		c.Blobs, c.PayloadMost = setting, 100_000
		if a, err := app.New(t.Context(), c); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", setting, err)
			if err == nil {
				a.Close()
			}
		}
	}
	ready := g.do(t, http.MethodGet, "/readyz", "")
	if strings.Contains(ready.Body, "payloads") {
		t.Error(ready.Body)
	}
}
