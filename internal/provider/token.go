package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/patchbay-dev/patchbay/internal/catalog"
	"github.com/patchbay-dev/patchbay/internal/egress"
)

// maxAnswer is the largest answer of a provider that is read, in bytes.
const maxAnswer = 1 << 20

// Redeem exchanges an authorization code.
func (p *Client) Redeem(ctx context.Context, c *Connection, code, verifier, redirectURI string) (*Grant, error) {
	params := map[string]string{"grant_type": "authorization_code", "code": code, "redirect_uri": redirectURI}
	if c.Auth.PKCE == "S256" && verifier != "" {
		params["code_verifier"] = verifier
	}
	g, err := p.token(ctx, c, c.Auth.Token, params)
	if err != nil {
		return nil, err
	}
	return p.after(ctx, c, g)
}

// Refresh asks for a new token of the name ("main", "user" …), in the way that
// the app's policy says. It tries once: a second try with a token that rotates
// could end the connection. The grant holds what the answer told of that token
// and nothing of others.
func (p *Client) Refresh(ctx context.Context, c *Connection, name string) (*Grant, error) {
	if c.Auth.Type != catalog.OAuth2 {
		return p.Mint(ctx, c)
	}
	e := c.Auth.Token
	e.Method, e.Encode = or(c.Auth.Refresh.Method, e.Method), or(c.Auth.Refresh.Encode, e.Encode)
	if c.Auth.Refresh.Policy == "exchange" { // the token itself is what is renewed; the file says all that is sent
		e.URL, e.ClientAuth, e.Params = or(c.Auth.Refresh.URL, e.URL), "", c.Auth.Refresh.Params
		return p.token(ctx, c, e, map[string]string{})
	}
	if c.Auth.Refresh.URL != "" {
		e.URL = c.Auth.Refresh.URL
	}
	e.Params = maps.Clone(e.Params)
	if e.Params == nil {
		e.Params = map[string]string{}
	}
	maps.Copy(e.Params, c.Auth.Refresh.Params)
	g, err := p.token(ctx, c, e, map[string]string{"grant_type": "refresh_token", "refresh_token": c.Tokens[name+".refresh"]})
	if err != nil {
		return nil, err
	}
	return g.only(name, c.MainToken()), nil
}

// only keeps one token of a grant. A refresh of another token than the main one
// is answered where the main one usually stands.
func (g *Grant) only(name, main string) *Grant {
	from := name
	if g.Tokens[name+".access"] == "" {
		from = main
	}
	out := newGrant()
	for k, v := range g.Tokens {
		if part, ok := strings.CutPrefix(k, from+"."); ok {
			out.Tokens[name+"."+part] = v
		}
	}
	if at, ok := g.Expires[from]; ok {
		out.Expires[name] = at
	}
	if at, ok := g.Renewable[from]; ok {
		out.Renewable[name] = at
	}
	out.Vars, out.Scopes = g.Vars, g.Scopes
	return out
}

// TokenHost is the host that refreshes the connection's tokens, or "".
func (c *Connection) TokenHost() string {
	at, err := catalog.Expand(or(c.Auth.Refresh.URL, c.Auth.Token.URL), c.Values())
	if err != nil {
		return ""
	}
	u, err := url.Parse(at)
	if err != nil {
		return ""
	}
	return u.Host
}

// Mint asks for a token without a user: by client credentials or by an
// assertion that is signed here.
func (p *Client) Mint(ctx context.Context, c *Connection) (*Grant, error) {
	switch c.Auth.Type {
	case catalog.ClientCredentials:
		minted := *c
		if id, ok := c.Inputs["client_id"]; ok { // the user's own client
			minted.Client = OAuthClient{ID: id, Secret: c.Inputs["client_secret"]}
		}
		params := map[string]string{"grant_type": "client_credentials"}
		if scopes := c.Auth.Requested(""); len(scopes) > 0 {
			params[or(c.Auth.Scopes.Param, "scope")] = strings.Join(scopes, or(c.Auth.Scopes.Join, " "))
		}
		return p.token(ctx, &minted, c.Auth.Token, params)
	case catalog.JWT, catalog.ByAssertion, catalog.GitHubApp:
		return p.assert(ctx, c)
	case catalog.Steps:
		return p.steps(ctx, c)
	default:
		return nil, ErrUnsupported
	}
}

// token calls a token endpoint. What the file says wins over the params of the grant.
func (p *Client) token(ctx context.Context, c *Connection, e catalog.Endpoint, params map[string]string) (*Grant, error) {
	return p.tokenWith(ctx, c, e, params, c.Values())
}

func (p *Client) tokenWith(ctx context.Context, c *Connection, e catalog.Endpoint, params, values map[string]string) (*Grant, error) {
	req, err := request(ctx, c, e, params, values)
	if err != nil {
		return nil, err
	}
	doc, h, err := p.answer(c, req)
	if err != nil {
		return nil, err
	}
	return p.read(c, doc, h)
}

// answer sends a request for a credential and returns its good answer, or a
// *Refusal that says why there is none.
func (p *Client) answer(c *Connection, req *http.Request) (any, http.Header, error) {
	client, err := p.clientOf(c)
	if err != nil {
		return nil, nil, &Refusal{Class: ClientConfig, cause: err}
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, nil, &Refusal{Class: unanswered(err), Open: egress.Class(err) == "timeout", cause: errors.New(egress.Class(err))}
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, nil, &Refusal{Class: Ambiguous, Status: res.StatusCode, Open: egress.Class(err) == "timeout", cause: errors.New("the answer broke off")}
	}
	kind := res.Header.Get("Content-Type")
	if c.Auth.Type == catalog.OAuth1 {
		kind = formType // RFC 5849, 2.1, whatever the header says
	}
	doc, ok := decode(kind, raw)
	if refusal := judge(c.Auth, res, doc, ok); refusal != nil {
		refusal.After, refusal.Code = hint(res.Header, p.Now()), c.withoutSecrets(refusal.Code)
		return nil, nil, refusal
	}
	return doc, res.Header, nil
}

// unanswered tells a call that never left from one whose outcome is not known.
func unanswered(err error) Class {
	var dns *net.DNSError
	if errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &dns) || errors.Is(err, egress.ErrBlocked) {
		return Transient
	}
	return Ambiguous
}

func request(ctx context.Context, c *Connection, e catalog.Endpoint, params, values map[string]string) (*http.Request, error) {
	target, err := catalog.Expand(e.URL, values)
	if err != nil {
		return nil, fmt.Errorf("token.url: %w", err)
	}
	more, err := expandAll(e.Params, values)
	if err != nil {
		return nil, fmt.Errorf("token.params: %w", err)
	}
	headers, err := expandAll(e.Headers, values)
	if err != nil {
		return nil, fmt.Errorf("token.headers: %w", err)
	}
	send := maps.Clone(params)
	maps.Copy(send, more)
	switch {
	case e.ClientAuth == "body":
		send["client_id"], send["client_secret"] = c.Client.ID, c.Client.Secret
	case e.ClientAuth == "private_key_jwt" && send["client_assertion"] == "":
		signed, err := c.clientAssertion(target, values)
		if err != nil {
			return nil, err
		}
		send["client_id"], send["client_assertion"] = c.Client.ID, signed
		send["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	case e.ClientAuth == "tls":
		send["client_id"] = c.Client.ID // RFC 8705, 2: the certificate is the proof
	case e.ClientAuth == "none" && c.Client.ID != "" && send["grant_type"] != "" && len(headers) == 0:
		send["client_id"] = c.Client.ID // a public client names itself; one with a header of its own did so there
	}
	body, kind := "", ""
	switch e.Encode {
	case "json":
		b, err := json.Marshal(send)
		if err != nil {
			return nil, fmt.Errorf("encode token request: %w", err)
		}
		body, kind = string(b), "application/json"
	case "query":
		u, err := url.Parse(target)
		if err != nil {
			return nil, fmt.Errorf("token.url: %w", err)
		}
		q := u.Query()
		for k, v := range send {
			q.Set(k, v)
		}
		u.RawQuery = q.Encode()
		target = u.String()
	default:
		form := url.Values{}
		for k, v := range send {
			form.Set(k, v)
		}
		body, kind = form.Encode(), "application/x-www-form-urlencoded"
	}
	req, err := newRequest(ctx, or(e.Method, http.MethodPost), target, kind, body)
	if err != nil {
		return nil, err
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	if e.ClientAuth == "basic" {
		req.SetBasicAuth(url.QueryEscape(c.Client.ID), url.QueryEscape(c.Client.Secret)) // RFC 6749, 2.3.1
	}
	return req, nil
}

// newRequest starts a request of our own to a provider. kind is the media type
// of the body; "" = there is none.
func newRequest(ctx context.Context, method, target, kind, body string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("build request: %w", err)
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Patchbay/1")
	return req, nil
}

// decode reads an answer: JSON, or the form encoding that some still send.
func decode(contentType string, raw []byte) (any, bool) {
	var doc any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // a number may be longer than a float is exact
	if dec.Decode(&doc) == nil {
		return doc, true
	}
	kind, _, _ := mime.ParseMediaType(contentType)
	if form, err := url.ParseQuery(string(raw)); kind == "application/x-www-form-urlencoded" && err == nil {
		out := map[string]any{}
		for k := range form {
			out[k] = form.Get(k)
		}
		return out, true
	}
	return nil, false
}
