package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
)

// A file goes into a user's stash and comes back, by its key and by a link that
// needs nothing else, never as a page; a browser has its own user's alone.
func TestStashStory(t *testing.T) {
	t.Parallel()
	blobs := "file://" + t.TempDir()
	g := newRig(t, func(c *app.Config) { c.Blobs, c.PayloadMost = blobs, 100_000 })
	w := g.home
	page := "<script>alert(1)</script>"
	octets := []string{"Content-Type", "application/octet-stream"}
	made := w.call(t, http.MethodPost, "/v1/connect/{p}/file_stash/upload?external_user_id=ada&path=web/index.html&content_type=text/html", page, octets...).is(t, http.StatusCreated)
	by := "/v1/connect/{p}/file_stash/download?s3_key=" + made.text(t, "s3Key")
	if r := w.call(t, http.MethodGet, by, "").is(t, http.StatusOK); r.Body != page || r.Header.Get("Content-Disposition") != "attachment; filename=index.html" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error(r.Header, r.Body)
	}
	r := g.do(t, http.MethodGet, made.text(t, "get_url"), "").is(t, http.StatusOK)
	if r.Body != page || !strings.Contains(r.Header.Get("Content-Security-Policy"), "sandbox") || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment") {
		t.Error(r.Header, r.Body)
	}
	g.do(t, http.MethodGet, made.text(t, "get_url")+"x", "").refused(t, http.StatusForbidden, "link_invalid")
	g.do(t, http.MethodGet, strings.Replace(made.text(t, "get_url"), "/files/", "/payloads/", 1), "").refused(t, http.StatusNotFound, "event_not_found")
	for user, status := range map[string]int{"ada": http.StatusOK, "bob": http.StatusNotFound} {
		bearer := []string{"Authorization", "Bearer " + w.connectToken(t, user, "")}
		own := strings.ReplaceAll(by, "{p}", "-")
		g.do(t, http.MethodGet, own, "", bearer...).is(t, status)
		g.do(t, http.MethodGet, "/v1/connect/-/file_stash/files/"+made.text(t, "id"), "", bearer...).is(t, status)
		into := g.do(t, http.MethodPost, "/v1/connect/-/file_stash/upload?external_user_id="+user+"&path=x&stash_id="+made.text(t, "stash_id"), "x", append(bearer, octets...)...)
		if (into.Status == http.StatusCreated) != (user == "ada") {
			t.Error(user, into.Body)
		}
	}
	s := g.stranger()
	s.call(t, http.MethodGet, by, "").refused(t, http.StatusNotFound, "stash_file_not_found")
	s.call(t, http.MethodGet, strings.ReplaceAll(by, w.project, s.project), "").refused(t, http.StatusNotFound, "stash_file_not_found")
	w.call(t, http.MethodPost, "/v1/connect/{p}/file_stash/upload?external_user_id=ada&path=large", strings.Repeat("x", 32<<20+1), octets...).refused(t, http.StatusRequestEntityTooLarge, "body_too_large")
}

// Without a store of blobs there is no stash, and that is said.
func TestStashWithoutStore(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	g.home.call(t, http.MethodPost, "/v1/connect/{p}/file_stash/upload?external_user_id=ada&path=x", "x", "Content-Type", "application/octet-stream").refused(t, http.StatusServiceUnavailable, "stash_off")
}
