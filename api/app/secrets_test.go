package app_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hibiken/asynq"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

// planted is something that must not be seen, and where it may be all the same.
type planted struct {
	what    string
	allowed []string // parts of places
}

// witness writes down all that leaves a whole installation, by its place, and
// everything that must not be in it.
type witness struct {
	g *rig

	mu      sync.Mutex
	secrets map[string]planted
	heard   map[string]string
	fault   string         // what the token endpoint does; "" = as usual
	met     map[string]int // refreshes that met a fault
}

// plant makes a text a secret. One that is too short would be found by chance.
func (w *witness) plant(text, what string, allowed ...string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(text) >= 10 {
		w.secrets[text] = planted{what, allowed}
	}
	return text
}

func (w *witness) hear(place, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard[place] += "\n" + text
}

// RoundTrip writes down what Patchbay answers.
func (w *witness) RoundTrip(req *http.Request, next http.RoundTripper) (*http.Response, error) {
	res, err := next.RoundTrip(req)
	if err != nil {
		return nil, err //nolint:wrapcheck // it is the next one's
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	header, _ := json.Marshal(res.Header) // texts always marshal
	w.hear("answer "+req.Method+" "+req.URL.RequestURI(), string(header)+string(body))
	return res, err //nolint:wrapcheck // the body broke off
}

type listening struct {
	w    *witness
	next http.RoundTripper
}

func (t listening) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.w.RoundTrip(req, t.next)
}

// tokens stands before Acme's token endpoint: what it gives is secret, and it
// can fail in ways that Acme does not know.
func (w *witness) tokens(rw http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(raw))
	form, _ := url.ParseQuery(string(raw))
	w.plant(form.Get("code"), "an authorization code", "answer GET /connect/oauth/") // the browser brings it
	w.plant(form.Get("code_verifier"), "a verifier")
	w.mu.Lock()
	fault := w.fault
	if form.Get("grant_type") == "refresh_token" && fault != "" {
		w.met[fault]++
	} else {
		fault = ""
	}
	w.mu.Unlock()
	rw.Header().Set("Content-Type", "application/json")
	switch fault {
	case "html":
		rw.Header().Set("Content-Type", "text/html")
		_, _ = rw.Write([]byte("<h1>" + string(raw) + "</h1>"))
	case "half":
		rw.Header().Set("Content-Length", "1000")
		_, _ = rw.Write([]byte(`{"access_token":"` + w.plant("planted-half-access-token", "half a token")))
		panic(http.ErrAbortHandler)
	case "echo":
		rw.WriteHeader(http.StatusBadRequest)
		said, _ := json.Marshal(map[string]string{"error": form.Get("refresh_token"), "error_description": string(raw) + r.Header.Get("Authorization")})
		_, _ = rw.Write(said)
	case "inside 200":
		said, _ := json.Marshal(map[string]string{"error": form.Get("client_secret") + form.Get("refresh_token")})
		_, _ = rw.Write(said)
	default:
		rec := httptest.NewRecorder()
		w.g.acme.Handler().ServeHTTP(rec, r)
		var out struct {
			Access  string `json:"access_token"`
			Refresh string `json:"refresh_token"`
		}
		if json.Unmarshal(rec.Body.Bytes(), &out) == nil {
			w.plant(out.Access, "an access token", revealed)
			w.plant(out.Refresh, "a refresh token", revealed)
		}
		maps.Copy(rw.Header(), rec.Header())
		rw.WriteHeader(rec.Code)
		_, _ = rw.Write(rec.Body.Bytes())
	}
}

// watchSpool writes down the names and the contents of what waits for the
// database, as long as the test runs.
func (w *witness) watchSpool(t *testing.T, dir string) {
	t.Helper()
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		for {
			entries, _ := os.ReadDir(dir)
			for _, e := range entries {
				b, _ := os.ReadFile(filepath.Join(dir, e.Name()))
				w.hear("spool", e.Name()+" "+string(b))
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	t.Cleanup(func() { close(stop); done.Wait() })
}

// database writes every row of every table down. Bytes are in hex.
func (w *witness) database(t *testing.T) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), w.g.config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	rows, err := c.Query(t.Context(), `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'm')`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !slices.Contains(tables, "credentials") {
		t.Fatal(tables, err)
	}
	for _, table := range tables {
		w.hear("database "+table, w.g.dump(t, table))
	}
}

// redis writes every key of Redis and what it holds down.
func (w *witness) redis(t *testing.T) {
	t.Helper()
	o, err := asynq.ParseRedisURI(w.g.config.RedisURL)
	if err != nil {
		t.Fatal(err)
	}
	c := o.MakeRedisClient().(redis.UniversalClient)
	defer func() { _ = c.Close() }()
	keys, err := c.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) == 0 {
		t.Fatal(keys, err)
	}
	for _, key := range keys {
		values := []string{}
		switch kind := c.Type(t.Context(), key).Val(); kind {
		case "string":
			values = append(values, c.Get(t.Context(), key).Val())
		case "hash":
			for field, v := range c.HGetAll(t.Context(), key).Val() {
				values = append(values, field, v)
			}
		case "list":
			values = c.LRange(t.Context(), key, 0, -1).Val()
		case "set":
			values = c.SMembers(t.Context(), key).Val()
		case "zset":
			values = c.ZRange(t.Context(), key, 0, -1).Val()
		case "none": // it has just ended
		default:
			t.Errorf("what a %s of Redis holds is not looked at", kind)
		}
		w.hear("redis", key+" "+strings.Join(values, " "))
	}
}

// check fails the test for each secret in each place where it may not be, in
// the clear or merely encoded.
func (w *witness) check(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for text, p := range w.secrets {
		inJSON, _ := json.Marshal(text) // texts always marshal
		for place, said := range w.heard {
			if slices.ContainsFunc(p.allowed, func(prefix string) bool { return strings.Contains(place, prefix) }) {
				continue
			}
			for _, form := range []string{text, strings.Trim(string(inJSON), `"`), url.QueryEscape(text), hex.EncodeToString([]byte(text))} {
				if i := strings.Index(said, form); i >= 0 {
					t.Errorf("%s is shown in %s: %s", p.what, place, said[max(0, i-200):min(len(said), i+60)])
					break
				}
			}
		}
	}
}
