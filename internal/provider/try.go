package provider

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Verdict is what a provider's answer says of an OAuth client.
type Verdict string

// The verdicts. A provider that does not say is Unknown, and no failure.
const (
	Good          Verdict = "ok"
	WrongClient   Verdict = "wrong_client"
	WrongRedirect Verdict = "wrong_redirect_uri"
	WrongScopes   Verdict = "wrong_scopes"
	Unknown       Verdict = "unknown"
)

// Finding is a verdict with what it was read from. It holds nothing of a secret.
type Finding struct {
	Verdict Verdict
	Status  int    // of HTTP; 0 = no answer
	Code    string // the provider's own; "" = none
}

// maxPage is how much of a provider's page is looked at, in bytes.
const maxPage = 256 << 10

// TryAuthorize opens the page that a user would be sent to, follows nothing,
// and reads what it says of the client and its redirect URI. Some providers
// look at the client only when somebody has signed in: for them a page without
// an error is all that can be known.
func (p *Client) TryAuthorize(ctx context.Context, c *Connection, a Authorization) (Finding, error) {
	target, err := c.AuthorizeURL(a)
	if err != nil {
		return Finding{}, err
	}
	req, err := newRequest(ctx, http.MethodGet, target, "", "")
	if err != nil {
		return Finding{}, err
	}
	req.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.5")
	res, err := p.HTTP.Do(req)
	if err != nil {
		return Finding{Verdict: Unknown}, nil // no answer is a finding
	}
	defer func() { _ = res.Body.Close() }()
	page, _ := io.ReadAll(io.LimitReader(res.Body, maxPage)) // what broke off may still say it
	f := judgePage(res, page, a.RedirectURI)
	f.Status = res.StatusCode
	return f.without(c.Client.Secret), nil
}

// TrySecret asks for a token with a code that nobody gave. A server looks at
// who asks before it looks at the code (RFC 6749, 3.2.1): the complaint about
// the code means that the client is good.
func (p *Client) TrySecret(ctx context.Context, c *Connection, redirectURI string) (Finding, error) {
	_, err := p.Redeem(ctx, c, "patchbay-test-"+rand.Text(), rand.Text()+rand.Text(), redirectURI)
	r, ok := errors.AsType[*Refusal](err)
	if err != nil && !ok {
		return Finding{}, err
	}
	if err == nil {
		return Finding{Verdict: Unknown, Status: http.StatusOK}, nil // a token for a code that is none: this says nothing
	}
	f := Finding{Verdict: Unknown, Status: r.Status, Code: r.Code}
	switch {
	case IsWrongSecret(r):
		f.Verdict = WrongClient
	case marks(r.Code) != Unknown:
		f.Verdict = marks(r.Code)
	case r.Class == Reauth:
		f.Verdict = Good
	case r.Class == ClientConfig && r.Code == "" && r.Status == http.StatusUnauthorized:
		f.Verdict = WrongClient
	}
	return f.without(c.Client.Secret), nil
}

// codeShape is what a code looks like. A text that is none is not shown.
var codeShape = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,60}$`)

func (f Finding) without(secret string) Finding {
	if !codeShape.MatchString(f.Code) || secret != "" && strings.Contains(f.Code, secret) {
		f.Code = ""
	}
	return f
}

// judgePage reads the answer of a sign-in page: a redirect back to us, which
// names an error by RFC 6749, 4.1.2.1; a redirect to a page of the provider's;
// or a page.
func judgePage(res *http.Response, page []byte, redirectURI string) Finding {
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		return judgeRedirect(res.Header.Get("Location"), redirectURI)
	}
	text := string(page)
	if code := oauthCode.FindString(text); code != "" {
		return Finding{Verdict: marks(code), Code: code}
	}
	switch {
	case res.StatusCode >= 200 && res.StatusCode < 300:
		return Finding{Verdict: Good}
	case res.StatusCode < 400 || res.StatusCode >= 500:
		return Finding{Verdict: Unknown}
	case redirectWords.MatchString(text):
		return Finding{Verdict: WrongRedirect}
	case clientWords.MatchString(text):
		return Finding{Verdict: WrongClient}
	}
	return Finding{Verdict: Unknown}
}

func judgeRedirect(location, redirectURI string) Finding {
	u, err := url.Parse(location)
	if err != nil || location == "" {
		return Finding{Verdict: Unknown}
	}
	q := u.Query()
	if ours, _, _ := strings.Cut(location, "?"); ours == redirectURI {
		switch code := q.Get("error"); code {
		case "", "access_denied", "login_required", "consent_required", "interaction_required", "account_selection_required":
			return Finding{Verdict: Good, Code: code}
		case "invalid_scope":
			return Finding{Verdict: WrongScopes, Code: code}
		default:
			return Finding{Verdict: marks(code), Code: code}
		}
	}
	for _, values := range q {
		for _, v := range values {
			if code := oauthCode.FindString(v + " " + unwrapped(v)); code != "" {
				return Finding{Verdict: marks(code), Code: code}
			}
		}
	}
	if code := oauthCode.FindString(u.Path); code != "" {
		return Finding{Verdict: marks(code), Code: code}
	}
	return Finding{Verdict: Good}
}

// unwrapped returns what a parameter holds in base64, as Google's page of
// errors is given it.
func unwrapped(v string) string {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(v), "="))
	if err != nil {
		return ""
	}
	return string(raw)
}

var (
	clientCodes   = []string{"invalid_client", "unauthorized_client", "invalid_client_id", "bad_client_id", "incorrect_client_credentials", "deleted_client", "disabled_client"}
	redirectCodes = []string{"redirect_uri_mismatch", "invalid_redirect_uri", "bad_redirect_uri", "redirect_uri_not_allowed"}

	// oauthCode finds a code that stands as such, and not in the middle of an address.
	oauthCode = regexp.MustCompile(`\b(?:` + strings.Join(append(slices.Clone(redirectCodes), clientCodes...), "|") + `)\b`)

	// The words of a page that is an error by its status.
	redirectWords = regexp.MustCompile(`(?i)redirect[ _-]?ur[il]|callback[ _-]?url`)
	clientWords   = regexp.MustCompile(`(?i)client[ _-]?id|unknown client|invalid client|application (?:was )?not found`)
)

func marks(code string) Verdict {
	switch {
	case slices.Contains(redirectCodes, code):
		return WrongRedirect
	case slices.Contains(clientCodes, code):
		return WrongClient
	}
	return Unknown
}
