package run_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/run"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/variable"
)

// set makes a secret variable of the environment.
func (r *rig) set(name, value string) {
	r.t.Helper()
	s := &variable.Service{DB: r.DB, Box: r.Box, Now: r.clock.Now}
	if _, err := s.Set(r.t.Context(), variable.Place{Level: variable.Environment, Scope: r.scope}, name, variable.Change{Value: (*secret.Text)(&value)}); err != nil {
		r.t.Fatal(err)
	}
}

// A secret goes where a step sends it, and into nothing that is kept of the run:
// neither into what went in nor into what came out, however it was written.
func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.set("API_KEY", "sk_live/1 2")
	got, steps := r.done(`{}`,
		`{"name":"send","type":"http_request","method":"POST","url":"OUT/?key={{ env.API_KEY | replace(\" \", \"+\") | replace(\"/\", \"%2F\") }}","headers":{"authorization":"Bearer {{ env.API_KEY }}"},"body":{"key":"{{ env.API_KEY }}"}}`,
		`{"name":"list","type":"for_each","items":"{{ [env.API_KEY] }}","steps":[{"name":"pass","type":"filter","if":"{{ item == \"(redacted)\" }}","reason":"{{ item }}"}]}`,
		`{"name":"answer","type":"respond","body":{"key":"{{ env.API_KEY }}"}}`,
		`{"name":"wrong","type":"http_request","url":"{{ env.API_KEY }}"}`,
	)
	if got.Status != run.Failed {
		t.Fatal(got.Status)
	}
	calls := r.out.Calls()
	if len(calls) != 1 || calls[0].Header.Get("Authorization") != "Bearer sk_live/1 2" || !strings.Contains(calls[0].Body, "sk_live/1 2") {
		t.Fatalf("the step did not send the secret: %+v", calls)
	}
	kept, err := json.Marshal([]any{got, steps})
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"sk_live", "1 2", "c2tfbGl2"} {
		if strings.Contains(string(kept), form) {
			t.Errorf("%q is kept: %s", form, kept)
		}
	}
	if !strings.Contains(string(kept), "Bearer (redacted)") {
		t.Errorf("nothing was kept of the header: %s", kept)
	}
}

// A name that is nobody's fails the step that asks for it, and says so.
func TestVariableThatIsNotSet(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	got, _ := r.done(`{}`, `{"name":"send","type":"http_request","url":"OUT/{{ env.NOWHERE }}"}`)
	if got.Status != run.Failed || !strings.Contains(got.Error.Message, "env.NOWHERE is not set") {
		t.Fatalf("%s %+v", got.Status, got.Error)
	}
}
