package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/app"
	"github.com/patchbay-dev/patchbay/internal/sandbox"
)

// A run finds the files of the stash that it names in /tmp, and what it leaves there
// is in the stash, also if it failed; another user's stash is none of its.
func TestStashOfRun(t *testing.T) {
	t.Parallel()
	if sandbox.Detect(t.Context()).Tier == sandbox.Plain {
		t.Skip("plain children share this machine's /tmp")
	}
	blobs := "file://" + t.TempDir()
	g := newRig(t, withCode(t, "files.mjs"), func(c *app.Config) { c.Blobs, c.PayloadMost = blobs, 100_000 })
	w := g.home
	run := func(user, stash, more string) reply {
		return w.call(t, http.MethodPost, "/v1/connect/{p}/actions/run", `{"id":"code-files","external_user_id":"`+user+`","stash_id":`+stash+`,"configured_props":{"from":"/tmp/in/a.txt"`+more+`}}`)
	}
	put := func(user, stash string) string {
		return w.call(t, http.MethodPost, "/v1/connect/{p}/file_stash/upload?path=in/a.txt&external_user_id="+user+"&stash_id="+stash, "hello", "Content-Type", "application/octet-stream").is(t, http.StatusCreated).text(t, "stash_id")
	}
	if c := w.call(t, http.MethodGet, "/v1/connect/{p}/actions/code-files", "").is(t, http.StatusOK); c.text(t, "data", "stash") != "optional" {
		t.Error(c.Body)
	}
	id := put("ada", "NEW")
	r := run("ada", `"`+id+`"`, "").is(t, http.StatusOK)
	if r.at(t, "ret") != 5.0 || r.text(t, "stash_id") != id || r.text(t, "exports", "$filestash_uploads", 0, "localPath") != "/tmp/out/loud.txt" || r.text(t, "exports", "$filestash_uploads", 1, "localPath") != "/tmp/twice.txt" {
		t.Fatal(r.Body)
	}
	for _, said := range []string{"$.send.email was not sent", "$.respond answers who called a workflow"} {
		if !strings.Contains(r.Body, said) {
			t.Errorf("%q is not said: %s", said, r.Body)
		}
	}
	if got := g.do(t, http.MethodGet, r.text(t, "exports", "$filestash_uploads", 0, "get_url"), "").is(t, http.StatusOK); got.Body != "HELLO" {
		t.Error(got.Body)
	}
	if got := w.call(t, http.MethodGet, "/v1/connect/{p}/file_stash/download?s3_key="+r.text(t, "exports", "$filestash_uploads", 1, "s3Key"), "").is(t, http.StatusOK); got.Body != "hellohello" {
		t.Error(got.Body)
	}
	// What it does not change is not left again.
	if r = run("ada", `"`+id+`"`, `,"fail":true`).is(t, http.StatusOK); r.text(t, "error", "message") != "it failed afterwards" || r.at(t, "exports", "$filestash_uploads") != nil {
		t.Error(r.Body)
	}
	if r = run("ada", `"`+put("ada", "NEW")+`"`, `,"fail":true`).is(t, http.StatusOK); r.text(t, "exports", "$filestash_uploads", 1, "localPath") != "/tmp/twice.txt" {
		t.Error(r.Body)
	}
	if r = run("bob", `"`+id+`"`, "").is(t, http.StatusOK); !strings.Contains(r.text(t, "error", "message"), "ENOENT") {
		t.Error(r.Body)
	}
	if r = run("ada", "true", "").is(t, http.StatusOK); !strings.Contains(r.text(t, "error", "message"), "ENOENT") || r.text(t, "stash_id") == id {
		t.Error(r.Body)
	}
	run("ada", `"elsewhere"`, "").refused(t, http.StatusBadRequest, "stash_id")
	if r = run("ada", "null", "").is(t, http.StatusOK); r.at(t, "stash_id") != nil {
		t.Error(r.Body)
	}
}
