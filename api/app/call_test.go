package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/patchbay-dev/patchbay/internal/demo"
)

// reply is an answer read to its end.
type reply struct {
	Status int
	Header http.Header
	Body   string
}

// json returns the body, which must be a JSON object.
func (r reply) json(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(r.Body), &out); err != nil {
		t.Fatalf("status %d, not a JSON object: %v\n%s", r.Status, err, r.Body)
	}
	return out
}

// at returns the value at a path of keys and indices, nil when there is none.
func (r reply) at(t *testing.T, path ...any) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(r.Body), &v); err != nil {
		t.Fatalf("status %d, not JSON: %v\n%s", r.Status, err, r.Body)
	}
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			a, _ := v.([]any)
			if p >= len(a) {
				return nil
			}
			v = a[p]
		}
	}
	return v
}

// text is at for a text.
func (r reply) text(t *testing.T, path ...any) string {
	t.Helper()
	s, _ := r.at(t, path...).(string)
	return s
}

// is fails the test unless the answer has the status.
func (r reply) is(t *testing.T, status int) reply {
	t.Helper()
	if r.Status != status {
		t.Fatalf("status %d, want %d\n%s", r.Status, status, r.Body)
	}
	return r
}

// refused fails the test unless the answer is an error with the status and code.
func (r reply) refused(t *testing.T, status int, code string) reply {
	t.Helper()
	if got := r.is(t, status).text(t, "code"); got != code {
		t.Fatalf("code %q, want %q\n%s", got, code, r.Body)
	}
	return r
}

// do sends a request to a URL or, for a path, to the API. A body is JSON unless
// a header says otherwise; "Host" sets the host name. An empty value leaves a header out.
func (g *rig) do(t *testing.T, method, target, body string, header ...string) reply {
	t.Helper()
	if strings.HasPrefix(target, "/") {
		target = g.api + target
	}
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body == "" {
		req.Body = http.NoBody
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		switch {
		case header[i] == "Host":
			req.Host = header[i+1]
		case header[i+1] == "":
			req.Header.Del(header[i])
		default:
			req.Header.Set(header[i], header[i+1])
		}
	}
	return g.send(t, g.http, req)
}

func (g *rig) send(t *testing.T, c *http.Client, req *http.Request) reply {
	t.Helper()
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(text)}
}

// call asks the API as the workspace's server does. {p} in the path is the project.
func (w *workspace) call(t *testing.T, method, path, body string, header ...string) reply {
	t.Helper()
	path = strings.ReplaceAll(path, "{p}", w.project)
	return w.g.do(t, method, path, body, append([]string{"Authorization", "Bearer " + w.token, "X-Pd-Environment", w.environment}, header...)...)
}

// connectToken returns a connect token for a user; more is added to the body.
func (w *workspace) connectToken(t *testing.T, user, more string) string {
	t.Helper()
	name, _ := json.Marshal(user)
	body := `{"external_user_id":` + string(name)
	if more != "" {
		body += "," + more
	}
	return w.call(t, http.MethodPost, "/v1/connect/{p}/tokens", body+"}").is(t, http.StatusOK).text(t, "token")
}

// account connects an account of the user with a key and returns its id.
func (w *workspace) account(t *testing.T, user string) string {
	t.Helper()
	return w.connectKey(t, w.connectToken(t, user, "")).is(t, http.StatusOK).text(t, "id")
}

func (w *workspace) connectKey(t *testing.T, ctok string) reply {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"app_slug": "acme_crm_key", "cfmap_json": `{"api_key":"` + demo.DemoKey + `"}`, "connect_token": ctok})
	return w.g.do(t, http.MethodPost, "/v1/connect/accounts", string(body), "Authorization", "Bearer "+ctok)
}

// trigger deploys a trigger for the user, with a webhook unless url is "".
func (w *workspace) trigger(t *testing.T, user, url string) (id, endpoint string, answer reply) {
	t.Helper()
	in := map[string]any{"id": "http-new-requests", "external_user_id": user}
	if url != "" {
		in["webhook_url"] = url
	}
	body, _ := json.Marshal(in)
	r := w.call(t, http.MethodPost, "/v1/connect/{p}/triggers/deploy", string(body)).is(t, http.StatusOK)
	return r.text(t, "data", "id"), r.text(t, "data", "endpoint_url"), r
}

// workflow makes a workflow of a YAML definition and deploys it.
func (w *workspace) workflow(t *testing.T, definition string) (id string, created reply) {
	t.Helper()
	r := w.call(t, http.MethodPost, "/v1/projects/{p}/workflows", definition, "Content-Type", "application/yaml").is(t, http.StatusCreated)
	id = r.text(t, "id")
	w.call(t, http.MethodPost, "/v1/projects/{p}/workflows/"+id+"/deploy", "").is(t, http.StatusOK)
	return id, r
}
