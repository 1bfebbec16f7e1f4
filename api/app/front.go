package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/patchbay-dev/patchbay/api/docs"
	"github.com/patchbay-dev/patchbay/api/download"
	"github.com/patchbay-dev/patchbay/api/ingress"
	"github.com/patchbay-dev/patchbay/api/mcp"
	"github.com/patchbay-dev/patchbay/api/oauth"
	"github.com/patchbay-dev/patchbay/api/resume"
	"github.com/patchbay-dev/patchbay/internal/brand"
	"github.com/patchbay-dev/patchbay/internal/workflow/schema"
)

// front sends each request to its face. A host of a customer's own has the
// hosted pages and nothing else: no console, whose members sign in elsewhere.
func (a *App) front(brands *brand.Service, api http.Handler, in *ingress.Server, payloads, answers, pages, people, agents, grants, manual, admin http.Handler) http.Handler {
	endpoints := in.Handler()
	ops := a.ops()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		under := func(prefixes ...string) bool {
			for _, p := range prefixes {
				if strings.HasPrefix(path, p) {
					return true
				}
			}
			return false
		}
		switch {
		case in.Takes(r.Host):
			endpoints.ServeHTTP(w, r)
		case customers(brands, r):
			pages.ServeHTTP(w, r)
		case resume.Takes(path):
			answers.ServeHTTP(w, r)
		case under("/e/"):
			endpoints.ServeHTTP(w, r)
		case download.Takes(path):
			payloads.ServeHTTP(w, r)
		case under("/v1/"), path == "/v1":
			api.ServeHTTP(w, r)
		case under("/_static/", "/connect/"):
			pages.ServeHTTP(w, r)
		case mcp.Takes(path):
			agents.ServeHTTP(w, r)
		case oauth.Takes(path):
			grants.ServeHTTP(w, r)
		case docs.Takes(path):
			manual.ServeHTTP(w, r)
		case under("/scim/"):
			people.ServeHTTP(w, r)
		case under("/healthz", "/readyz", "/metrics", "/.well-known/", "/schemas/", "/debug/pprof/"), path == "/status":
			ops.ServeHTTP(w, r)
		default:
			admin.ServeHTTP(w, r)
		}
	})
}

// customers reports whether a request came to a host of a customer's own.
func customers(brands *brand.Service, r *http.Request) bool {
	_, ok, err := brands.At(r.Context(), r.Host)
	if err != nil {
		slog.ErrorContext(r.Context(), "hosts of customers are not known", "error", err)
	}
	return ok
}

// ops answers what machines ask: whether we live, whether we can work, how we
// do, and which keys sign our tokens.
func (a *App) ops() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, map[string]any{"status": "ok"}) })
	m.HandleFunc("GET "+schema.Path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/schema+json")
		w.Header().Set("Access-Control-Allow-Origin", "*") // editors in browsers read it
		w.Header().Set("Cache-Control", "public, max-age=300")
		_, _ = w.Write(schema.Source)
	})
	m.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		status, parts := http.StatusOK, map[string]any{"status": "ok", "database": "ok", "redis": "ok"}
		if err := a.db.Ping(ctx); err != nil {
			status, parts["status"], parts["database"] = http.StatusServiceUnavailable, "unavailable", "does not answer"
		}
		if a.payloads.Blobs != nil {
			parts["payloads"] = "ok"
			if err := a.blobs.check(ctx, a.payloads.Blobs.Ready); err != nil {
				parts["payloads"] = "cannot be kept" // large ones are refused, all others come through
			}
		}
		if err := a.queue.Ping(); err != nil {
			parts["redis"] = "does not answer" // what is accepted is durable all the same, so traffic may come
		}
		say(w, status, parts)
	})
	m.HandleFunc("GET /.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=300")
		say(w, http.StatusOK, map[string]any{"keys": a.Access.Keys.JWKS()})
	})
	m.Handle("GET /metrics", a.operators(a.metrics.Handler()))
	m.Handle("GET /status", a.operators(http.HandlerFunc(a.status)))
	m.Handle("/debug/pprof/", a.operators(profiles()))
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusNotFound, map[string]any{"error": "There is no such endpoint.", "code": "unknown_route", "details": map[string]any{}})
	})
	return m
}

func say(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller that hung up hears nothing
}
