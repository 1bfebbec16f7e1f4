package demo

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the signature that RFC 5849 names; it is an HMAC
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	doorService, doorRegion = "acme", "eu-test-1"
	// skew is how far a signed time may be from now.
	skew = 5 * time.Minute
)

// signedAWS lets in who signs by Signature Version 4 with Ada's key, and
// answers like AWS's own service that tells who calls.
func (s *Server) signedAWS(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		writeProblem(w, err)
		return
	}
	if why := s.checkAWS(r, body); why != "" {
		writeJSON(w, http.StatusForbidden, map[string]any{"Error": map[string]string{"Code": "SignatureDoesNotMatch", "Message": why}})
		return
	}
	if r.URL.Query().Get("Action") == "GetCallerIdentity" {
		writeJSON(w, http.StatusOK, map[string]any{"GetCallerIdentityResponse": map[string]any{"GetCallerIdentityResult": map[string]string{
			"UserId": Ada, "Arn": "arn:acme:iam::1815:user/ada", "Account": "1815",
		}}})
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"said": string(body)})
}

// checkAWS says what is wrong with a signature, or nothing.
func (s *Server) checkAWS(r *http.Request, body []byte) string {
	fields := map[string]string{}
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	for part := range strings.SplitSeq(rest, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[k] = v
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	day := at.Format("20060102")
	scope := day + "/" + doorRegion + "/" + doorService + "/aws4_request"
	switch {
	case scheme != "AWS4-HMAC-SHA256":
		return "the request is not signed"
	case err != nil || s.now().Sub(at).Abs() > skew:
		return "the time of the signature is not now"
	case fields["Credential"] != AccessKeyID+"/"+scope:
		return "the key, day, region or service is another"
	case r.Header.Get("X-Amz-Content-Sha256") != hexSum(body):
		return "the body is not the one that was signed"
	}
	var headers strings.Builder
	names := strings.Split(fields["SignedHeaders"], ";")
	for _, must := range []string{"host", "x-amz-date", "x-amz-content-sha256"} {
		if !slices.Contains(names, must) {
			return "the signature does not cover " + must
		}
	}
	for _, name := range names {
		v := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			v = r.Host
		case "content-length":
			v = strconv.Itoa(len(body))
		}
		headers.WriteString(name + ":" + strings.Join(strings.Fields(v), " ") + "\n")
	}
	query := strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20")
	canonical := strings.Join([]string{r.Method, escapePath(r.URL.EscapedPath()), query, headers.String(), fields["SignedHeaders"], hexSum(body)}, "\n")
	key := []byte("AWS4" + SecretAccessKey)
	for _, part := range []string{day, doorRegion, doorService, "aws4_request"} {
		key = macOf(sha256.New, key, part)
	}
	want := macOf(sha256.New, key, "AWS4-HMAC-SHA256\n"+r.Header.Get("X-Amz-Date")+"\n"+scope+"\n"+hexSum([]byte(canonical)))
	if got, err := hex.DecodeString(fields["Signature"]); err != nil || !hmac.Equal(got, want) {
		return "the signature does not fit the request"
	}
	return ""
}

// escapePath escapes each part of a path once more, as services other than S3 do.
func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = strict(p)
	}
	return strings.Join(parts, "/")
}

func macOf(h func() hash.Hash, key []byte, text string) []byte {
	mac := hmac.New(h, key)
	_, _ = mac.Write([]byte(text)) // a hash never fails to write
	return mac.Sum(nil)
}

// strict is percent-encoding that leaves letters, digits and -._~ alone.
func strict(s string) string {
	return strings.NewReplacer("+", "%20", "%7E", "~", "*", "%2A").Replace(url.QueryEscape(s))
}

// handshake is a request token of OAuth 1.0a, and then the token that it became.
type handshake struct {
	client             Client
	secret, callback   string
	verifier           string
	account            *account // nil until a person agreed
	done               bool
	accessTok, accSecr string
}

// oauth1 checks the signature of a request (RFC 5849, 3.2). The handshake is
// that of its token, or nil without one.
func (s *Server) oauth1(w http.ResponseWriter, r *http.Request) (params map[string]string, h *handshake, ok bool) {
	if err := readForm(w, r); err != nil {
		writeProblem(w, err)
		return nil, nil, false
	}
	params = map[string]string{}
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	for part := range strings.SplitSeq(rest, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		params[k], _ = url.PathUnescape(strings.Trim(v, `"`))
	}
	var all []string
	for _, values := range []url.Values{r.URL.Query(), r.PostForm} {
		for k, list := range values {
			for _, v := range list {
				all = append(all, strict(k)+"="+strict(v))
			}
		}
	}
	for k, v := range params {
		if k != "realm" && k != "oauth_signature" {
			all = append(all, strict(k)+"="+strict(v))
		}
	}
	slices.Sort(all)
	s.mu.Lock()
	defer s.mu.Unlock()
	h, _ = s.handshakes.get(params["oauth_token"])
	client, secret := s.clients[params["oauth_consumer_key"]], ""
	if h != nil {
		secret = h.secret
		if h.done {
			secret = h.accSecr
		}
	}
	base := r.Method + "&" + strict(s.base+r.URL.EscapedPath()) + "&" + strict(strings.Join(all, "&"))
	newHash := map[string]func() hash.Hash{"HMAC-SHA1": sha1.New, "HMAC-SHA256": sha256.New}[params["oauth_signature_method"]]
	seconds, _ := strconv.ParseInt(params["oauth_timestamp"], 10, 64)
	nonce := "oauth1 " + params["oauth_consumer_key"] + " " + params["oauth_nonce"]
	_, replayed := s.nonces.get(nonce)
	why := ""
	switch {
	case scheme != "OAuth" || newHash == nil || client.Secret == "" || params["realm"] != "ACME_1":
		why = "the request is not signed by a known client"
	case params["oauth_token"] != "" && (h == nil || h.client.ID != client.ID):
		why = "the token is unknown"
	case s.now().Sub(time.Unix(seconds, 0)).Abs() > skew:
		why = "the time of the signature is not now"
	case replayed:
		why = "the nonce was used before"
	case !same(params["oauth_signature"], base64.StdEncoding.EncodeToString(macOf(newHash, []byte(strict(client.Secret)+"&"+strict(secret)), base))):
		why = "the signature does not fit the request"
	}
	if why != "" {
		turnAway(w, why)
		return nil, nil, false
	}
	s.nonces.put(nonce, true)
	return params, h, true
}

func formAnswer(w http.ResponseWriter, values url.Values) {
	w.Header().Set("Content-Type", "text/plain") // as many do
	_, _ = w.Write([]byte(values.Encode()))      // nobody is left to tell
}

func (s *Server) oauth1Request(w http.ResponseWriter, r *http.Request) {
	params, _, ok := s.oauth1(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	client := s.clients[params["oauth_consumer_key"]]
	bare, _, _ := strings.Cut(params["oauth_callback"], "?")
	if !slices.Contains(client.RedirectURIs, bare) {
		turnAway(w, "the callback is not registered")
		return
	}
	token := random("acme_rq_", 12)
	h := &handshake{client: client, secret: random("", 12), callback: params["oauth_callback"]}
	s.handshakes.put(token, h)
	formAnswer(w, url.Values{"oauth_token": {token}, "oauth_token_secret": {h.secret}, "oauth_callback_confirmed": {"true"}})
}

// oauth1Authorize sends Ada back at once: the consent page is OAuth 2's.
func (s *Server) oauth1Authorize(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := r.URL.Query().Get("oauth_token")
	h, ok := s.handshakes.get(token)
	if !ok || h.account != nil {
		turnAway(w, "the request token is unknown or was used")
		return
	}
	h.account, h.verifier = s.account(Ada), random("", 8)
	http.Redirect(w, r, addQuery(h.callback, "oauth_token", token, "oauth_verifier", h.verifier), http.StatusSeeOther)
}

func (s *Server) oauth1Access(w http.ResponseWriter, r *http.Request) {
	params, h, ok := s.oauth1(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if h == nil || h.done || h.account == nil || !same(params["oauth_verifier"], h.verifier) {
		turnAway(w, "the verifier does not fit, or was used")
		return
	}
	h.done, h.accessTok, h.accSecr = true, random("acme_o1_", 16), random("", 16)
	s.handshakes.remove(params["oauth_token"])
	s.handshakes.put(h.accessTok, h)
	formAnswer(w, url.Values{"oauth_token": {h.accessTok}, "oauth_token_secret": {h.accSecr}})
}

func (s *Server) oauth1API(w http.ResponseWriter, r *http.Request) {
	_, h, ok := s.oauth1(w, r)
	if !ok {
		return
	}
	if h == nil || !h.done {
		turnAway(w, "no person is signed in")
		return
	}
	said, _ := json.Marshal(r.Form) // texts always marshal
	welcome(w, h.account, string(said))
}
