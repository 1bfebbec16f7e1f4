package demo

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	defaultRate = 60
	rateWindow  = 10 * time.Second
	maxDelay    = time.Minute
)

// Faults are the ways in which Acme CRM can be told to misbehave. Each holds
// until it is changed. The zero value is normal service.
type Faults struct {
	// TokenError is answered by the token endpoint instead of doing anything:
	// invalid_grant (400), server_error (500) or temporarily_unavailable (503).
	TokenError string
	// TokenDelay passes before the token endpoint does its work.
	TokenDelay time.Duration
	// TokenDrop does the token endpoint's work, then drops the connection
	// without an answer: codes are spent and refresh tokens rotated.
	TokenDrop bool
	// APIStatus, from 200 to 599, is answered to every call under /api before
	// authentication.
	APIStatus int
	// APIDelay passes before a call under /api is looked at.
	APIDelay time.Duration
	// RateLimit is how many calls a token may make in ten seconds; 0 is 60.
	RateLimit int
	// AccessTTL is the life of tokens issued from now on; 0 is the configured one.
	AccessTTL time.Duration
	// NoRotation leaves a refresh token valid after use; the answer to a refresh
	// then carries no refresh_token.
	NoRotation bool
	// ReuseGrace is how long a used refresh token is still taken for an honest
	// repetition and answered with new tokens.
	ReuseGrace time.Duration
	// TokenAnswer is what the token endpoint answers after its work was done, in
	// the place of a token: html (a page, with 200), half (a body that breaks off),
	// error200 (an error with 200) or nothing (200 and an empty object).
	TokenAnswer string
	// ExpiresIn stands for expires_in in the answer, as a JSON text: 60, "60",
	// 60.0, null; "absent" leaves it out. "" is the life in seconds.
	ExpiresIn string
	// IDToken is what is wrong with ID tokens: one of wrongs, or "" for nothing.
	IDToken string
}

// wrongs are what can be wrong with who signs in, as an ID token or the userinfo
// endpoint tells it.
var wrongs = []string{"", "nonce", "issuer", "audience", "expired", "unverified", "unsaid", "bare", "stranger", "none", "hs256", "key", "absent"}

// faultsBody is Faults on the wire, with every default spelled out.
type faultsBody struct {
	TokenError   string `json:"token_error"`
	TokenDelayMS int64  `json:"token_delay_ms"`
	TokenDrop    bool   `json:"token_drop"`
	APIStatus    int    `json:"api_status"`
	APIDelayMS   int64  `json:"api_delay_ms"`
	RateLimit    int    `json:"rate_limit"`
	AccessTTLS   int64  `json:"access_ttl_s"`
	Rotation     *bool  `json:"rotation"`
	ReuseGraceS  int64  `json:"reuse_grace_s"`
	TokenAnswer  string `json:"token_answer"`
	ExpiresIn    string `json:"expires_in"`
	IDToken      string `json:"id_token"`
}

func (f Faults) rate() int {
	if f.RateLimit > 0 {
		return f.RateLimit
	}
	return defaultRate
}

func (s *Server) body(f Faults) faultsBody {
	rotation := !f.NoRotation
	return faultsBody{
		TokenError: f.TokenError, TokenDelayMS: f.TokenDelay.Milliseconds(), TokenDrop: f.TokenDrop,
		APIStatus: f.APIStatus, APIDelayMS: f.APIDelay.Milliseconds(), RateLimit: f.rate(),
		TokenAnswer: f.TokenAnswer, ExpiresIn: f.ExpiresIn, IDToken: f.IDToken,
		AccessTTLS: int64(s.lifetime(f).Seconds()), Rotation: &rotation, ReuseGraceS: int64(f.ReuseGrace.Seconds()),
	}
}

func (s *Server) lifetime(f Faults) time.Duration {
	if f.AccessTTL > 0 {
		return f.AccessTTL
	}
	return s.ttl
}

func (b faultsBody) check() error {
	delay := func(ms int64) bool { return ms >= 0 && ms <= maxDelay.Milliseconds() }
	life := func(sec int64) bool { return sec >= 0 && sec <= 365*24*3600 }
	switch {
	case !slices.Contains([]string{"", "invalid_grant", "server_error", "temporarily_unavailable"}, b.TokenError):
		return invalid("token_error", "token_error must be empty, invalid_grant, server_error or temporarily_unavailable")
	case !delay(b.TokenDelayMS):
		return invalid("token_delay_ms", "token_delay_ms must be from 0 to 60000")
	case b.APIStatus != 0 && (b.APIStatus < 200 || b.APIStatus > 599):
		return invalid("api_status", "api_status must be 0 or from 200 to 599")
	case !delay(b.APIDelayMS):
		return invalid("api_delay_ms", "api_delay_ms must be from 0 to 60000")
	case b.RateLimit < 0:
		return invalid("rate_limit", "rate_limit must not be negative; 0 is the default")
	case !life(b.AccessTTLS):
		return invalid("access_ttl_s", "access_ttl_s must be from 0 (the default) to one year")
	case !slices.Contains([]string{"", "html", "half", "error200", "nothing"}, b.TokenAnswer):
		return invalid("token_answer", "token_answer must be empty, html, half, error200 or nothing")
	case b.ExpiresIn != "" && b.ExpiresIn != "absent" && !json.Valid([]byte(b.ExpiresIn)):
		return invalid("expires_in", "expires_in must be a JSON text such as 60 or \"60\", or absent")
	case !slices.Contains(wrongs, b.IDToken):
		return invalid("id_token", "id_token must be empty or one of "+strings.Join(wrongs[1:], ", "))
	case !life(b.ReuseGraceS):
		return invalid("reuse_grace_s", "reuse_grace_s must be from 0 to one year")
	}
	return nil
}

func (s *Server) getFaults(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.body(s.Faults()))
}

// putFaults replaces all faults: what the body does not name goes back to normal.
func (s *Server) putFaults(w http.ResponseWriter, r *http.Request) {
	var b faultsBody
	if err := readJSON(w, r, &b); err != nil {
		writeProblem(w, err)
		return
	}
	if err := b.check(); err != nil {
		writeProblem(w, err)
		return
	}
	f := Faults{
		TokenError: b.TokenError, TokenDelay: time.Duration(b.TokenDelayMS) * time.Millisecond, TokenDrop: b.TokenDrop,
		APIStatus: b.APIStatus, APIDelay: time.Duration(b.APIDelayMS) * time.Millisecond, RateLimit: b.RateLimit,
		AccessTTL: time.Duration(b.AccessTTLS) * time.Second, NoRotation: b.Rotation != nil && !*b.Rotation,
		ReuseGrace: time.Duration(b.ReuseGraceS) * time.Second, TokenAnswer: b.TokenAnswer, ExpiresIn: b.ExpiresIn, IDToken: b.IDToken,
	}
	s.SetFaults(f)
	writeJSON(w, http.StatusOK, s.body(f))
}

// wait reports whether d passed before the caller went away or the server closed.
func (s *Server) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	case <-s.ctx.Done():
		return false
	}
}
