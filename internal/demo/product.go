package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"time"
)

// ProductPath is where the pretended product takes users of MCP clients in.
const ProductPath = "/my-saas/sign-in"

// Product pretends to be a customer's product, so that users can be signed in from
// MCP clients before anybody has written a page: it asks who they are and believes
// it. A real one knows it by its own session.
type Product struct {
	API                    string // base URL of Patchbay
	ClientID, ClientSecret string
	Project, Environment   string
}

var productPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>My SaaS</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:10vh auto;padding:0 1rem;color:#14171f;background:#fff}label,input,button{display:block;width:100%;box-sizing:border-box;font:inherit}
input,button{min-height:44px;padding:8px 12px;margin:.4rem 0 1rem;border:1px solid #7c8394;border-radius:8px}button{background:#14171f;color:#fff;font-weight:600}</style></head>
<body><main><h1>My SaaS</h1><p>This page stands in for your own product, which would know who is signed in. A program asks to act for one of its users.</p>
{{with .Error}}<p role="alert">{{.}}</p>{{end}}
<form method="post"><input type="hidden" name="authorization_request" value="{{.Request}}"><label for="user">You are</label><input id="user" name="user" value="ada" required maxlength="250"><button>Continue</button></form>
</main></body></html>`))

// Handler returns the product.
func (p *Product) Handler() http.Handler {
	m := http.NewServeMux()
	show := func(w http.ResponseWriter, status int, request, why string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_ = productPage.Execute(w, map[string]string{"Request": request, "Error": why}) // a browser that hung up sees nothing
	}
	m.HandleFunc("GET "+ProductPath, func(w http.ResponseWriter, r *http.Request) {
		show(w, http.StatusOK, r.URL.Query().Get("authorization_request"), "")
	})
	m.HandleFunc("POST "+ProductPath, func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
		request := r.PostFormValue("authorization_request")
		to, err := p.complete(r.Context(), request, r.PostFormValue("user"))
		if err != nil {
			show(w, http.StatusBadGateway, request, err.Error())
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	})
	return m
}

// complete does what a product's server does: it says who is signed in.
func (p *Product) complete(ctx context.Context, request, user string) (redirect string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var access struct {
		Token string `json:"access_token"`
	}
	err = p.call(ctx, "/v1/oauth/token", "", map[string]string{"grant_type": "client_credentials", "client_id": p.ClientID, "client_secret": p.ClientSecret}, &access)
	if err != nil {
		return "", err
	}
	var done struct {
		RedirectURI string `json:"redirect_uri"`
	}
	err = p.call(ctx, "/v1/connect/"+url.PathEscape(p.Project)+"/mcp/authorization_requests/complete", access.Token, map[string]string{"authorization_request": request, "external_user_id": user}, &done)
	return done.RedirectURI, err
}

func (p *Product) call(ctx context.Context, path, bearer string, body, into any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.API+path, bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("ask Patchbay: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Pd-Environment", p.Environment)
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		return fmt.Errorf("ask Patchbay: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		var said struct {
			Error string `json:"error"`
		}
		_ = json.NewDecoder(res.Body).Decode(&said)
		return fmt.Errorf("Patchbay answered %d: %s", res.StatusCode, said.Error) //nolint:staticcheck // a name, which people read
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}
