package webhook_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/testkit"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// received is a request as the libraries' check programs read it.
type received struct {
	Secrets    []string          `json:"secrets"`
	Now        int64             `json:"now"`
	Headers    map[string]string `json:"headers"`
	BodyBase64 []byte            `json:"body_base64"`
}

// What the server really sends is verified by each library, whose HMACs are of
// three makers: Go's, Node's and Python's.
func TestLibrariesVerifyDeliveries(t *testing.T) {
	t.Parallel()
	r, to := newRig(t), testkit.NewReceiver(t)
	endpoint, old := r.project(to.URL)
	r.change(endpoint, webhook.Change{EventTypes: &[]string{webhook.Everything}})
	v, err := r.RotateProject(t.Context(), r.scope)
	if err != nil {
		t.Fatal(err)
	}
	fresh := v.Key.Reveal()
	told := event.Event{Type: event.ConnectionSuccess, SubjectID: "apn_1", ExternalUserID: "Zoë 世界", CreatedAt: r.Now()}
	emitted := event.Event{Type: event.TriggerEmitted, SubjectID: "hi_1", Body: `{"event":"CONNECTION_SUCCESS","event_id":"evt_1","text":"🌍 \u2028"}`, CreatedAt: r.Now()}
	r.in(func(tx *gorm.DB) error {
		if err := told.Fill("development", map[string]any{"connect_token": event.SecretMark, "account": map[string]string{"id": "apn_1", "name": "Zoë"}}); err != nil {
			return err
		}
		var err error
		if told.Secret, err = r.Box.Seal([]byte("ctok_1"), event.Associated(told.ID)); err != nil {
			return err
		}
		_, err = webhook.EmitAll(tx, []*event.Event{&told, &emitted}, webhook.To{Project: true})
		return err
	})
	r.deliver(endpoint)

	requests := map[string]received{}
	for _, c := range to.Calls() {
		in := received{Now: r.Now().Unix() + 1, Headers: map[string]string{}, BodyBase64: []byte(c.Body)}
		for name := range c.Header {
			in.Headers[name] = c.Header.Get(name)
		}
		requests[c.Header.Get("Webhook-Id")] = in
	}
	if got := slices.Sorted(maps.Keys(requests)); len(got) != 2 || !bytes.Contains(requests[told.ID].BodyBase64, []byte("ctok_1")) {
		t.Fatalf("delivered %v", got)
	}
	without := func(in received, header string) received {
		in.Headers = maps.Clone(in.Headers)
		delete(in.Headers, header)
		return in
	}
	keys := func(in received, keys ...string) received { in.Secrets = keys; return in }
	connected := map[string]string{"id": told.ID, "type": "CONNECTION_SUCCESS", "external_user_id": told.ExternalUserID}
	changed := keys(requests[told.ID], fresh)
	changed.BodyBase64 = bytes.ReplaceAll(changed.BodyBase64, []byte("ctok_1"), []byte("ctok_2"))
	tests := map[string]struct {
		request received
		want    map[string]string
	}{
		"the new key":               {keys(requests[told.ID], fresh), connected},
		"the old key":               {keys(requests[told.ID], old), connected},
		"as Standard Webhooks":      {without(keys(requests[told.ID], webhook.StandardSecret(secret.Text(fresh)).Reveal()), "X-Pd-Signature"), connected},
		"as Connect clients do":     {without(keys(requests[told.ID], "other", old), "Webhook-Signature"), connected},
		"what a trigger emitted":    {keys(requests[emitted.ID], fresh), map[string]string{"id": emitted.ID, "type": "trigger.emitted", "external_user_id": ""}},
		"another key":               {keys(requests[told.ID], "other"), map[string]string{"error": "wrong_signature"}},
		"changed on the way":        {changed, map[string]string{"error": "wrong_signature"}},
		"stripped of its signature": {without(without(keys(requests[told.ID], fresh), "Webhook-Signature"), "X-Pd-Signature"), map[string]string{"error": "no_signature"}},
	}
	for language, verify := range verifiers(t) {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			names := slices.Sorted(maps.Keys(tests))
			var in []received
			for _, name := range names {
				in = append(in, tests[name].request)
			}
			said := verify(t, in)
			for i, name := range names {
				if diff := cmp.Diff(tests[name].want, said[i]); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
			}
		})
	}
}

type verifier func(t *testing.T, in []received) []map[string]string

// verifiers are the libraries, each behind a program that reads requests and
// says what the library makes of each.
func verifiers(t *testing.T) map[string]verifier {
	t.Helper()
	sdk, err := filepath.Abs("../../sdk")
	if err != nil {
		t.Fatal(err)
	}
	check := filepath.Join(t.TempDir(), "check")
	if out, err := exec.Command("go", "build", "-C", filepath.Join(sdk, "go"), "-o", check, "./internal/check").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := func(needs string, command ...string) verifier {
		return func(t *testing.T, in []received) (out []map[string]string) {
			t.Helper()
			if _, err := exec.LookPath(command[0]); err != nil {
				t.Skip("not on this machine (make setup installs it): ", command[0])
			}
			if _, err := os.Stat(filepath.Join(sdk, needs)); err != nil {
				t.Skip("the libraries are not installed: make sdk")
			}
			text, err := json.Marshal(in)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(command[0], command[1:]...)
			cmd.Stdin = bytes.NewReader(text)
			var wrong bytes.Buffer
			cmd.Stderr = &wrong
			said, err := cmd.Output()
			if err == nil {
				err = json.Unmarshal(said, &out)
			}
			if err != nil || len(out) != len(in) {
				t.Fatalf("%v: %s %s", err, said, wrong.String())
			}
			return out
		}
	}
	return map[string]verifier{
		"Go":         run("go", check),
		"TypeScript": run("node_modules/rolldown", "node", filepath.Join(sdk, "typescript/test/check.mjs")),
		"Python":     run("python", "python3", filepath.Join(sdk, "python/tests/check.py")),
	}
}
