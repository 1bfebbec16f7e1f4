package provider

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the signature that RFC 5849 names; it is an HMAC
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// RequestToken gets the temporary credential with which a user is sent to sign
// in (RFC 5849, 2.1).
func (p *Client) RequestToken(ctx context.Context, c *Connection, callback string) (token, secret string, err error) {
	doc, err := p.oauth1Call(ctx, c, c.Auth.RequestToken, map[string]string{"oauth_callback": callback})
	if err != nil {
		return "", "", err
	}
	token, secret = textAt(doc, "/oauth_token"), textAt(doc, "/oauth_token_secret")
	if token == "" || secret == "" {
		return "", "", &Refusal{Class: Malformed, Status: http.StatusOK, cause: fmt.Errorf("the answer holds no request token")}
	}
	return token, secret, nil
}

// Verified exchanges the request token, which is c's token, for the user's
// (RFC 5849, 2.3).
func (p *Client) Verified(ctx context.Context, c *Connection, verifier string) (*Grant, error) {
	doc, err := p.oauth1Call(ctx, c, c.Auth.Token, map[string]string{"oauth_verifier": verifier})
	if err != nil {
		return nil, err
	}
	return p.read(c, doc, http.Header{})
}

func textAt(doc any, pointer string) string {
	v, _ := catalog.Pointer(doc, pointer)
	return catalog.Text(v)
}

func (p *Client) oauth1Call(ctx context.Context, c *Connection, e catalog.Endpoint, extra map[string]string) (any, error) {
	values := c.Values()
	req, err := request(ctx, c, e, map[string]string{}, values)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "*/*") // most answer with a form
	if err := c.signOAuth1(req, values, extra); err != nil {
		return nil, err
	}
	doc, _, err := p.answer(c, req)
	return doc, err
}

// signOAuth1 signs a request by OAuth 1.0a (RFC 5849, 3), its query and its
// form with it. extra are further parameters of the protocol.
func (c *Connection) signOAuth1(req *http.Request, values, extra map[string]string) error {
	realm, err := catalog.Expand(c.Auth.OAuth1.Realm, values)
	if err != nil {
		return fmt.Errorf("oauth1.realm: %w", err)
	}
	s := signature{
		method: or(c.Auth.OAuth1.Method, "HMAC-SHA1"), realm: realm,
		consumer: or(c.Client.ID, c.Inputs["consumer_key"]), consumerSecret: or(c.Client.Secret, c.Inputs["consumer_secret"]),
		token: or(c.Tokens["main.access"], c.Inputs["token"]), tokenSecret: or(c.Tokens["main.secret"], c.Inputs["token_secret"]),
		nonce: rand.Text(), timestamp: strconv.FormatInt(c.Now().Unix(), 10), extra: extra,
	}
	var form url.Values
	if mediaType(req) == formType {
		body, err := readBody(req)
		if err != nil {
			return err
		}
		if form, err = url.ParseQuery(string(body)); err != nil {
			return ErrBodyKind
		}
	}
	header, err := s.header(req.Method, req.URL, form)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", header)
	return nil
}

// signature is what a request is signed with.
type signature struct {
	method, realm            string
	consumer, consumerSecret string
	token, tokenSecret       string
	nonce, timestamp         string
	extra                    map[string]string
	unversioned              bool // without oauth_version, as in the RFC's examples
}

// header returns the Authorization header (RFC 5849, 3.5.1).
func (s signature) header(method string, u *url.URL, form url.Values) (string, error) {
	params := map[string]string{
		"oauth_consumer_key": s.consumer, "oauth_nonce": s.nonce, "oauth_signature_method": s.method, "oauth_timestamp": s.timestamp, "oauth_version": "1.0",
	}
	if s.unversioned {
		delete(params, "oauth_version")
	}
	if s.token != "" {
		params["oauth_token"] = s.token
	}
	for k, v := range s.extra {
		params[k] = v
	}
	var newHash func() hash.Hash
	switch s.method {
	case "HMAC-SHA1":
		newHash = sha1.New
	case "HMAC-SHA256":
		newHash = sha256.New
	default:
		return "", fmt.Errorf("oauth1.method %q is not known", s.method)
	}
	mac := hmac.New(newHash, []byte(escape(s.consumerSecret)+"&"+escape(s.tokenSecret)))
	mac.Write([]byte(base(method, u, form, params)))
	params["oauth_signature"] = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	parts := make([]string, 0, len(params)+1)
	for k, v := range params {
		parts = append(parts, k+`="`+escape(v)+`"`)
	}
	slices.Sort(parts)
	if s.realm != "" {
		parts = append([]string{`realm="` + strings.ReplaceAll(s.realm, `"`, "") + `"`}, parts...)
	}
	return "OAuth " + strings.Join(parts, ", "), nil
}

// base is the signature base string (RFC 5849, 3.4.1).
func base(method string, u *url.URL, form url.Values, params map[string]string) string {
	type pair struct{ k, v string }
	var all []pair
	for _, values := range []url.Values{u.Query(), form} {
		for k, list := range values {
			for _, v := range list {
				all = append(all, pair{escape(k), escape(v)})
			}
		}
	}
	for k, v := range params {
		all = append(all, pair{escape(k), escape(v)})
	}
	slices.SortFunc(all, func(a, b pair) int {
		if c := strings.Compare(a.k, b.k); c != 0 {
			return c
		}
		return strings.Compare(a.v, b.v)
	})
	joined := make([]string, len(all))
	for i, p := range all {
		joined[i] = p.k + "=" + p.v
	}
	host := strings.ToLower(u.Host)
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		host = strings.ToLower(u.Hostname())
	}
	at := strings.ToLower(u.Scheme) + "://" + host + u.EscapedPath()
	return strings.ToUpper(method) + "&" + escape(at) + "&" + escape(strings.Join(joined, "&"))
}

// escape is the percent-encoding of RFC 5849, 3.6.
func escape(s string) string {
	const upper = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		ch := s[i]
		if ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9' || strings.IndexByte("-._~", ch) >= 0 {
			b.WriteByte(ch)
			continue
		}
		b.WriteString("%" + string(upper[ch>>4]) + string(upper[ch&15]))
	}
	return b.String()
}
