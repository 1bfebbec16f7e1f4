package patchbay_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	patchbay "github.com/patchbay-dev/patchbay/sdk/go"
)

// vector is one of the requests that all libraries are tested with.
type vector struct {
	Name       string
	Secrets    []string
	Now        int64
	Tolerance  int
	Headers    map[string]string
	Body       string
	BodyBase64 string `json:"body_base64"`
	Error      patchbay.WebhookErrorCode
	Event      *struct {
		ID             string
		Type           string
		SentAt         int64  `json:"sent_at"`
		CreatedAt      string `json:"created_at"`
		Environment    string
		ExternalUserID string `json:"external_user_id"`
		Data           string
	}
}

func vectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("../vectors/webhooks.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(b, &file); err != nil || len(file.Vectors) < 50 {
		t.Fatal(len(file.Vectors), err)
	}
	return file.Vectors
}

func (v *vector) request(t *testing.T) (*patchbay.Webhooks, http.Header, []byte) {
	t.Helper()
	h, body := http.Header{}, []byte(v.Body)
	for name, value := range v.Headers {
		h.Set(name, value)
	}
	if v.BodyBase64 != "" {
		var err error
		if body, err = base64.StdEncoding.DecodeString(v.BodyBase64); err != nil {
			t.Fatal(err)
		}
	}
	return &patchbay.Webhooks{Secrets: v.Secrets, Tolerance: time.Duration(v.Tolerance) * time.Second, Now: func() time.Time { return time.Unix(v.Now, 0) }}, h, body
}

func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			w, h, body := v.request(t)
			e, err := w.Verify(h, body)
			if v.Error != "" {
				why := (*patchbay.WebhookError)(nil)
				if !errors.As(err, &why) || why.Code != v.Error || why.Message == "" || e != nil {
					t.Fatalf("Verify() = %v, %v, want %s", e, err, v.Error)
				}
				for _, secret := range v.Secrets {
					if len(secret) > 8 && strings.Contains(err.Error(), secret) {
						t.Fatalf("the error tells the secret: %v", err)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := v.Event
			if e.ID != want.ID || e.Type != want.Type || e.SentAt.Unix() != want.SentAt || e.Environment != want.Environment || e.ExternalUserID != want.ExternalUserID || string(e.Body) != cmp.Or(want.Data, string(body)) {
				t.Fatalf("%+v, want %+v", e, want)
			}
			if created := e.CreatedAt.Format("2006-01-02T15:04:05.000Z07:00"); want.CreatedAt != "" && created != want.CreatedAt || want.CreatedAt == "" && !e.CreatedAt.IsZero() {
				t.Fatalf("created at %s, want %q", created, want.CreatedAt)
			}
		})
	}
}

// Whoever is not told the time takes it from the machine: vectors of the past are late.
func TestVerifyWebhook(t *testing.T) {
	t.Parallel()
	v := vectors(t)[0]
	_, h, body := v.request(t)
	why := (*patchbay.WebhookError)(nil)
	if _, err := patchbay.VerifyWebhook(h, body, v.Secrets...); !errors.As(err, &why) || why.Code != patchbay.TooOld {
		t.Fatal(err)
	}
}

func send(t *testing.T, to http.Handler, h http.Header, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/hooks", strings.NewReader(body))
	r.Header = h
	rec := httptest.NewRecorder()
	to.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String()
}

func TestHandler(t *testing.T) {
	t.Parallel()
	v := vectors(t)[0]
	w, h, body := v.request(t)
	var heard []*patchbay.Event
	fails := error(nil)
	handler := w.Handler(func(_ context.Context, e *patchbay.Event) error {
		heard = append(heard, e)
		return fails
	})
	if status, _ := send(t, handler, h, string(body)); status != http.StatusNoContent || len(heard) != 1 {
		t.Fatal(status, heard)
	}
	var c patchbay.Connection
	if err := heard[0].Decode(&c); err != nil || heard[0].Type != patchbay.ConnectionSuccess || c.Account == nil || c.Account.ID == "" {
		t.Fatalf("%+v %v", c, err)
	}
	if err := heard[0].Decode(&[]int{}); err == nil {
		t.Fatal("an object became a list")
	}
	fails = errors.New("the database at 10.0.0.1 is away")
	if status, text := send(t, handler, h, string(body)); status != http.StatusInternalServerError || strings.Contains(text, "10.0.0.1") {
		t.Fatal(status, text)
	}
	heard = nil
	for name, c := range map[string]struct {
		header http.Header
		body   string
		change func(*patchbay.Webhooks)
		status int
		code   string
	}{
		"tampered with":  {h, string(body) + " ", nil, http.StatusUnauthorized, "wrong_signature"},
		"not signed":     {http.Header{}, string(body), nil, http.StatusUnauthorized, "no_signature"},
		"malformed":      {http.Header{"X-Pd-Signature": {"?"}}, string(body), nil, http.StatusBadRequest, "malformed_header"},
		"too large":      {h, string(body), func(w *patchbay.Webhooks) { w.MaxBody = 10 }, http.StatusRequestEntityTooLarge, "body_too_large"},
		"misconfigured":  {h, string(body), func(w *patchbay.Webhooks) { w.Secrets = nil }, http.StatusInternalServerError, "malformed_secret"},
		"another secret": {h, string(body), func(w *patchbay.Webhooks) { w.Secrets = []string{"other"} }, http.StatusUnauthorized, "wrong_signature"},
	} {
		w := *w
		if c.change != nil {
			c.change(&w)
		}
		status, text := send(t, w.Handler(func(context.Context, *patchbay.Event) error { t.Errorf("%s: it came through", name); return nil }), c.header, c.body)
		var said struct{ Error, Code string }
		if err := json.Unmarshal([]byte(text), &said); err != nil || status != c.status || said.Code != c.code || said.Error == "" {
			t.Errorf("%s: %d %s, want %d %s", name, status, text, c.status, c.code)
		}
	}
}

// What comes after the middleware has the event, and reads the body again.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	v := vectors(t)[0]
	w, h, body := v.request(t)
	status, _ := send(t, w.Middleware(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		again, err := io.ReadAll(r.Body)
		if e := patchbay.EventFrom(r.Context()); err != nil || string(again) != string(body) || e == nil || e.ID != v.Event.ID {
			t.Errorf("%s %v %v", again, e, err)
		}
		rw.WriteHeader(http.StatusAccepted)
	})), h, string(body))
	if status != http.StatusAccepted {
		t.Fatal(status)
	}
	if patchbay.EventFrom(context.Background()) != nil {
		t.Fatal("an event where there is none")
	}
}
