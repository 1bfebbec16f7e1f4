package app_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/api/command"
)

// The command checks a file, plays its recorded answers and uploads it with
// them, as any client of the API.
func TestAppCommand(t *testing.T) {
	t.Parallel()
	g := newRig(t)
	w := g.home
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "fixtures"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("app.yaml", strings.ReplaceAll(ownApp("our_crm", "one"), "{{ instance.demo_url }}", g.config.DemoURL))
	write("fixtures/me.json", me)
	do := func(args ...string) (string, error) {
		c := g.config
		c.BaseURL, c.ClientID, c.ClientSecret = g.api, w.client, w.key
		var out bytes.Buffer
		err := g.typed(t.Context(), c, &out, io.Discard, append([]string{"app"}, args...)...)
		return out.String(), err
	}
	for _, step := range []struct{ command, says string }{{"lint", "sound"}, {"dry-run", "Ada (1) is connected."}, {"add", "our_crm serves as version 1"}, {"add", "our_crm serves as version 1"}} {
		if out, err := do(step.command, folder); err != nil || !strings.Contains(out, step.says) {
			t.Fatalf("%s: %v\n%s", step.command, err, out)
		}
	}
	if r := w.call(t, http.MethodPost, "/v1/app_files/our_crm/check", "{}").is(t, http.StatusOK); !strings.Contains(r.Body, "Ada (1) is connected.") {
		t.Fatal(r.Body)
	}
	write("fixtures/me.json", strings.Replace(me, `"status": 200`, `"status": 401`, 1))
	if out, err := do("dry-run", folder); err == nil || !strings.Contains(out, "failed   api_key: identity") {
		t.Fatal(out, err)
	}
	write("app.yaml", strings.Replace(ownApp("our_crm", "two"), "name: Our CRM\n", "", 1))
	for _, command := range []string{"lint", "dry-run", "add"} {
		if out, err := do(command, folder); err == nil || !strings.Contains(out, "line 1") {
			t.Errorf("%s: %v %s", command, err, out)
		}
	}
	for _, args := range [][]string{{}, {"add"}, {"fly", folder}, {"import-openapi", "x.json"}} {
		if _, err := do(args...); !errors.Is(err, command.ErrUsage) {
			t.Errorf("%v: %v", args, err)
		}
	}
	c := g.config
	if err := g.typed(t.Context(), c, io.Discard, io.Discard, "app", "add", folder); err == nil || !strings.Contains(err.Error(), "PATCHBAY_CLIENT_ID") {
		t.Error(err)
	}
	c.BaseURL, c.ClientID, c.ClientSecret = g.api, w.client, "wrong"
	if err := g.typed(t.Context(), c, io.Discard, io.Discard, "app", "add", folder); err == nil || !strings.Contains(err.Error(), "client secret is wrong") {
		t.Error(err)
	}
}
